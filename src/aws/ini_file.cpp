#include "aws/ini_file.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::aws {
namespace {

/// What Python's str.strip() takes away, as far as it is ASCII.
constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

std::string_view strip_front(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  return text;
}

std::string_view strip_back(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string_view strip(std::string_view text) noexcept {
  return strip_back(strip_front(text));
}

secret_text lowered(std::string_view text) {
  secret_text out(text);
  std::ranges::transform(out, out.begin(), text::to_lower);
  return out;
}

/// Lines end with \n, \r\n or \r, as in Python's text files.
std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  std::size_t next = end;
  if (next < rest.size()) next += rest.substr(end, 2) == "\r\n" ? 2U : 1U;
  rest.remove_prefix(next);
  return line;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = text::utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Bytes of an option with everything in it, about.
std::size_t size_of(const ini_option& option) noexcept {
  std::size_t bytes = sizeof(ini_option) + option.name.size() + option.value.size();
  for (const auto& [name, value] : option.nested)
    bytes += sizeof(option.nested.front()) + name.size() + value.size();
  return bytes;
}

class ini_parser {
 public:
  ini_parser(std::string_view text, std::string_view path)
      : rest_(text), path_(text::printable(path, 1024)) {}

  core::result<ini_sections> parse() {
    if (rest_.size() > longest_ini_file) return refuse("is larger than 1 MiB");
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
    if (!is_utf8(rest_)) return refuse("is not UTF-8");
    while (!rest_.empty()) {
      const std::string_view line = take_line(rest_);
      ++line_number_;
      if (line.size() > longest_ini_line) return refuse_line("is longer than 64 KiB");
      if (auto read = read_line(line); !read) return core::fail(std::move(read.error()));
    }
    if (auto ended = end_option(); !ended) return core::fail(std::move(ended.error()));
    if (!spread_defaults()) return refuse("repeats more of its [DEFAULT] section than 16 MiB");
    return std::move(sections_);
  }

 private:
  std::unexpected<error_info> refuse(std::string_view reason) const {
    return core::fail(core::make_error(error_kind::credentials,
                                       path_ + " cannot be used: it " + std::string(reason) + "."));
  }
  std::unexpected<error_info> refuse_line(std::string_view reason) const {
    return core::fail(core::make_error(
        error_kind::credentials, path_ + " cannot be used: line " + std::to_string(line_number_) +
                                     " " + std::string(reason) + "."));
  }

  core::result<void> read_line(std::string_view line) {
    const std::string_view content = strip(line);
    if (content.empty()) {
      // Part of a value, if another line of it follows.
      if (option_ != nullptr) option_->value.push_back('\n');
      return {};
    }
    if (content.front() == '#' || content.front() == ';') return {};
    const std::size_t indent = line.size() - strip_front(line).size();
    if (option_ != nullptr && indent > indent_) {
      option_->value.push_back('\n');
      option_->value.append(content);
      return {};
    }
    indent_ = indent;
    if (auto ended = end_option(); !ended) return ended;
    // The last bracket of the line ends the name; what follows it does not count.
    const std::size_t close = content.rfind(']');
    if (content.front() == '[' && close != std::string_view::npos && close > 1)
      return begin_section(content.substr(1, close - 1));
    if (section_ == nullptr) return refuse_line("comes before the first [section]");
    return begin_option(content);
  }

  core::result<void> begin_section(std::string_view name) {
    if (name == "DEFAULT") {
      section_ = &defaults_;
      return {};
    }
    if (std::ranges::any_of(sections_, [&](const ini_section& s) { return s.name == name; }))
      return refuse_line("begins a section that the file has already");
    if (sections_.size() == most_ini_sections)
      return refuse_line("begins more sections than are read (4000)");
    section_ = &sections_.emplace_back();
    section_->name = name;
    return {};
  }

  core::result<void> begin_option(std::string_view content) {
    const std::size_t delimiter = content.find_first_of("=:");
    if (delimiter == std::string_view::npos)
      return refuse_line("is neither a [section] nor 'name = value'");
    const std::string_view name = strip_back(content.substr(0, delimiter));
    if (name.empty()) return refuse_line("has no name before the '='");
    secret_text lower = lowered(name);
    if (section_->find(lower) != nullptr)
      return refuse_line("sets an option that the section has already");
    if (section_->options.size() == most_ini_options)
      return refuse_line("sets more options than a section may have (256)");
    option_ = &section_->options.emplace_back();
    option_->name = std::move(lower);
    option_->value = strip(content.substr(delimiter + 1));
    return {};
  }

  /// The value is complete: a block of indented lines is taken apart.
  core::result<void> end_option() {
    if (option_ == nullptr) return {};
    ini_option& done = *std::exchange(option_, nullptr);
    done.value.resize(strip_back(done.value).size());
    if (!done.value.starts_with('\n')) return {};
    done.has_nested = true;
    std::string_view rest = done.value;
    while (!rest.empty()) {
      const std::string_view line = strip(take_line(rest));
      if (line.empty()) continue;
      const std::size_t equals = line.find('=');
      if (equals == std::string_view::npos)
        return core::fail(core::make_error(
            error_kind::credentials, path_ +
                                         " cannot be used: an indented line before "
                                         "line " +
                                         std::to_string(line_number_) + " is not 'name = value'."));
      if (done.nested.size() == most_ini_options)
        return refuse_line("ends a block of more lines than are read (256)");
      const std::string_view name = strip(line.substr(0, equals));
      const std::string_view value = strip(line.substr(equals + 1));
      const auto same =
          std::ranges::find_if(done.nested, [&](const auto& entry) { return entry.first == name; });
      if (same != done.nested.end())
        same->second = value;
      else
        done.nested.emplace_back(name, value);
    }
    return {};
  }

  /// What [DEFAULT] sets counts in every section that does not set it. False if that is too much.
  bool spread_defaults() {
    std::size_t bytes = 0;
    for (ini_section& section : sections_)
      for (const ini_option& option : defaults_.options) {
        if (section.find(option.name) != nullptr) continue;
        bytes += size_of(option);
        if (bytes > most_spread_bytes) return false;
        section.options.push_back(option);
      }
    return true;
  }

  std::string_view rest_;
  std::string path_;
  std::size_t line_number_ = 0;
  std::size_t indent_ = 0;
  ini_sections sections_;
  ini_section defaults_;
  ini_section* section_ = nullptr;
  ini_option* option_ = nullptr;
};

}  // namespace

const ini_option* ini_section::find(std::string_view option) const noexcept {
  const auto found =
      std::ranges::find_if(options, [&](const ini_option& o) { return o.name == option; });
  return found == options.end() ? nullptr : &*found;
}

core::result<ini_sections> parse_ini(std::string_view text, std::string_view path) {
  return ini_parser(text, path).parse();
}

}  // namespace lambda_cache::aws
