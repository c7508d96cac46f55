// The shared config and credentials files. Input: the text.
#include "aws/ini_file.hpp"

#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

std::string write(const aws::ini_sections& sections) {
  std::string out;
  for (const aws::ini_section& section : sections) {
    out.append("[").append(section.name).append("]\n");
    for (const aws::ini_option& option : section.options) {
      out.append(option.name).append(" =");
      std::string_view rest = option.value;
      // The lines after the first are indented.
      for (bool first = true; !rest.empty() || first; first = false) {
        const std::string_view line = take_line(rest);
        out.append(line.empty() ? "" : " ").append(line).append("\n");
      }
    }
  }
  return out;
}

bool is_same(const aws::ini_section& a, const aws::ini_section& b) {
  return a.name == b.name &&
         std::ranges::equal(a.options, b.options,
                            [](const aws::ini_option& x, const aws::ini_option& y) {
                              return x.name == y.name && x.value == y.value &&
                                     x.has_nested == y.has_nested && x.nested == y.nested;
                            });
}

}  // namespace

void ini_file(std::string_view input) {
  const auto sections = aws::parse_ini(input, "the file");
  if (!sections) {
    require_discreet(sections.error());
    require(sections.error().kind == error_kind::credentials, "a file is one of credentials");
    return;
  }
  require(input.size() <= aws::longest_ini_file && is_utf8(input), "a file is bounded, and UTF-8");
  require(sections->size() <= aws::most_ini_sections, "sections are bounded");
  bool may_be_written = true;
  for (const aws::ini_section& section : *sections) {
    // Those of [DEFAULT] come on top.
    require(section.options.size() <= 2 * aws::most_ini_options, "options are bounded");
    may_be_written = may_be_written && section.options.size() <= aws::most_ini_options;
    for (const aws::ini_option& option : section.options) {
      require(option.nested.size() <= aws::most_ini_options, "blocks are bounded");
      require(section.find(option.name) == &option, "an option is there once");
    }
  }
  if (!may_be_written) return;
  const std::string text = write(*sections);
  if (text.size() > aws::longest_ini_file) return;
  const auto again = aws::parse_ini(text, "the file");
  require(again && std::ranges::equal(*sections, *again, is_same), "what is written is read again");
}

}  // namespace lambda_cache::fuzz
