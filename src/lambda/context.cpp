#include <lambda_cache/context.hpp>
#include <lambda_cache/error.hpp>

#include "core/result.hpp"
#include "lambda/entry_table.hpp"
#include "lambda/value_storage.hpp"

#include <string>
#include <utility>

namespace lambda_cache {
namespace {

[[noreturn]] void refuse(std::string_view name, const std::string& what) {
  auto info =
      core::make_error(error_kind::invalid_argument, "entry '" + std::string(name) + "' " + what);
  info.name = name;
  throw error(std::move(info));
}

[[noreturn]] void refuse_computed(std::string_view name, const char* asked) {
  refuse(name, "is a function's result, which has no " + std::string(asked) +
                   "(): use context.get<T>(\"" + std::string(name) + "\")");
}

}  // namespace

inline namespace v0 {

Context::Context(const lambda::entry_table& table, std::vector<Value> values,
                 const invocation_facts& facts,
                 std::vector<std::shared_ptr<const void>> results) noexcept
    : table_(&table), values_(std::move(values)), results_(std::move(results)), facts_(facts) {}

Context::~Context() {
  lambda::keep_value_storage(std::move(values_));
}

namespace {

[[noreturn]] void refuse_several(std::string_view name) {
  refuse(name, "holds several values: use context.values(\"" + std::string(name) + "\")");
}

}  // namespace

const lambda::entry_group& Context::single(std::string_view name) const {
  const lambda::entry_group* found = table_->find(name);
  if (found == nullptr) table_->throw_unknown(name);
  if (found->is_mapping) refuse_several(name);
  return *found;
}

const Value& Context::value(std::string_view name) const {
  const lambda::entry_group& found = single(name);
  if (found.computed) refuse_computed(name, "value");
  return values_[found.first];
}

std::string_view Context::text(std::string_view name) const {
  const lambda::entry_group& found = single(name);
  if (!found.computed) {
    const Value& value = values_[found.first];
    if (value.is_several()) refuse_several(name);
    return value.text();
  }
  const auto text = found.computed->text(results_[found.first].get());
  if (!text) refuse_computed(name, "text");
  return *text;
}

const void* Context::result_of(std::string_view name, const std::type_info& type) const {
  const lambda::entry_group& found = single(name);
  if (!found.computed)
    refuse(name, "is no function's result: use context.text() or context.value()");
  if (found.computed->type() != type)
    refuse(name,
           "is of another type than context.get<T>() asks for: T has to be what the function "
           "returns");
  return results_[found.first].get();
}

std::vector<std::string_view> Context::list(std::string_view name) const {
  const Value& found = value(name);
  if (found.is_several()) refuse_several(name);
  return found.list();
}

Values Context::values(std::string_view name) const {
  const lambda::entry_group* found = table_->find(name);
  if (found == nullptr) table_->throw_unknown(name);
  if (found->computed) refuse_computed(name, "values");
  return {*table_, *found, values_.data()};
}

bool Context::contains(std::string_view name) const noexcept {
  return table_->find(name) != nullptr;
}

std::optional<std::chrono::milliseconds> Context::time_remaining() const noexcept {
  if (!facts_.deadline) return std::nullopt;
  const auto now = std::chrono::system_clock::now();
  if (*facts_.deadline <= now) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(*facts_.deadline - now);
}

const Value* Values::whole() const noexcept {
  if (group_->is_mapping || !values_[group_->first].is_several()) return nullptr;
  return &values_[group_->first];
}

const Value& Values::value(std::string_view name) const {
  if (const Value* path = whole()) return path->value(name);
  const auto place = table_->find(*group_, name);
  if (place == lambda::entry_table::none) table_->throw_unknown(*group_, name);
  return values_[place];
}

std::string_view Values::text(std::string_view name) const {
  return value(name).text();
}

std::vector<std::string_view> Values::list(std::string_view name) const {
  return value(name).list();
}

bool Values::contains(std::string_view name) const noexcept {
  if (const Value* path = whole()) return path->contains(name);
  return table_->find(*group_, name) != lambda::entry_table::none;
}

std::size_t Values::size() const noexcept {
  const Value* const path = whole();
  return path == nullptr ? group_->count : path->size();
}

std::vector<std::string_view> Values::names() const {
  if (const Value* path = whole()) return path->names();
  const auto all = table_->names(*group_);
  return {all.begin(), all.end()};
}

}  // namespace v0
}  // namespace lambda_cache
