// JSON text, written piece by piece into memory that is wiped.
#pragma once

#include "core/secret_memory.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace lambda_cache::cli {

/// Whoever uses it opens and closes in pairs, and gives every member of an object a key.
class json_writer {
 public:
  /// On one line; or indented, for people.
  explicit json_writer(bool indented = false) : indented_(indented) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_list() { return open('['); }
  json_writer& end_list() { return close(']'); }
  json_writer& key(std::string_view name);
  /// Broken UTF-8 in it becomes U+FFFD.
  json_writer& text(std::string_view value);
  json_writer& base64(std::string_view bytes);
  json_writer& number(std::int64_t value);
  /// Milliseconds with one digit behind the point.
  json_writer& milliseconds(std::int64_t nanos);
  json_writer& boolean(bool value);
  json_writer& null();
  /// What is JSON already; its lines are indented as the rest.
  json_writer& raw(std::string_view json);

  [[nodiscard]] core::secret_bytes& bytes() noexcept { return out_; }
  [[nodiscard]] std::string_view view() const noexcept { return {out_.data(), out_.size()}; }

 private:
  json_writer& open(char bracket);
  json_writer& close(char bracket);
  void before_value();
  void new_line();

  bool indented_;
  bool after_key_ = false;
  std::vector<bool> has_members_;  // of what is open
  core::secret_bytes out_;
};

}  // namespace lambda_cache::cli
