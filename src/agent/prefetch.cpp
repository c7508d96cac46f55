#include "agent/prefetch.hpp"

#include "agent/failures.hpp"
#include "agent/list_items.hpp"
#include "agent/log.hpp"
#include "wiring/names.hpp"
#include "wiring/read_operation.hpp"

#include <utility>

namespace lambda_cache::agent {
namespace {

void warn(std::string_view name, const error_info& why) {
  log(log_level::warn, "not prefetched: " + why.message, {{"name", name}, {"code", code_of(why)}});
}

}  // namespace

core::result<wanted> parse_prefetch(std::string_view name) {
  auto asked = wiring::parse_name(name);
  if (!asked) return core::fail(std::move(asked.error()));
  wanted out;
  switch (asked->kind) {
    case wiring::name_kind::parameter:
      out.what = subject::parameter;
      out.decrypt = true;
      break;
    case wiring::name_kind::path:
      out.what = subject::path;
      out.decrypt = true;
      break;
    case wiring::name_kind::secret:
      out.what = subject::secret;
      break;
    case wiring::name_kind::object:
      out.what = subject::object;
      break;
  }
  out.names.push_back(std::move(asked->name));
  return out;
}

std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    // Templates break long lists into lines.
    const std::string_view one = take_item(list);
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

prefetching::prefetching(entries& in, std::span<const std::string> names) : in_(in) {
  for (const std::string& name : names) {
    const auto asked = parse_prefetch(name);
    if (!asked) {
      warn(name, asked.error());
      continue;
    }
    auto found = std::move(in.find(*asked).front());
    if (!found) {
      warn(name, found.error());
      continue;
    }
    (*found)->is_declared = true;
    names_.push_back(name);
    entries_.push_back(std::move(*found));
  }
}

prefetching::~prefetching() {
  if (reading_) reading_->give_up();
}

void prefetching::start(std::function<void()> notify) {
  std::vector<wiring::read_item> items;
  items.reserve(entries_.size());
  for (const auto& each : entries_)
    items.push_back(each->bound.read(core::no_deadline, core::infinite));
  reading_ = wiring::read_operation::start(in_.cache(), std::move(items), std::move(notify));
}

bool prefetching::poll() {
  if (!reading_) return true;
  if (!reading_->poll()) return false;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const cache::outcome& got = reading_->outcomes()[i];
    if (!got.ok()) warn(names_[i], *got.failure);
  }
  reading_.reset();
  return true;
}

core::deadline prefetching::next_wake() {
  return reading_ ? reading_->next_wake() : core::no_deadline;
}

}  // namespace lambda_cache::agent
