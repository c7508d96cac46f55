// Names of parameters, paths and filters. Input: the name; for paths, lines of a filter behind it.
#include "aws/parameter_name.hpp"

#include "aws/parameter_path.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

bool is_made_of(std::string_view text, std::string_view also) {
  return std::ranges::all_of(text,
                             [&](char c) { return aws::text::is_alnum(c) || also.contains(c); });
}

void check_refusal(const error_info& why) {
  require_readable(why.message);
  require(why.kind == error_kind::invalid_argument && !why.retryable, "the argument is wrong");
}

void check_name(std::string_view text) {
  const auto name = aws::parse_parameter_name(text);
  if (!name) return check_refusal(name.error());
  require(!text.empty() && text.size() <= 2048, "a name has 1 to 2048 characters");
  require(is_made_of(text, "_.-/:+=@!"), "a name is made of legal characters");
  require(name->request_name == text, "what is asked for is what was written");
  require(name->selector.empty() ? name->base == text : name->base + ":" + name->selector == text,
          "a name is its base and its selector");
  require(name->pinned == aws::text::all_digits(name->selector), "a number pins a version");
  require(is_made_of(name->selector, "_.-"), "a selector is a word");
  require(!name->short_name.empty() && name->base.ends_with(name->short_name) &&
              !name->short_name.contains('/'),
          "the short name is the last part");
  require(name->region.empty() == !text.starts_with("arn:"), "an ARN has a region");
  const auto base = aws::parse_parameter_name(name->base);
  require(base && base->base == name->base && base->selector.empty(), "a base is a name");
}

void check_path(std::string_view text) {
  const std::string_view path = take_line(text);
  std::vector<aws::parameter_filter> filters;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    aws::parameter_filter filter;
    filter.begins_with = line.starts_with('^');
    if (filter.begins_with) line.remove_prefix(1);
    const std::size_t equals = std::min(line.find('='), line.size());
    filter.key = line.substr(0, equals);
    for (line.remove_prefix(equals); !line.empty();) {
      const std::size_t comma = std::min(line.find(',', 1), line.size());
      filter.values.emplace_back(line.substr(1, comma - 1));
      line.remove_prefix(comma);
    }
    filters.push_back(std::move(filter));
  }
  const auto made = aws::make_parameter_path(path, true, filters);
  if (!made) return check_refusal(made.error());
  require(path.starts_with('/') && path.size() <= 2048 && is_made_of(path, "_.-/") &&
              !path.contains("//"),
          "a path is one");
  for (std::size_t i = 0; i < made->filters.size(); ++i) {
    const aws::parameter_filter& filter = made->filters[i];
    require(filter.key == "Type" || filter.key == "KeyId" || filter.key == "Label",
            "a filter's key is one");
    require(!filter.values.empty() && filter.values.size() <= 50, "values are bounded");
    require(i == 0 || made->filters[i - 1].key < filter.key, "filters have one order");
  }
  std::ranges::reverse(filters);
  for (aws::parameter_filter& filter : filters)
    std::ranges::reverse(filter.values);
  const auto turned = aws::make_parameter_path(path, true, filters);
  require(turned && turned->selection() == made->selection(), "the order does not count");
}

}  // namespace

void parameter_name(std::string_view input) {
  check_name(input);
  check_path(input);
}

}  // namespace lambda_cache::fuzz
