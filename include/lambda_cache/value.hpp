// A value from the cache: immutable, shared, cheap to copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace lambda_cache {
namespace core {
struct value_data;
}
inline namespace v0 {

/// One value as the service returned it, or several that were read as one. Copies share the bytes,
/// which are wiped when the last copy goes. Safe to read from any number of threads.
///
/// What the accessors return points into the value, so they do not compile on a temporary: keep
/// the Value, then look inside.
class Value {
 public:
  /// An empty value: false, empty text.
  Value() noexcept = default;
  explicit Value(std::shared_ptr<const core::value_data> data) noexcept : data_(std::move(data)) {}

  /// The text of a String, SecureString or SecretString (UTF-8); of a StringList the items joined
  /// by commas; of binary values the bytes.
  [[nodiscard]] std::string_view text() const& noexcept;
  std::string_view text() const&& = delete;

  /// The items of a StringList, split on the comma that the service defines; of any other value a
  /// list of one.
  [[nodiscard]] std::vector<std::string_view> list() const&;
  std::vector<std::string_view> list() const&& = delete;

  /// The same, split on a delimiter of your own, whatever its type.
  [[nodiscard]] std::vector<std::string_view> list(char delimiter) const&;
  std::vector<std::string_view> list(char delimiter) const&& = delete;

  /// "String", "SecureString", "StringList", "SecretString" or "SecretBinary"; "default" for an
  /// option's default value.
  [[nodiscard]] std::string_view type() const& noexcept;
  std::string_view type() const&& = delete;

  [[nodiscard]] bool is_list() const noexcept;
  /// Whether it is bytes and not text.
  [[nodiscard]] bool is_binary() const noexcept;
  /// The version number that the service gave it; 0 where there is none.
  [[nodiscard]] std::int64_t version() const noexcept;
  /// The id of a secret's version; empty elsewhere.
  [[nodiscard]] std::string_view version_id() const& noexcept;
  std::string_view version_id() const&& = delete;

  /// Whether it is several values, each with a name, that are cached as one: what a path holds.
  /// text() of it is empty, list() has no items.
  [[nodiscard]] bool is_several() const noexcept;
  /// How many they are; 0 for a single value.
  [[nodiscard]] std::size_t size() const noexcept;
  /// Their names, sorted.
  [[nodiscard]] std::vector<std::string_view> names() const&;
  std::vector<std::string_view> names() const&& = delete;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;
  /// One of them; valid as long as this Value. Throws `error` (invalid_argument), which lists the
  /// names there are, if there is none of that name; so do all that take a name.
  [[nodiscard]] const Value& value(std::string_view name) const&;
  const Value& value(std::string_view name) const&& = delete;
  [[nodiscard]] std::string_view text(std::string_view name) const&;
  std::string_view text(std::string_view name) const&& = delete;
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const&;
  std::vector<std::string_view> list(std::string_view name) const&& = delete;

  /// Whether there is a value at all.
  explicit operator bool() const noexcept { return data_ != nullptr; }

  [[nodiscard]] const std::shared_ptr<const core::value_data>& internals() const noexcept {
    return data_;
  }

 private:
  std::shared_ptr<const core::value_data> data_;
};

}  // namespace v0
}  // namespace lambda_cache
