#include <lambda_cache/handler.hpp>

#include "lambda/entry_table.hpp"
#include "lambda/value_storage.hpp"

#include <utility>

namespace lambda_cache {
namespace {

std::vector<Value>& spare() {
  thread_local std::vector<Value> storage;
  return storage;
}

}  // namespace

namespace lambda {

void keep_value_storage(std::vector<Value> used) noexcept {
  used.clear();
  // A call inside a call has storage of its own; the larger one is kept.
  if (used.capacity() > spare().capacity()) spare().swap(used);
}

}  // namespace lambda

inline namespace v0 {
namespace detail {

std::vector<Value> value_storage() noexcept {
  return std::exchange(spare(), {});
}

plan::plan(std::vector<binding> bindings)
    : table_(std::make_shared<const lambda::entry_table>(bindings)) {
  handles_.reserve(table_->value_count());
  for (binding& each : bindings) {
    for (binding::item& item : each.items) {
      handles_.push_back(std::move(item.value));
      prefetch_.push_back(each.prefetch);
    }
    for (binding::computed_item& item : each.computed)
      computed_.push_back(std::move(item.from));
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace lambda_cache
