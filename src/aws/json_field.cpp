#include "aws/json_field.hpp"

#include "aws/json.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace lambda_cache::aws {
namespace {

/// Walks over a text that is known to be JSON: the pieces of it stay as they are written, so that
/// numbers keep their digits.
class walker {
 public:
  explicit walker(std::string_view json) : rest_(json) { skip_space(); }

  [[nodiscard]] bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
  /// Takes the character and the space behind it.
  void step() {
    rest_.remove_prefix(1);
    skip_space();
  }
  /// Takes a whole value of any kind, and the space behind it.
  std::string_view take_value() {
    const std::string_view from = rest_;
    std::size_t depth = 0;
    do {
      if (at('"')) {
        take_string();
      } else if (at('{') || at('[')) {
        ++depth;
        rest_.remove_prefix(1);
      } else if (at('}') || at(']')) {
        --depth;
        rest_.remove_prefix(1);
      } else if (depth == 0) {  // a number or a word
        rest_.remove_prefix(std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size()));
      } else {
        rest_.remove_prefix(1);
      }
    } while (depth > 0 && !rest_.empty());
    const std::string_view taken = from.substr(0, from.size() - rest_.size());
    skip_space();
    return taken;
  }

 private:
  void take_string() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"')
      end += rest_[end] == '\\' ? 2U : 1U;
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  }
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  std::string_view rest_;
};

/// The text that a JSON string stands for.
core::secret_bytes unquoted(std::string_view json_string) {
  const std::string_view inside = json_string.substr(1, json_string.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return {inside.begin(), inside.end()};
  const json_document document(json_string);
  const boost::json::string* text = document.root().if_string();
  return text == nullptr ? core::secret_bytes() : core::secret_bytes(text->begin(), text->end());
}

/// Of members with the same name the last one counts.
std::optional<std::string_view> member_of(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  walker in(object);
  for (in.step(); !in.at('}'); in.step()) {
    const core::secret_bytes key = unquoted(in.take_value());
    in.step();  // the colon
    const std::string_view value = in.take_value();
    if (std::ranges::equal(key, name)) found = value;
    if (in.at('}')) break;
  }
  return found;
}

std::optional<std::string_view> item_of(std::string_view list, std::string_view digits) {
  std::size_t index = 0;
  if (!text::all_digits(digits) ||
      std::from_chars(digits.data(), digits.data() + digits.size(), index).ec != std::errc{})
    return std::nullopt;
  walker in(list);
  for (in.step(); !in.at(']'); in.step()) {
    const std::string_view item = in.take_value();
    if (index-- == 0) return item;
    if (in.at(']')) break;
  }
  return std::nullopt;
}

std::optional<std::string_view> step(std::string_view from, std::string_view member) {
  if (from.starts_with('{')) return member_of(from, member);
  if (from.starts_with('[')) return item_of(from, member);
  return std::nullopt;
}

}  // namespace

picked_field pick_field(std::string_view json, std::string_view path) {
  picked_field out;
  if (const std::string_view defect = json_document(json).defect(); !defect.empty()) {
    out.defect = "it " + std::string(defect);
    return out;
  }
  if (path.empty()) return out;
  std::string_view at = walker(json).take_value();
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('.', from), path.size());
    const auto next = step(at, path.substr(from, end - from));
    if (!next) {
      out.defect = "it has no " + text::quoted(path.substr(0, end));
      return out;
    }
    at = *next;
    from = end + 1;
  }
  if (at.starts_with('"'))
    out.text = unquoted(at);
  else
    out.text.assign(at.begin(), at.end());
  return out;
}

}  // namespace lambda_cache::aws
