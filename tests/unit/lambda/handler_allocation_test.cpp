// A wrapped handler whose values are all fresh allocates nothing.
#include <lambda_cache/handler.hpp>

#include "fake_handles.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::atomic<int> allocations{0};
}

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}

namespace lambda_cache::test {
namespace {

struct event {
  std::chrono::system_clock::time_point deadline;
};

TEST(wrapped_handler, a_warm_call_allocates_nothing) {
  const auto handler = with(single("a", cached("/a", "1")), single("b", cached("/b", "2")),
                            mapping("all", {{"c", cached("/c", "3")}, {"d", cached("/d", "4")}}))(
      [](const event&, Context& context) {
        return context.text("a").size() + context.values("all").text("d").size();
      });
  const event request{.deadline = std::chrono::system_clock::now() + std::chrono::hours(1)};
  handler(request);

  const int before = allocations.load();
  std::size_t sum = 0;
  for (int i = 0; i < 100; ++i)
    sum += handler(request);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(sum, 200U);
}

}  // namespace
}  // namespace lambda_cache::test
