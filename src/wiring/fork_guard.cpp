#include "wiring/fork_guard.hpp"

#include "core/secret_memory.hpp"
#include "net/http_client.hpp"
#include "sources/file_names.hpp"
#include "wiring/environment.hpp"
#include "wiring/handle_state.hpp"
#include "wiring/memo_state.hpp"
#include "wiring/thread_slots.hpp"
#include "wiring/wired_cache.hpp"

#include <mutex>
#include <pthread.h>
#include <vector>

namespace lambda_cache::wiring {
namespace {

struct registry {
  std::mutex mutex;
  std::vector<wired_cache*> caches;
};

registry& all() {
  static auto* const only = new registry();
  return *only;
}

}  // namespace

void fork_guard::add(wired_cache& cache) {
  static std::once_flag installed;
  std::call_once(installed, [] {
    // The arena's own handlers come first, so that they run inside ours (lock order).
    (void)core::secret_bytes_in_use();
    ::pthread_atfork(before, in_parent, in_child);
  });
  const std::lock_guard lock(all().mutex);
  all().caches.push_back(&cache);
}

void fork_guard::remove(wired_cache& cache) {
  const std::lock_guard lock(all().mutex);
  std::erase(all().caches, &cache);
}

void fork_guard::before() {
  all().mutex.lock();
  memo_state::before_fork();
  handle_state::before_fork();
  thread_slots::before_fork();
  for (wired_cache* cache : all().caches)
    cache->before_fork();
  sources::file_names::shared().before_fork();
}

void fork_guard::in_parent() {
  sources::file_names::shared().after_fork();
  for (wired_cache* cache : all().caches)
    cache->after_fork_in_parent();
  thread_slots::after_fork();
  handle_state::after_fork();
  memo_state::after_fork_in_parent();
  all().mutex.unlock();
}

void fork_guard::in_child() {
  net::close_sockets_after_fork();
  jitter().reseed(random_seed());
  sources::file_names::shared().after_fork();
  for (wired_cache* cache : all().caches)
    cache->after_fork_in_child();
  thread_slots::after_fork();
  handle_state::after_fork();
  memo_state::after_fork_in_child();
  all().mutex.unlock();
}

}  // namespace lambda_cache::wiring
