// The names that a wrapped handler finds in its context, checked and in order.
#pragma once

#include <lambda_cache/binding.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::lambda {

/// One name in the context: a single value, or a mapping of several.
struct entry_group {
  std::string name;
  std::size_t first = 0;  // place among all values
  std::size_t count = 1;
  bool is_mapping = false;
  /// Of a computed one: how to look at it. `first` is its place among the computed ones.
  std::shared_ptr<const computed_source> computed = {};
};

/// Immutable. Values are numbered in the order of their declaration.
class entry_table {
 public:
  /// Throws `error` (invalid_argument), as with() promises.
  explicit entry_table(std::span<const binding> bindings);

  /// nullptr if there is none. Handlers have a handful of entries: a search beats a hash.
  [[nodiscard]] const entry_group* find(std::string_view name) const noexcept;
  /// The place among all values, or `none`.
  [[nodiscard]] std::size_t find(const entry_group& in, std::string_view name) const noexcept;
  [[nodiscard]] std::span<const std::string> names(const entry_group& in) const noexcept;
  /// Without the computed ones.
  [[nodiscard]] std::size_t value_count() const noexcept { return value_names_.size(); }

  [[noreturn]] void throw_unknown(std::string_view name) const;
  [[noreturn]] void throw_unknown(const entry_group& in, std::string_view name) const;

  static constexpr auto none = static_cast<std::size_t>(-1);

 private:
  void add(entry_group group);

  std::vector<entry_group> groups_;
  std::vector<std::string> value_names_;
  std::size_t computed_count_ = 0;
};

}  // namespace lambda_cache::lambda
