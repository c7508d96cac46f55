#include "wiring/memo_lines.hpp"

#include "wiring/memo_state.hpp"

#include <vector>

namespace lambda_cache::wiring {
namespace {

/// The lines of all threads. Guarded by memo_state's lock. Never destroyed.
std::vector<std::array<memo_line, memo_lines::count>*>& all_tables() {
  static auto* const all = new std::vector<std::array<memo_line, memo_lines::count>*>();
  return *all;
}

}  // namespace

constinit thread_local memo_lines::table* memo_lines::current_ = nullptr;
constinit thread_local bool memo_lines::is_over_ = false;

struct memo_lines::ending {
  ~ending() {
    is_over_ = true;
    // From here on calls of this thread, also from the ends of values, do without.
    const std::unique_ptr<table> mine(std::exchange(current_, nullptr));
    const core::lock_guard lock(memo_state::lock());
    std::erase(all_tables(), mine.get());
    for (memo_line& line : *mine)
      line.hand_in_hits();
  }
};

void memo_lines::open() {
  if (current_ != nullptr || is_over_) return;
  auto made = std::make_unique<table>();
  static thread_local const ending at_exit;
  (void)at_exit;
  const core::lock_guard lock(memo_state::lock());
  all_tables().push_back(made.get());
  current_ = made.release();
}

std::uint64_t memo_lines::not_handed_in(const std::atomic<std::uint64_t>& counter) noexcept {
  std::uint64_t sum = 0;
  for (const table* each : all_tables())
    for (const memo_line& line : *each)
      if (line.handed.get() == &counter) sum += line.hits.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace lambda_cache::wiring
