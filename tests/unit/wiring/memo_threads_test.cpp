#include <lambda_cache/context.hpp>

#include "core/result.hpp"
#include "memo_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace lambda_cache::test {
namespace {

TEST_F(memo_test, threads_that_miss_together_compute_once) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  const auto f = memoize(
      [&](int n) {
        ++calls_;
        gone.wait();
        return n;
      },
      {.max_age = forever}, cache_);
  std::vector<std::future<std::shared_ptr<const int>>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(std::async(std::launch::async, [&] { return f(1); }));
  wait_for_joins(f, 7);
  go.set_value();
  const auto first = all.front().get();
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_EQ(all[i].get(), first);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(f.info().misses, 1U);
}

TEST_F(memo_test, threads_that_wait_get_errors_of_their_own) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  const auto f = memoize(
      [&](bool ours) -> int {
        gone.wait();
        if (ours) throw error(core::make_error(error_kind::throttled, "slow down"));
        throw passing_failure("no");
      },
      {.max_age = forever}, cache_);
  std::mutex mutex;
  std::set<const void*> errors;
  // One object for several threads lives until all have ended: ThreadSanitizer does not see the
  // counts that libstdc++ keeps of it.
  std::vector<std::exception_ptr> shared;
  const auto ask = [&](bool ours) {
    try {
      (void)f(ours);
    } catch (const error& why) {
      EXPECT_STREQ(why.what(), "slow down");
      const std::lock_guard lock(mutex);
      errors.insert(&why);
      while (errors.size() < 4)  // all of them are caught at the same time
        mutex.unlock(), std::this_thread::yield(), mutex.lock();
    } catch (const passing_failure& why) {
      EXPECT_STREQ(why.what(), "no");
      const std::lock_guard lock(mutex);
      shared.push_back(std::current_exception());
    }
  };
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i) {
    all.emplace_back(ask, true);
    all.emplace_back(ask, false);
  }
  wait_for_joins(f, 6);
  go.set_value();
  for (std::thread& each : all)
    each.join();
  EXPECT_EQ(errors.size(), 4U);
  EXPECT_EQ(shared.size(), 4U);
  EXPECT_EQ(f.info().failures, 2U);
}

TEST_F(memo_test, a_refresh_joins_only_what_starts_after_it) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  const auto f = memoize(
      [&] {
        const int mine = ++calls_;
        gone.wait();
        return mine;
      },
      {.max_age = forever}, cache_);
  auto running = std::async(std::launch::async, [&] { return *f(); });
  while (calls_ == 0)
    std::this_thread::yield();
  // One is next; the others join it.
  std::vector<std::future<int>> forced;
  for (int i = 0; i < 4; ++i)
    forced.push_back(std::async(std::launch::async, [&] { return *f.refresh(); }));
  wait_for_joins(f, 3);
  go.set_value();
  EXPECT_EQ(running.get(), 1);
  for (auto& each : forced)
    EXPECT_EQ(each.get(), 2);
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(*f(), 2);
}

TEST_F(memo_test, a_computation_that_asks_for_itself_computes) {
  std::function<int(int)> again;
  const auto f =
      memoize([&](int n) { return ++calls_ < 3 ? again(n) : n; }, {.max_age = forever}, cache_);
  again = [&](int n) { return *f(n); };
  EXPECT_EQ(*f(7), 7);
  EXPECT_EQ(calls_, 3);
  const int asked_for = *f.refresh(7);  // also where it has to
  EXPECT_EQ(asked_for, 7);
}

TEST_F(memo_test, a_circle_of_threads_computes) {
  // Thread 1 computes `a` and asks for `b`; thread 2 computes `b` and asks for `a`.
  std::atomic<int> inside{0};
  std::function<int(int)> other;
  const auto f = memoize(
      [&](int n) {
        if (++calls_ > 2) return n;  // computed to break the circle
        ++inside;
        while (inside < 2)
          std::this_thread::yield();
        return 10 * n + other(3 - n);
      },
      {.max_age = forever}, cache_);
  other = [&](int n) { return *f(n); };
  auto first = std::async(std::launch::async, [&] { return *f(1); });
  auto second = std::async(std::launch::async, [&] { return *f(2); });
  const int one = first.get();
  const int two = second.get();
  // One of them closed the circle and computed for itself; the other waited for that one.
  EXPECT_TRUE((one == 12 && two == 32) || (two == 21 && one == 31)) << one << ' ' << two;
  EXPECT_EQ(calls_, 3);
}

TEST_F(memo_test, a_wait_ends_before_the_invocation_does) {
  std::promise<void> go;
  const auto f = memoize(
      [&] {
        ++calls_;
        go.get_future().wait();
        return 1;
      },
      {.max_age = forever}, cache_);
  auto running = std::async(std::launch::async, [&] { return *f(); });
  while (calls_ == 0)
    std::this_thread::yield();
  {
    const invocation_scope ends_now(std::chrono::system_clock::now());
    for (const bool forced : {false, true}) {
      try {
        (void)(forced ? f.refresh() : f());
        FAIL() << "expected an error";
      } catch (const error& why) {
        EXPECT_EQ(why.kind(), error_kind::timeout);
      }
    }
  }
  go.set_value();
  EXPECT_EQ(running.get(), 1);
  EXPECT_EQ(*f(), 1);
}

TEST_F(memo_test, many_threads_and_keys) {
  const auto f = memoize([this](int n) { return n + 0 * ++calls_; },
                         {.max_age = forever, .max_entries = 50}, cache_);
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) {
        const int n = (i * (t + 1)) % 100;
        EXPECT_EQ(*f(n), n);
        if (i % 100 == 0) f.invalidate(n);
        if (i % 500 == 0) f.clear();
        if (i % 70 == 0) {
          EXPECT_EQ(*f.refresh(n), n);
        }
      }
    });
  for (std::thread& each : all)
    each.join();
  const memo_info seen = f.info();
  EXPECT_LE(seen.entries, 50U);
  EXPECT_EQ(seen.misses, static_cast<std::uint64_t>(calls_));
  EXPECT_EQ(seen.hits + seen.misses + seen.joins, 4U * (3000 + 43));
}

TEST_F(memo_test, a_child_does_not_wait_for_threads_it_does_not_have) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  const ::pid_t parent = ::getpid();
  const auto f = memoize(
      [&] {
        ++calls_;
        if (::getpid() == parent) gone.wait();
        return 5;
      },
      {.max_age = forever}, cache_);
  auto running = std::async(std::launch::async, [&] { return *f(); });
  while (calls_ == 0)
    std::this_thread::yield();
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(*f() == 5 && *f.refresh() == 5 ? 0 : 1);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  go.set_value();
  EXPECT_EQ(running.get(), 5);
}

}  // namespace
}  // namespace lambda_cache::test
