#include "lambda/entry_table.hpp"

#include <lambda_cache/error.hpp>

#include "core/result.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::lambda {
namespace {

[[noreturn]] void refuse(std::string_view name, std::string message) {
  auto info = core::make_error(error_kind::invalid_argument, std::move(message));
  info.name = name;
  throw error(std::move(info));
}

std::string quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

}  // namespace

entry_table::entry_table(std::span<const binding> bindings) {
  if (bindings.empty())
    refuse("", "with() was given nothing to inject: name at least one value, e.g. ssm::cache(...)");
  for (const binding& each : bindings) {
    if (each.items.empty() && each.computed.empty())
      refuse("", "with() was given a binding without a value");
    for (const binding::computed_item& item : each.computed) {
      if (item.name.empty())
        refuse("", "a function's result needs a name: function::cache(f, {.entry_name = ...})");
      add({item.name, computed_count_++, 1, false, item.from});
    }
    if (!each.entry_name.empty())
      add({each.entry_name, value_names_.size(), each.items.size(), true, {}});
    const auto first = value_names_.size();
    for (const binding::item& item : each.items) {
      if (item.name.empty()) refuse("", "with() was given a value without a name to inject it by");
      if (each.entry_name.empty()) {
        add({item.name, value_names_.size(), 1, false, {}});
      } else if (std::find(value_names_.begin() + static_cast<std::ptrdiff_t>(first),
                           value_names_.end(), item.name) != value_names_.end()) {
        refuse(item.name, "entry " + quoted(each.entry_name) + " would hold " + quoted(item.name) +
                              " twice: give the values names of their own");
      }
      value_names_.push_back(item.name);
    }
  }
}

void entry_table::add(entry_group group) {
  if (find(group.name) != nullptr)
    refuse(group.name, "two values would be injected as " + quoted(group.name) +
                           ": give one of them another entry_name");
  groups_.push_back(std::move(group));
}

const entry_group* entry_table::find(std::string_view name) const noexcept {
  for (const entry_group& each : groups_) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::size_t entry_table::find(const entry_group& in, std::string_view name) const noexcept {
  const auto among = names(in);
  const auto found = std::find(among.begin(), among.end(), name);
  return found == among.end() ? none : in.first + static_cast<std::size_t>(found - among.begin());
}

std::span<const std::string> entry_table::names(const entry_group& in) const noexcept {
  return std::span(value_names_).subspan(in.first, in.count);
}

void entry_table::throw_unknown(std::string_view name) const {
  std::string known;
  for (const entry_group& each : groups_)
    known += (known.empty() ? "" : ", ") + each.name;
  refuse(name, "no entry " + quoted(name) + "; this handler has: " + known);
}

void entry_table::throw_unknown(const entry_group& in, std::string_view name) const {
  std::string known;
  for (const std::string& each : names(in))
    known += (known.empty() ? "" : ", ") + each;
  refuse(name, "no value " + quoted(name) + " in entry " + quoted(in.name) + "; it has: " + known);
}

}  // namespace lambda_cache::lambda
