#include "aws/xml.hpp"

#include "aws/text.hpp"

#include <algorithm>
#include <charconv>

namespace lambda_cache::aws {

class xml_parser {
 public:
  xml_parser(std::string_view text, xml_document& into) : rest_(text), document_(into) {}

  bool parse() {
    take("\xef\xbb\xbf");
    while (!rest_.empty()) {
      if (rest_.front() != '<') {
        if (!characters()) return false;
      } else if (take("<!--")) {
        if (!skip_past("-->")) return false;
      } else if (take("<![CDATA[")) {
        const std::size_t end = rest_.find("]]>");
        if (end == std::string_view::npos || open_.empty()) return false;
        append(rest_.substr(0, end));
        rest_.remove_prefix(end + 3);
      } else if (take("<?")) {
        if (!skip_past("?>")) return false;
      } else if (take("</")) {
        if (!close()) return false;
      } else if (!take("<") || !open()) {
        return false;
      }
    }
    return open_.empty() && !document_.elements_.empty();
  }

 private:
  static bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
  static bool is_name(char c) noexcept {
    return text::is_alnum(c) || c == '_' || c == '-' || c == '.' || c == ':' ||
           static_cast<unsigned char>(c) >= 0x80;
  }

  /// For what is XML, but too much of it.
  bool refuse(std::string_view defect) noexcept {
    document_.defect_ = defect;
    return false;
  }

  bool take(std::string_view piece) noexcept {
    if (!rest_.starts_with(piece)) return false;
    rest_.remove_prefix(piece.size());
    return true;
  }
  bool skip_past(std::string_view end) noexcept {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }
  void skip_spaces() noexcept {
    while (!rest_.empty() && is_space(rest_.front()))
      rest_.remove_prefix(1);
  }
  std::string_view take_name() noexcept {
    const auto end = std::ranges::find_if_not(rest_, is_name);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    return name;
  }
  static std::string_view local(std::string_view name) noexcept {
    return name.substr(name.rfind(':') + 1);  // npos + 1 is 0
  }

  bool open() {
    const std::string_view name = take_name();
    // One root, after which nothing opens any more.
    if (name.empty() || (open_.empty() && !document_.elements_.empty())) return false;
    if (open_.size() == xml_document::deepest) return refuse("is nested deeper than 32 levels");
    if (document_.elements_.size() == xml_document::most_elements)
      return refuse("has more than 10000 elements");
    auto& made = document_.elements_.emplace_back();
    made.name = local(name);
    made.parent = open_.empty() ? 0 : open_.back().index;
    const auto index = static_cast<std::uint32_t>(document_.elements_.size() - 1);
    for (;;) {
      skip_spaces();
      if (take("/>")) return true;
      if (take(">")) {
        open_.push_back({name, index});
        return true;
      }
      if (!attribute()) return false;
    }
  }

  bool attribute() noexcept {
    if (take_name().empty()) return false;
    skip_spaces();
    if (!take("=")) return false;
    skip_spaces();
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return false;
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    return skip_past(std::string_view(&quote, 1));
  }

  bool close() noexcept {
    const std::string_view name = take_name();
    skip_spaces();
    if (open_.empty() || open_.back().name != name || !take(">")) return false;
    open_.pop_back();
    return true;
  }

  void append(std::string_view text) { document_.elements_[open_.back().index].text.append(text); }

  bool characters() {
    const std::string_view run = rest_.substr(0, std::min(rest_.find_first_of("<&"), rest_.size()));
    rest_.remove_prefix(run.size());
    if (open_.empty() && !std::ranges::all_of(run, is_space)) return false;
    if (!open_.empty()) append(run);
    return rest_.empty() || rest_.front() == '<' || reference();
  }

  bool reference() {
    constexpr std::size_t longest = 12;
    const std::size_t end = rest_.substr(0, longest).find(';');
    if (end == std::string_view::npos || open_.empty()) return false;
    std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (name == "lt") return append("<"), true;
    if (name == "gt") return append(">"), true;
    if (name == "amp") return append("&"), true;
    if (name == "quot") return append("\""), true;
    if (name == "apos") return append("'"), true;
    if (!name.starts_with('#')) return false;
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x');
    if (hexadecimal) name.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [stop, failed] =
        std::from_chars(name.data(), name.data() + name.size(), code, hexadecimal ? 16 : 10);
    if (failed != std::errc() || stop != name.data() + name.size()) return false;
    return append_code_point(code);
  }

  bool append_code_point(std::uint32_t code) {
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    const auto byte = [&](std::uint32_t bits) {
      const char c = static_cast<char>(bits);
      append({&c, 1});
    };
    const auto tail = [&](unsigned shift) { byte(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xc0U | (code >> 6U));
      tail(0);
    } else if (code < 0x10000) {
      byte(0xe0U | (code >> 12U));
      tail(6);
      tail(0);
    } else {
      byte(0xf0U | (code >> 18U));
      tail(12);
      tail(6);
      tail(0);
    }
    return true;
  }

  struct open_element {
    std::string_view name;  // with its prefix
    std::uint32_t index;
  };
  std::string_view rest_;
  xml_document& document_;
  std::vector<open_element> open_;
};

xml_document::xml_document(std::string_view text) {
  if (xml_parser(text, *this).parse()) return;
  if (defect_.empty()) defect_ = "is not XML";
  elements_.clear();
}

std::string_view xml_document::root() const noexcept {
  return elements_.empty() ? std::string_view() : elements_.front().name;
}

std::optional<std::string_view> xml_document::find(
    std::span<const std::string_view> path) const noexcept {
  if (elements_.empty()) return std::nullopt;
  std::size_t at = 0;
  for (const std::string_view name : path) {
    std::size_t next = at + 1;
    while (next < elements_.size() &&
           (elements_[next].parent != at || elements_[next].name != name))
      ++next;
    if (next == elements_.size()) return std::nullopt;
    at = next;
  }
  return std::string_view(elements_[at].text);
}

}  // namespace lambda_cache::aws
