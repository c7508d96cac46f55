// Parse trees of answers that may hold secrets: every byte of them lives in wiped memory.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace lambda_cache::aws {

/// One JSON text, parsed. Of members with the same name the last one counts.
class json_document {
 public:
  /// Neither nested deeper than 32 levels nor broken UTF-8 is accepted.
  explicit json_document(std::string_view text);
  json_document(const json_document&) = delete;
  json_document& operator=(const json_document&) = delete;

  /// nullptr if the text is not JSON or its root is not an object.
  [[nodiscard]] const boost::json::object* object() const noexcept;
  /// Whether the text is JSON of any kind.
  [[nodiscard]] bool valid() const noexcept { return valid_; }

 private:
  boost::json::monotonic_resource memory_;  // before what is allocated from it
  boost::json::value root_;
  bool valid_ = false;
};

/// The member; nullptr if it is absent or null, which some servers send for "absent".
[[nodiscard]] const boost::json::value* find_member(const boost::json::object& object,
                                                    std::string_view name) noexcept;
/// A string member; nothing if it is absent, null or of another type.
[[nodiscard]] std::optional<std::string_view> find_text(const boost::json::object& object,
                                                        std::string_view name) noexcept;
/// A number without a fraction, however it is written.
[[nodiscard]] std::optional<std::int64_t> to_integer(const boost::json::value& value) noexcept;

}  // namespace lambda_cache::aws
