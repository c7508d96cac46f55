// Picking a member out of a JSON text, against the parse tree. Input: the path on a line, the text.
#include "aws/json_field.hpp"

#include "aws/json.hpp"
#include "aws/text.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

#include <charconv>
#include <cmath>

namespace lambda_cache::fuzz {
namespace {

using boost::json::value;

const value* step(const value& from, std::string_view name) {
  if (const auto* object = from.if_object()) return object->if_contains({name.data(), name.size()});
  const auto* list = from.if_array();
  std::size_t index = 0;
  if (list == nullptr || !aws::text::all_digits(name) ||
      std::from_chars(name.data(), name.data() + name.size(), index).ec != std::errc{})
    return nullptr;
  return index < list->size() ? &(*list)[index] : nullptr;
}

const value* follow(const value* at, std::string_view path) {
  for (;;) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = step(*at, path.substr(0, dot));
    if (at == nullptr || dot == path.size()) return at;
    path.remove_prefix(dot + 1);
  }
}

bool is_equal(const value& a, const value& b) {
  if (a.kind() != b.kind()) return false;
  if (const auto* object = a.if_object())
    return object->size() == b.get_object().size() &&
           std::ranges::all_of(*object, [&](const auto& member) {
             const value* other = b.get_object().if_contains(member.key());
             return other != nullptr && is_equal(member.value(), *other);
           });
  if (const auto* list = a.if_array()) return std::ranges::equal(*list, b.get_array(), is_equal);
  // Boost reads 0E999 as zero times infinity.
  if (a.is_double() && std::isnan(a.get_double())) return std::isnan(b.get_double());
  return a == b;
}

bool is_same(std::string_view picked, const value& expected) {
  if (const auto* text = expected.if_string())
    return picked == std::string_view(text->data(), text->size());
  const aws::json_document again(picked);
  return again.valid() && is_equal(again.root(), expected);
}

}  // namespace

void json_field(std::string_view input) {
  constexpr std::size_t deepest = 32;
  const std::string_view path = take_line(input);
  const aws::json_document document(input);
  if (document.valid()) {
    require(is_utf8(input), "what is JSON is UTF-8");
    require(nesting_of(input) <= deepest, "nesting is bounded");
    require(document.defect().empty(), "what is right has no defect");
  } else {
    require_readable(document.defect());
    require(!document.defect().contains("deeper") || nesting_of(input) > deepest,
            "too deep is said of what is too deep");
  }

  const aws::picked_field picked = aws::pick_field(input, path);
  const value* expected =
      document.valid() && !path.empty() ? follow(&document.root(), path) : nullptr;
  if (!picked.defect.empty()) {
    require_readable(picked.defect);
    require(path.contains(canary) || !picked.defect.contains(canary), "a defect shows no value");
    require(picked.text.empty() && expected == nullptr, "what is there is found");
  } else if (path.empty()) {
    require(document.valid() && picked.text.empty(), "without a path only the text is checked");
  } else {
    require(expected != nullptr && is_same(view(picked.text), *expected), "what is found is there");
  }
}

}  // namespace lambda_cache::fuzz
