// What a handler wants injected: values and the names they go by.
#pragma once

#include <lambda_cache/handle.hpp>

#include <string>
#include <utility>
#include <vector>

namespace lambda_cache {
inline namespace v0 {

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
};

}  // namespace v0
}  // namespace lambda_cache
