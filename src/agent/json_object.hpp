// A JSON object, written member by member.
#pragma once

#include "aws/json_text.hpp"
#include "core/secret_memory.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lambda_cache::agent {

/// A number as JSON, and Prometheus, have it: whatever the locale. NaN and infinity become 0.
void append_number(core::secret_bytes& out, double number);
void append_number(core::secret_bytes& out, std::uint64_t number);

/// Opened by its construction, closed by its end. Names are ours: they are not escaped.
class json_object {
 public:
  explicit json_object(core::secret_bytes& out) : out_(out) { out_.push_back('{'); }
  ~json_object() { out_.push_back('}'); }
  json_object(const json_object&) = delete;
  json_object& operator=(const json_object&) = delete;

  void member(std::string_view name, std::string_view text) {
    begin(name);
    aws::append_json_string(out_, text);
  }
  void member(std::string_view name, double number) {
    begin(name);
    append_number(out_, number);
  }
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  void member(std::string_view name, T number) {
    begin(name);
    append_number(out_, std::uint64_t{number});
  }
  void member(std::string_view name, std::same_as<bool> auto truth) {
    begin(name);
    aws::append(out_, truth ? "true" : "false");
  }
  /// null if there is nothing.
  template <class T>
  void member(std::string_view name, const std::optional<T>& what) {
    if (what) return member(name, *what);
    begin(name);
    aws::append(out_, "null");
  }
  void texts(std::string_view name, const auto& all) {
    begin(name);
    char before = '[';
    for (const std::string_view each : all) {
      out_.push_back(before);
      aws::append_json_string(out_, each);
      before = ',';
    }
    aws::append(out_, before == '[' ? "[]" : "]");
  }
  /// The name of a member that the caller writes behind it.
  void begin(std::string_view name) {
    if (!is_first_) out_.push_back(',');
    is_first_ = false;
    out_.push_back('"');
    aws::append(out_, name);
    aws::append(out_, "\":");
  }
  /// An object behind such a name. Ends before anything else is written.
  [[nodiscard]] json_object inner() { return json_object(out_); }

 private:
  core::secret_bytes& out_;
  bool is_first_ = true;
};

}  // namespace lambda_cache::agent
