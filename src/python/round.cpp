#include "python/round.hpp"

#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/log.hpp"
#include "python/mocks.hpp"
#include "python/running.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace lambda_cache::python {
namespace {

/// How long a blocked thread may take to notice a signal.
constexpr std::chrono::milliseconds signal_slice{50};

/// Values of entries that the cache evicted are dropped here too.
void follow_evictions() {
  static std::uint64_t seen = 0;
  const std::uint64_t now = wiring::wired_cache::shared()->engine().count().evictions;
  if (std::exchange(seen, now) != now) drop_outdated_values();
}

std::optional<error_info> refusal(const place& of) {
  if (!of.bound.asks_aws) return std::nullopt;
  return refusal_of_mocks(std::string(of.spec.service), of.spec.locator);
}

}  // namespace

round::round(std::span<reader* const> readers) {
  readers_.reserve(readers.size());
  for (reader* each : readers) {
    readers_.push_back(ref::borrow(reinterpret_cast<PyObject*>(each)));
    for (std::size_t i = 0; i < each->places.size(); ++i)
      parts_.push_back({each, i, {}, {}});
  }
}

void round::start(PyObject* context, int notify_fd) {
  const clocks now;
  std::vector<part*> missing;
  for (part& each : parts_) {
    place& at = each.of->places[each.index];
    if (auto bound = each.of->bind(at); !bound) {
      each.failure.push_back(std::move(bound.error()));
    } else if (reader::is_hit(at, now)) {
      ++at.seen->hits;
      each.value = ref::borrow(at.seen->value);
    } else if (auto refused = refusal(at)) {
      each.failure.push_back(std::move(*refused));
    } else {
      missing.push_back(&each);
    }
  }
  if (missing.empty()) return;
  const core::deadline invocation = std::min(running_deadline(), deadline_of(context));
  std::vector<wiring::read_item> items;
  for (part* each : missing) {
    each->asked = static_cast<std::ptrdiff_t>(items.size());
    if (const auto& came = each->of->places[each->index].came) {
      each->told = came->told.load();
      has_progress_ = true;
    }
    items.push_back(each->of->places[each->index].bound.read(invocation));
  }
  operation_ =
      wiring::read_operation::start(*wiring::wired_cache::shared(), std::move(items), notify_fd);
}

bool round::poll() {
  return !operation_ || operation_->poll();
}

core::deadline round::next_wake() {
  return operation_ ? operation_->next_wake() : core::no_deadline;
}

bool round::wait() {
  while (!poll()) {
    {
      const gil_released others_run;
      operation_->wait(std::chrono::steady_clock::now() + signal_slice);
    }
    if (PyErr_CheckSignals() != 0 || !tell_progress()) {
      give_up();
      return false;
    }
  }
  return tell_progress();
}

bool round::tell_progress() {
  if (!has_progress_) return true;
  for (part& each : parts_) {
    const place& at = each.of->places[each.index];
    if (each.asked < 0 || !at.came) continue;
    const std::uint64_t now = at.came->told.load(std::memory_order_acquire);
    if (std::exchange(each.told, now) == now) continue;
    const ref tell = at.progress;
    const ref returned = ref::steal(PyObject_CallFunction(
        tell.get(), "KK", static_cast<unsigned long long>(at.came->done.load()),
        static_cast<unsigned long long>(at.came->total.load())));
    if (!returned) return false;
  }
  return true;
}

void round::give_up() {
  if (operation_) operation_->give_up();
}

bool round::finish(std::vector<reading>& out) {
  std::vector<cache::outcome> none;
  auto& outcomes = operation_ ? operation_->outcomes() : none;
  for (part& each : parts_)
    if (each.asked >= 0 && !settle(each, outcomes[static_cast<std::size_t>(each.asked)]))
      return false;
  follow_evictions();
  out.clear();
  out.resize(readers_.size());
  std::span<part> rest = parts_;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    reader& of = *reinterpret_cast<reader*>(readers_[i].get());
    if (!assemble(of, rest.first(of.places.size()), out[i])) return false;
    rest = rest.subspan(of.places.size());
  }
  return true;
}

bool round::settle(part& asked, cache::outcome& got) {
  place& at = asked.of->places[asked.index];
  const held_projection seen = hold(at.seen);
  if (!got.ok()) {
    // Not found, for one, means that the value we have is gone.
    if (seen->generation != seen->entry->generation.load()) seen->drop();
    if (got.failure->kind == error_kind::not_found && at.fallback)
      asked.value = at.fallback;
    else
      asked.failure.push_back(std::move(*got.failure));
    return true;
  }
  const bool news = got.from == cache::origin::stale && !seen->in_outage;
  seen->in_outage = got.from == cache::origin::stale;
  asked.value = seen->take(got.value, wiring::wired_cache::shared()->engine());
  if (!asked.value) return false;
  // What was bound before a reset is for this read only.
  if (at.bound.epoch != wiring::wired_cache::shared()->epoch()) seen->drop();
  // Converting may have run anything, also what bound this place anew.
  if (at.seen == seen.get()) at.rest();
  if (news) log_stale(seen->entry->locator, got.failure);
  return true;
}

bool round::assemble(reader& of, std::span<part> parts, reading& out) {
  for (part& each : parts)
    for (error_info& why : each.failure)
      out.failures.push_back(std::move(why));
  if (!out.failures.empty()) return true;
  if (!of.is_mapping) {
    PyObject* const value = parts.front().value.get();
    out.value = ref::steal(deep_copy(value));
    return static_cast<bool>(out.value);
  }
  out.value = ref::steal(PyDict_New());
  if (!out.value) return false;
  for (part& each : parts) {
    const ref own = ref::steal(deep_copy(each.value.get()));
    const place& at = of.places[each.index];
    if (!own || PyDict_SetItem(out.value.get(), at.key.get(), own.get()) != 0) return false;
  }
  return true;
}

bool read_now(std::span<reader* const> readers, PyObject* context, std::vector<reading>& out) {
  try {
    round asked(readers);
    asked.start(context);
    return asked.wait() && asked.finish(out);
  } catch (const std::exception&) {
    raise_current_cpp_exception();
    return false;
  }
}

PyObject* read_value(reader& of) {
  const clocks now;
  if (of.is_hit(now)) {
    of.count_hits();
    return of.hit_value();
  }
  reader* const only[] = {&of};
  std::vector<reading> got;
  if (!read_now(only, nullptr, got)) return nullptr;
  if (!got.front().failures.empty()) {
    raise(got.front().failures, stage::fetch);
    return nullptr;
  }
  return got.front().value.release();
}

}  // namespace lambda_cache::python
