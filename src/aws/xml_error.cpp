#include "aws/xml_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_document = 64 * 1024;
constexpr std::size_t deepest = 16;
constexpr std::size_t longest_field = 4096;

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 63));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 63));
    put(0x80 | (point & 63));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 63));
    put(0x80 | (point >> 6 & 63));
    put(0x80 | (point & 63));
  }
}

/// What stands between '&' and ';'. Unknown ones are left as they were.
void append_entity(std::string& out, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> known = {
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [word, c] : known)
    if (word == name) return out.push_back(c);
  if (name.starts_with('#')) {
    std::string_view digits = name.substr(1);
    const bool hexadecimal = digits.starts_with('x');
    if (hexadecimal) digits.remove_prefix(1);
    std::uint32_t point = 0;
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), point, hexadecimal ? 16 : 10);
    const bool legal = failed == std::errc() && end == digits.data() + digits.size() &&
                       point != 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    if (legal) return append_utf8(out, point);
  }
  out.append("&").append(name).append(";");
}

void append_text(std::string& out, std::string_view text) {
  while (!text.empty() && out.size() < longest_field) {
    const std::size_t at = std::min(text.find('&'), text.size());
    out.append(text.substr(0, at));
    text.remove_prefix(at);
    if (text.empty()) break;
    constexpr std::size_t longest_entity = 12;
    const std::size_t end = text.substr(0, longest_entity).find(';');
    if (end == std::string_view::npos) {
      out.push_back('&');
      text.remove_prefix(1);
    } else {
      append_entity(out, text.substr(1, end - 1));
      text.remove_prefix(end + 1);
    }
  }
  if (out.size() > longest_field) out.resize(longest_field);
}

/// Goes through a document, element by element.
class reader {
 public:
  explicit reader(std::string_view document) : rest_(document) {}

  std::optional<xml_error> read() {
    while (!rest_.empty()) {
      const std::size_t tag = std::min(rest_.find('<'), rest_.size());
      if (std::string* to = field()) append_text(*to, rest_.substr(0, tag));
      rest_.remove_prefix(tag);
      if (!rest_.empty() && !read_markup()) return std::nullopt;
    }
    if (!open_.empty() || !closed_error_) return std::nullopt;
    return std::move(found_);
  }

 private:
  bool skip_past(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  bool read_markup() {
    if (rest_.starts_with("<!--")) return skip_past("-->");
    if (rest_.starts_with("<?")) return skip_past("?>");
    if (rest_.starts_with("<![CDATA[")) {
      rest_.remove_prefix(9);
      const std::size_t end = rest_.find("]]>");
      if (end == std::string_view::npos) return false;
      if (std::string* to = field())
        to->append(rest_.substr(0, std::min(end, longest_field - to->size())));
      return skip_past("]]>");
    }
    // A document type may define entities; no service sends one.
    if (rest_.starts_with("<!")) return false;
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return false;
    std::string_view tag = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (tag.starts_with('/')) {
      tag = name_of(tag.substr(1));
      if (open_.empty() || open_.back() != tag) return false;
      if (is_error()) closed_error_ = true;
      open_.pop_back();
      return true;
    }
    const bool empty = tag.ends_with('/');
    tag = name_of(tag);
    if (tag.empty() || open_.size() == deepest) return false;
    if (empty) return true;
    open_.push_back(tag);
    return true;
  }

  static std::string_view name_of(std::string_view tag) {
    return tag.substr(0, std::min(tag.find_first_of(" \t\r\n/"), tag.size()));
  }

  [[nodiscard]] bool is_error() const {
    if (open_.empty() || open_.back() != "Error") return false;
    const bool wrapped =
        open_.size() > 1 && (open_[0] == "ErrorResponse" || open_[0] == "Response");
    return open_.size() == 1 || (wrapped && open_.size() == 2) ||
           (wrapped && open_.size() == 3 && open_[1] == "Errors");
  }

  /// Where text goes that stands here; nowhere, mostly.
  std::string* field() {
    if (closed_error_ || open_.size() < 2) return nullptr;
    const std::string_view name = open_.back();
    open_.pop_back();
    const bool inside = is_error();
    open_.push_back(name);
    if (!inside) return nullptr;
    if (name == "Code") return &found_.code;
    if (name == "Message") return &found_.message;
    if (name == "Region") return &found_.region;
    if (name == "RequestId") return &found_.request_id;
    return nullptr;
  }

  std::string_view rest_;
  std::vector<std::string_view> open_;
  xml_error found_;
  bool closed_error_ = false;
};

}  // namespace

std::optional<xml_error> parse_xml_error(std::string_view body) {
  if (body.size() > longest_document || body.find("<Error") == std::string_view::npos)
    return std::nullopt;
  return reader(body).read();
}

}  // namespace lambda_cache::aws
