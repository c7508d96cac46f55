// Parse trees of answers that may hold secrets: every byte of them lives in wiped memory.
#pragma once

#include <boost/json/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

namespace lambda_cache::aws {

/// Secret memory that only grows and is wiped as a whole. Boost 1.81 has resources of its own type,
/// and its monotonic_resource gives blocks back with another size than it took them with, so the
/// standard's is used.
class json_memory final : public boost::json::memory_resource {
 public:
  explicit json_memory(std::size_t first_block);

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const boost::container::pmr::memory_resource& other) const noexcept override;

  std::pmr::monotonic_buffer_resource blocks_;
};

/// One JSON text, parsed. Of members with the same name the last one counts.
class json_document {
 public:
  static constexpr std::size_t deepest = 32;

  /// Neither nested deeper than that nor broken UTF-8 is accepted.
  explicit json_document(std::string_view text);
  json_document(const json_document&) = delete;
  json_document& operator=(const json_document&) = delete;

  /// nullptr if the text is not JSON or its root is not an object.
  [[nodiscard]] const boost::json::object* object() const noexcept;
  /// What the text holds, of any kind; null if it is not JSON.
  [[nodiscard]] const boost::json::value& root() const noexcept { return root_; }
  /// Whether the text is JSON of any kind.
  [[nodiscard]] bool valid() const noexcept { return defect_.empty(); }
  /// Why it is not, to stand behind "it": "is not JSON" or "is nested deeper than 32 levels"; empty
  /// if it is.
  [[nodiscard]] std::string_view defect() const noexcept { return defect_; }
  /// The same where an object is needed: nothing but one is right.
  [[nodiscard]] std::string_view object_defect() const noexcept;

 private:
  json_memory memory_;  // before what is allocated from it
  boost::json::value root_;
  std::string_view defect_;
};

/// The member; nullptr if it is absent or null, which some servers send for "absent".
[[nodiscard]] const boost::json::value* find_member(const boost::json::object& object,
                                                    std::string_view name) noexcept;
/// A string member; nothing if it is absent, null or of another type.
[[nodiscard]] std::optional<std::string_view> find_text(const boost::json::object& object,
                                                        std::string_view name) noexcept;
/// A moment as AWS's JSON protocols write it: seconds since the epoch, a fraction allowed. In
/// milliseconds; nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> to_unix_milliseconds(
    const boost::json::value& value) noexcept;
/// A number without a fraction, however it is written.
[[nodiscard]] std::optional<std::int64_t> to_integer(const boost::json::value& value) noexcept;

}  // namespace lambda_cache::aws
