// What is behind a handle: the declaration, and where it is bound to at present.
#pragma once

#include <lambda_cache/handle.hpp>

#include "core/mutex.hpp"
#include "core/result.hpp"
#include "wiring/thread_slots.hpp"
#include "wiring/view.hpp"
#include "wiring/wired_cache.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace lambda_cache::wiring {

class handle_state {
 public:
  handle_state(std::shared_ptr<wired_cache> in, entry_spec spec, view_options view,
               std::string name);
  ~handle_state();
  handle_state(const handle_state&) = delete;
  handle_state& operator=(const handle_state&) = delete;

  /// The calling thread's slot.
  [[nodiscard]] thread_slot& slot() const { return thread_slots::of(index_); }
  /// The same if it holds a value that is still good, else nullptr. Inlined so that get() keeps
  /// few registers over the calls of the clocks.
  [[nodiscard, gnu::always_inline]] thread_slot* hit() const noexcept {
    const core::coarse_instant now = core::coarse_now();
    thread_slot* const mine = thread_slots::find(index_);
    if (mine == nullptr || !mine->is_hit(id_, now)) return nullptr;
    mine->count_hit();
    return mine;
  }
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

  /// The entry and the options; bound anew after a reset. Errors: see wired_cache::bind().
  [[nodiscard]] core::result<bound_entry> bind();
  /// Puts a value, as this handle looks at it, into this thread's slot; reads of it are hits if it
  /// is the entry's present one. Errors: transform.
  [[nodiscard]] core::result<void> refill(thread_slot& slot, const bound_entry& at,
                                          const cache::snapshot_ptr& value) const;
  /// The same for a read's outcome, whose failure may have a default.
  [[nodiscard]] core::result<void> take(thread_slot& slot, const bound_entry& at,
                                        cache::outcome& got) const;

  /// Around fork(): the locks that all handles share are held meanwhile.
  static void before_fork() LC_THREAD(no_thread_safety_analysis);
  static void after_fork() LC_THREAD(no_thread_safety_analysis);

  [[nodiscard]] wired_cache& cache() const noexcept { return *cache_; }
  [[nodiscard]] const std::shared_ptr<wired_cache>& cache_ptr() const noexcept { return cache_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& short_name() const noexcept { return spec_.short_name; }

 private:
  void own(thread_slot& slot, const bound_entry& at) const;

  const std::shared_ptr<wired_cache> cache_;
  const entry_spec spec_;
  const view_options view_;
  const std::string name_;
  const std::uint32_t index_;
  const std::uint64_t id_;
  static core::mutex binding_;                 // one for all: a fork has to take it
  bound_entry bound_ LC_GUARDED_BY(binding_);  // no entry: not yet
};

}  // namespace lambda_cache::wiring
