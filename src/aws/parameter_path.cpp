#include "aws/parameter_path.hpp"

#include "aws/arn.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_path = 2048;
constexpr std::size_t most_values = 50;
constexpr std::size_t longest_value = 1024;
constexpr std::array<std::string_view, 3> keys = {"Type", "KeyId", "Label"};
constexpr std::array<std::string_view, 3> types = {"String", "StringList", "SecureString"};

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

template <class List>
bool contains(const List& list, std::string_view what) {
  return std::ranges::find(list, what) != list.end();
}

/// Why it is no path; empty if it is one.
std::string defect_of(std::string_view path) {
  if (path.empty()) return "is empty; it has to begin with '/', for example '/app/'";
  if (!path.starts_with('/')) return "has to begin with '/', for example '/app/'";
  if (path.size() > longest_path)
    return "is longer than 2048 characters, the longest that the service takes";
  if (path.find("//") != std::string_view::npos) return "has nothing between two '/'";
  if (path.find(':') != std::string_view::npos)
    return "has a ':'; versions are of single parameters, and a label is chosen with "
           "filters={'Label': ...}";
  if (const auto bad = illegal_character(path, "/"))
    return "contains " + *bad + "; letters, digits, '_', '.', '-' and '/' are possible";
  return {};
}

std::string defect_of(const parameter_filter& filter) {
  if (!contains(keys, filter.key))
    return text::quoted(filter.key) + " is no key of it; 'Type', 'KeyId' and 'Label' are";
  if (filter.values.empty() || filter.values.size() > most_values)
    return filter.key + " has " + std::to_string(filter.values.size()) +
           " values; 1 to 50 are possible";
  for (const std::string& value : filter.values) {
    if (value.empty() || value.size() > longest_value)
      return "a value of " + filter.key + " is " +
             (value.empty() ? "empty" : "longer than 1024 characters");
    if (filter.key == "Type" && !filter.begins_with && !contains(types, value))
      return text::quoted(value) + " is no Type; 'String', 'StringList' and 'SecureString' are";
  }
  if (filter.key == "Label" && filter.begins_with)
    return "Label can only be compared by Equals, not by BeginsWith";
  return {};
}

void append_part(std::string& to, std::string_view part) {
  to += std::to_string(part.size());
  to += ':';
  to += part;
}

}  // namespace

core::result<parameter_path> make_parameter_path(std::string_view path, bool recursive,
                                                 std::vector<parameter_filter> filters) {
  if (const std::string defect = defect_of(path); !defect.empty())
    return refuse("path=" + text::quoted(path) + " " + defect + ".");
  for (parameter_filter& filter : filters) {
    if (const std::string defect = defect_of(filter); !defect.empty())
      return refuse("filters of the path " + std::string(path) + ": " + defect + ".");
    std::ranges::sort(filter.values);
    const auto repeated = std::ranges::unique(filter.values);
    filter.values.erase(repeated.begin(), repeated.end());
  }
  std::ranges::sort(filters, {}, &parameter_filter::key);
  const auto twice = std::ranges::adjacent_find(filters, {}, &parameter_filter::key);
  if (twice != filters.end())
    return refuse("filters of the path " + std::string(path) + ": " + twice->key +
                  " is there twice; give all its values at once.");
  return parameter_path{std::string(path), recursive, std::move(filters)};
}

std::string parameter_path::selection() const {
  // No selector of a single parameter has a space in it.
  std::string out = recursive ? "path recursive" : "path one level";
  for (const parameter_filter& filter : filters) {
    out += filter.begins_with ? " begins " : " equals ";
    append_part(out, filter.key);
    for (const std::string& value : filter.values)
      append_part(out, value);
  }
  return out;
}

std::string parameter_path::short_name() const {
  std::string_view name = path;
  if (name.ends_with('/')) name.remove_suffix(1);
  return std::string(name.substr(name.rfind('/') + 1));
}

std::string_view name_below(std::string_view path, std::string_view name) noexcept {
  if (path.ends_with('/')) path.remove_suffix(1);
  if (name.starts_with(path) && name.substr(path.size()).starts_with('/'))
    return name.substr(path.size() + 1);
  // What has no slash in front is at the root as well.
  return path.empty() ? name : std::string_view();
}

}  // namespace lambda_cache::aws
