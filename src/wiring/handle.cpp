// The C++ front door: handles. A hit is answered from the thread's slot; everything else asks the
// engine and waits.
#include <lambda_cache/handle.hpp>

#include "core/invocation.hpp"
#include "wiring/environment.hpp"
#include "wiring/handle_state.hpp"
#include "wiring/initialization.hpp"

#include <utility>

namespace lambda_cache {
namespace wiring {
namespace {

/// What the cache holds and the thread's slot does not answer: files, which are looked at each
/// time, and values that another handle has fetched.
const Value* at_hand(handle_state& state, const bound_entry& bound) {
  const auto present = state.cache().engine().look(bound.read(core::invocation_deadline()).request,
                                                   core::current_moment());
  if (!present || (bound.is_file && !is_file_there(*present))) return nullptr;
  thread_slot& slot = state.slot();
  return state.refill(slot, bound, present) ? &slot.value : nullptr;
}

/// Waits for one value; the thread's slot holds it afterwards.
core::result<const Value*> fetch(handle_state& state, std::optional<core::nanos> max_age) {
  auto bound = state.bind();
  if (!bound) return core::fail(std::move(bound.error()));
  if (!max_age)
    if (const Value* present = at_hand(state, *bound)) return present;
  const auto reading =
      read_operation::start(state.cache(), {bound->read(core::invocation_deadline(), max_age)});
  reading->wait(core::no_deadline);
  thread_slot& slot = state.slot();
  if (auto taken = state.take(slot, *bound, reading->outcomes().front()); !taken)
    return core::fail(std::move(taken.error()));
  return &slot.value;
}

const Value& get_slowly(handle_state& state, std::optional<core::nanos> max_age = {}) {
  auto got = fetch(state, max_age);
  if (!got) throw error(std::move(got.error()));
  return **got;
}

}  // namespace
}  // namespace wiring

inline namespace v0 {

handle::handle(std::shared_ptr<wiring::handle_state> state) noexcept : state_(std::move(state)) {}

const Value& handle::get() const {
  const wiring::thread_slot* const slot = state_->hit();
  if (slot != nullptr) [[likely]]
    return slot->value;
  return wiring::get_slowly(*state_);
}

const Value* handle::peek() const noexcept {
  try {
    if (const wiring::thread_slot* const slot = state_->hit()) return &slot->value;
    auto bound = state_->bind();
    return bound ? wiring::at_hand(*state_, *bound) : nullptr;
  } catch (...) {  // out of memory: then it is not at hand
    return nullptr;
  }
}

result<Value> handle::try_get() const noexcept {
  try {
    return Value(get());
  } catch (const error& failure) {
    return failure;
  } catch (const std::exception& failure) {
    return error(core::make_error(error_kind::cancelled, failure.what()));
  }
}

Value handle::copy() const {
  return get();
}

Value handle::refresh() const {
  return wiring::get_slowly(*state_, 0);
}

void handle::prefetch() const noexcept {
  try {
    if (wiring::is_snap_start(wiring::process_environment())) return;
    const auto bound = state_->bind();
    if (bound) state_->cache().prefetch({&*bound, 1});
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; whoever reads it fetches it
  }
}

void handle::invalidate() const {
  auto bound = state_->bind();
  if (bound) state_->cache().engine().invalidate(bound->entry);
}

const std::string& handle::name() const noexcept {
  return state_->name();
}
const std::string& handle::short_name() const noexcept {
  return state_->short_name();
}

namespace detail {

bool prefetches_in_lambda() noexcept {
  try {
    return wiring::prefetches(wiring::process_environment());
  } catch (...) {
    return false;
  }
}

struct open_reads {
  // One read per cache, and each value once: they miss together and fetch together.
  struct read_of_cache {
    wiring::wired_cache* in;
    std::vector<wiring::read_item> items;
    std::vector<std::size_t> places;
    std::vector<wiring::bound_entry> bound;
    std::shared_ptr<wiring::read_operation> reading;
  };

  explicit open_reads(std::span<const handle> of)
      : handles(of.begin(), of.end()), found(of.size()) {}
  ~open_reads() {
    for (read_of_cache& one : reads)
      if (one.reading) one.reading->give_up();
  }
  open_reads(const open_reads&) = delete;
  open_reads& operator=(const open_reads&) = delete;

  std::vector<handle> handles;
  std::vector<read_of_cache> reads;
  std::vector<std::optional<result<Value>>> found;
};

std::shared_ptr<open_reads> start_all(std::span<const handle> handles) {
  auto open = std::make_shared<open_reads>(handles);
  for (std::size_t i = 0; i < handles.size(); ++i) {
    wiring::handle_state& state = *handles[i].internals();
    if (const Value* value = handles[i].peek()) {
      open->found[i] = *value;
      continue;
    }
    auto bound = state.bind();
    if (!bound) {
      open->found[i] = error(std::move(bound.error()));
      continue;
    }
    open_reads::read_of_cache* to = nullptr;
    for (auto& candidate : open->reads)
      if (candidate.in == &state.cache()) to = &candidate;
    if (to == nullptr)
      to = &open->reads.emplace_back(open_reads::read_of_cache{&state.cache(), {}, {}, {}, {}});
    to->items.push_back(bound->read(core::invocation_deadline()));
    to->places.push_back(i);
    to->bound.push_back(std::move(*bound));
  }
  for (auto& one : open->reads)
    one.reading = wiring::read_operation::start(*one.in, std::move(one.items));
  return open;
}

std::vector<result<Value>> finish_all(open_reads& open) {
  for (auto& one : open.reads) {
    one.reading->wait(core::no_deadline);
    for (std::size_t n = 0; n < one.places.size(); ++n) {
      const std::size_t i = one.places[n];
      const wiring::handle_state& state = *open.handles[i].internals();
      wiring::thread_slot& slot = state.slot();
      if (auto taken = state.take(slot, one.bound[n], one.reading->outcomes()[n]); taken)
        open.found[i] = slot.value;
      else
        open.found[i] = error(std::move(taken.error()));
    }
    one.reading.reset();
  }
  std::vector<result<Value>> out;
  out.reserve(open.found.size());
  for (auto& one : open.found)
    out.push_back(std::move(*one));
  return out;
}

}  // namespace detail

std::vector<result<Value>> get_all(std::span<const handle> handles) {
  return detail::finish_all(*detail::start_all(handles));
}

}  // namespace v0
}  // namespace lambda_cache
