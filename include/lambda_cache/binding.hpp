// What a handler wants injected: values and the names they go by.
#pragma once

#include <lambda_cache/handle.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace lambda_cache {
inline namespace v0 {

/// Something that is computed for a handler: made by function::cache(). Safe from any number of
/// threads.
class computed_source {
 public:
  virtual ~computed_source() = default;
  /// What is kept and fresh enough; nullptr if there is nothing. Does not compute.
  [[nodiscard]] virtual std::shared_ptr<const void> peek() const = 0;
  /// The same, computed where it has to be; never null. Throws what the computation throws.
  [[nodiscard]] virtual std::shared_ptr<const void> get() const = 0;
  /// Of what these point to.
  [[nodiscard]] virtual const std::type_info& type() const noexcept = 0;
  /// Where that is text: a view of it.
  [[nodiscard]] virtual std::optional<std::string_view> text(const void* value) const = 0;
};

/// One declaration for with(): made by ssm::cache() and its siblings.
struct binding {
  /// A value and its name: the name in the context, or inside the mapping `entry_name`.
  struct item {
    std::string name;
    handle value;
  };
  std::vector<item> items;
  /// Name of the mapping that holds the items; empty: each item is injected by itself.
  std::string entry_name;

  /// A computed value and its name in the context.
  struct computed_item {
    std::string name;
    std::shared_ptr<const computed_source> from;
  };
  std::vector<computed_item> computed = {};

  /// Whether the values are fetched as soon as a handler is wrapped; not said: in Lambda only.
  std::optional<bool> prefetch = {};
};

}  // namespace v0
}  // namespace lambda_cache
