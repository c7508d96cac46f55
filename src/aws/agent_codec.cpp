#include "aws/agent_codec.hpp"

#include "aws/json.hpp"
#include "aws/text.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_message = 2048;
constexpr std::size_t longest_word = 128;

std::string word(const boost::json::object& from, std::string_view name) {
  return text::printable(find_text(from, name).value_or(""), longest_word);
}

std::optional<error_kind> kind_named(std::string_view name) {
  for (int each = 0; each <= static_cast<int>(error_kind::storage); ++each)
    if (const auto kind = static_cast<error_kind>(each); to_string(kind) == name) return kind;
  return std::nullopt;
}

struct names {
  std::string_view code;
  std::string_view message;
  std::string_view kind;
  std::string_view retryable;
};

agent_refusal read_refusal(const boost::json::object& from, const names& as) {
  agent_refusal out;
  out.code = word(from, as.code);
  out.message = text::printable(find_text(from, as.message).value_or(""), longest_message);
  out.kind = kind_named(find_text(from, as.kind).value_or(""));
  out.operation = word(from, "operation");
  out.request_id = word(from, "requestId");
  if (const boost::json::value* again = find_member(from, as.retryable); again && again->is_bool())
    out.retryable = again->get_bool();
  return out;
}

}  // namespace

std::optional<agent_refusal> decode_agent_refusal(std::string_view body) {
  const json_document document(body);
  const boost::json::object* root = document.object();
  if (root == nullptr || !find_text(*root, "__type")) return std::nullopt;
  return read_refusal(*root, {"__type", "message", "kind", "retryable"});
}

std::vector<agent_miss> decode_agent_misses(std::string_view body) {
  std::vector<agent_miss> out;
  const json_document document(body);
  const boost::json::object* root = document.object();
  const boost::json::value* list = root == nullptr ? nullptr : find_member(*root, "Errors");
  if (list == nullptr || !list->is_array()) return out;
  for (const boost::json::value& each : list->get_array()) {
    const boost::json::object* one = each.if_object();
    if (one == nullptr) continue;
    const auto name = find_text(*one, "Name");
    if (!name || !find_text(*one, "Code")) continue;
    agent_miss& made = out.emplace_back();
    made.name = *name;
    if (const boost::json::value* status = find_member(*one, "Status"))
      made.status = static_cast<int>(to_integer(*status).value_or(0) % 1000);
    made.why = read_refusal(*one, {"Code", "Message", "Kind", "Retryable"});
  }
  return out;
}

std::optional<core::nanos> parse_age(std::string_view text, core::nanos resolution) noexcept {
  constexpr double longest = 4e9;  // seconds; more than that is as good as never
  double seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc() || end != text.data() + text.size() || !(seconds >= 0))
    return std::nullopt;
  if (seconds > longest) seconds = longest;
  return static_cast<core::nanos>(seconds * 1e9) + resolution;
}

std::string age_text(core::nanos age) {
  std::array<char, 48> out{};
  std::snprintf(out.data(), out.size(), "%lld.%09lld", static_cast<long long>(age / core::second),
                static_cast<long long>(age % core::second));
  std::string_view shown = out.data();
  while (shown.ends_with('0'))
    shown.remove_suffix(1);
  if (shown.ends_with('.')) shown.remove_suffix(1);
  return std::string(shown);
}

}  // namespace lambda_cache::aws
