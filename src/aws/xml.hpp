// The little XML that AWS answers in (STS, S3 refusals): elements and their text, bounded. Every
// byte of the tree lives in wiped memory.
#pragma once

#include "core/secret_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::aws {

/// One XML text, parsed. Attributes, comments, processing instructions and name space prefixes are
/// skipped; &lt; &gt; &amp; &quot; &apos;, numbered characters and CDATA are understood. A document
/// type is refused: no answer has one, and with it come entities that blow up.
class xml_document {
 public:
  static constexpr std::size_t deepest = 32;
  static constexpr std::size_t most_elements = 10'000;

  explicit xml_document(std::string_view text);

  /// Whether the text is one well-formed element within the limits.
  [[nodiscard]] bool valid() const noexcept { return defect_.empty(); }
  /// Why it is not, to stand behind "something that"; empty if it is.
  [[nodiscard]] std::string_view defect() const noexcept { return defect_; }
  /// The name of the outermost element, without a prefix; empty if the text is not valid.
  [[nodiscard]] std::string_view root() const noexcept;
  /// The text directly inside the first element at this path below the root, e.g.
  /// {"Error", "Code"}; nothing if there is none.
  [[nodiscard]] std::optional<std::string_view> find(
      std::span<const std::string_view> path) const noexcept;
  [[nodiscard]] std::optional<std::string_view> find(
      std::initializer_list<std::string_view> path) const noexcept {
    return find(std::span(path.begin(), path.size()));
  }

 private:
  using text_type = std::basic_string<char, std::char_traits<char>, core::secret_allocator<char>>;
  struct element {
    std::string_view name;  // of the text that was parsed, which has to stay
    std::uint32_t parent = 0;
    text_type text;
  };
  friend class xml_parser;

  std::vector<element, core::secret_allocator<element>> elements_;
  std::string_view defect_;
};

}  // namespace lambda_cache::aws
