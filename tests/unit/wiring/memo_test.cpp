#include "memo_fixture.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace lambda_cache::test {
namespace {

TEST_F(memo_test, computes_once_for_the_same_arguments) {
  const auto f = memoize([this](int a, std::string b) { return b + std::to_string(a + ++calls_); },
                         {.max_age = 10s}, cache_);
  EXPECT_EQ(*f(1, "x"), "x2");
  EXPECT_EQ(*f(1, "x"), "x2");
  EXPECT_EQ(*f(2, "x"), "x4");
  EXPECT_EQ(*f(1, "y"), "y4");
  const memo_info seen = f.info();
  EXPECT_EQ(seen.hits, 1U);
  EXPECT_EQ(seen.misses, 3U);
  EXPECT_EQ(seen.entries, 3U);
  EXPECT_EQ(seen.max_entries, 1000U);
}

TEST_F(memo_test, text_is_kept_by_value) {
  const auto f = memoize(
      [this](std::string_view name) { return std::string(name) + std::to_string(++calls_); },
      {.max_age = 10s}, cache_);
  std::string name = "euro";
  EXPECT_EQ(*f(name), "euro1");
  name = "yen!";
  EXPECT_EQ(*f(name), "yen!2");
  EXPECT_EQ(*f("euro"), "euro1");
}

TEST_F(memo_test, takes_any_callable) {
  const auto pointer = memoize(+[](int n) { return n * 2; }, {.max_age = 10s}, cache_);
  EXPECT_EQ(*pointer(4), 8);
  const auto move_only =
      memoize([owned = std::make_unique<int>(3)](const int& n) { return n + *owned; },
              {.max_age = 10s}, cache_);
  EXPECT_EQ(*move_only(4), 7);
  const auto counting = memoize([n = 0]() mutable { return ++n; }, {.max_age = 0s}, cache_);
  EXPECT_EQ(*counting(), 1);
  EXPECT_EQ(*counting(), 2);
  const std::function<int(std::string&&)> taking = [](std::string&& s) {
    return static_cast<int>(std::string(std::move(s)).size());
  };
  const auto taker = memoize(taking, {.max_age = 10s}, cache_);
  const std::string kept = "four";
  EXPECT_EQ(*taker(kept), 4);
  EXPECT_EQ(kept, "four");
}

TEST_F(memo_test, results_need_not_be_copyable_and_are_shared) {
  const auto f = memoize([] { return std::make_unique<int>(5); }, {.max_age = 10s}, cache_);
  const auto first = f();
  EXPECT_EQ(first, f());
  f.clear();
  EXPECT_EQ(**first, 5);
  EXPECT_NE(first, f());
}

TEST_F(memo_test, copies_share_the_results) {
  const auto f = memoize([this] { return ++calls_; }, {.max_age = 10s}, cache_);
  const auto other = f;  // NOLINT(performance-unnecessary-copy-initialization): what is tested
  EXPECT_EQ(f(), other());
  EXPECT_EQ(calls_, 1);
}

TEST_F(memo_test, an_age_of_max_age_is_expired) {
  const auto f = memoize([this] { return ++calls_; }, {.max_age = 100s}, cache_);
  EXPECT_EQ(*f(), 1);
  pass(99s);
  EXPECT_EQ(*f(), 1);
  pass(1s);
  EXPECT_EQ(*f(), 2);
}

TEST_F(memo_test, the_age_counts_from_the_start_of_the_computation) {
  const auto f = memoize(
      [this] {
        pass(60s);
        return ++calls_;
      },
      {.max_age = 100s}, cache_);
  EXPECT_EQ(*f(), 1);
  pass(39s);
  EXPECT_EQ(*f(), 1);
  pass(1s);
  EXPECT_EQ(*f(), 2);
}

TEST_F(memo_test, a_freeze_makes_results_older) {
  const auto f = memoize([this] { return ++calls_; }, {.max_age = 100s}, cache_);
  EXPECT_EQ(*f(), 1);
  core::shift(core::nanos(50 * core::second), 0, 50 * core::second);
  EXPECT_EQ(*f(), 1);
  core::shift(core::nanos(50 * core::second), 0, 50 * core::second);
  EXPECT_EQ(*f(), 2);
  // The wall clock goes back: the true age is not known.
  core::shift(-10 * core::second, 0, 0);
  EXPECT_EQ(*f(), 3);
}

TEST_F(memo_test, forever_never_computes_again) {
  const auto f = memoize([this] { return ++calls_; }, {.max_age = forever}, cache_);
  EXPECT_EQ(*f(), 1);
  pass(std::chrono::hours(100'000));
  EXPECT_EQ(*f(), 1);
}

TEST_F(memo_test, the_default_age_is_the_clients) {
  const auto f = memoize([this] { return ++calls_; }, {}, cache_);
  EXPECT_EQ(*f(), 1);
  pass(59s);
  EXPECT_EQ(*f(), 1);
  pass(1s);
  EXPECT_EQ(*f(), 2);
}

TEST_F(memo_test, the_least_recently_used_goes_first) {
  const auto f = memoize([this](int n) { return n + 0 * ++calls_; },
                         {.max_age = forever, .max_entries = 3}, cache_);
  for (const int n : {1, 2, 3}) {
    (void)f(n);
    pass(1s);
  }
  (void)f(1);
  (void)f(4);
  EXPECT_EQ(f.info().entries, 3U);
  EXPECT_NE(f.peek(1), nullptr);
  EXPECT_EQ(f.peek(2), nullptr);
  EXPECT_NE(f.peek(3), nullptr);
}

TEST_F(memo_test, peek_computes_nothing) {
  const auto f = memoize([this](int) { return ++calls_; }, {.max_age = 10s}, cache_);
  EXPECT_EQ(f.peek(1), nullptr);
  (void)f(1);
  EXPECT_EQ(f.peek(1), f(1));
  pass(10s);
  EXPECT_EQ(f.peek(1), nullptr);
  EXPECT_EQ(calls_, 1);
}

TEST_F(memo_test, refresh_always_computes_and_keeps) {
  const auto f = memoize([this] { return ++calls_; }, {.max_age = forever}, cache_);
  EXPECT_EQ(*f(), 1);
  EXPECT_EQ(*f.refresh(), 2);
  EXPECT_EQ(*f(), 2);
}

TEST_F(memo_test, invalidate_forgets_one) {
  const auto f = memoize([this](int) { return ++calls_; }, {.max_age = forever}, cache_);
  (void)f(1);
  (void)f(2);
  f.invalidate(1);
  EXPECT_EQ(*f(2), 2);
  EXPECT_EQ(*f(1), 3);
}

TEST_F(memo_test, what_began_before_it_was_invalidated_is_not_kept) {
  std::function<void()> meanwhile = [] {};
  const auto f = memoize(
      [&](int) {
        const int mine = ++calls_;
        meanwhile();
        return mine;
      },
      {.max_age = forever}, cache_);
  meanwhile = [&] { f.invalidate(1); };
  EXPECT_EQ(*f(1), 1);
  meanwhile = [&] { f.clear(); };
  EXPECT_EQ(*f(1), 2);
  meanwhile = [&] { cache_.clear(); };
  EXPECT_EQ(*f(1), 3);
  meanwhile = [] {};
  EXPECT_EQ(*f(1), 4);
  EXPECT_EQ(*f(1), 4);
}

TEST_F(memo_test, clearing_the_client_clears_functions) {
  const auto f = memoize([this] { return ++calls_; }, {.max_age = forever}, cache_);
  EXPECT_EQ(*f(), 1);
  cache_.clear();
  EXPECT_EQ(f.info().entries, 0U);
  EXPECT_EQ(*f(), 2);
  cache_.reset();
  EXPECT_EQ(*f(), 3);
}

TEST_F(memo_test, failures_are_thrown_and_not_kept) {
  const auto f = memoize(
      [this]() -> int {
        ++calls_;
        throw passing_failure("no");
      },
      {.max_age = forever}, cache_);
  EXPECT_THROW((void)f(), passing_failure);
  EXPECT_THROW((void)f(), passing_failure);
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(f.info().failures, 2U);
  EXPECT_EQ(f.info().entries, 0U);
}

class memo_stale_test : public memo_test {
 protected:
  bool fails_ = false;
  bool is_passing_ = true;
  int value_ = 1;

  int load() {
    ++calls_;
    if (fails_ && is_passing_) throw passing_failure("busy");
    if (fails_) throw std::logic_error("wrong");
    return value_;
  }
  auto make() {
    return memoize([this] { return load(); },
                   {.max_age = 10s,
                    .stale_if_error = 100s,
                    .retry_on =
                        [](const std::exception& why) {
                          return dynamic_cast<const passing_failure*>(&why) != nullptr;
                        }},
                   cache_);
  }
};

TEST_F(memo_stale_test, a_passing_failure_serves_the_old_result_and_backs_off) {
  const auto f = make();
  EXPECT_EQ(*f(), 1);
  fails_ = true;
  pass(10s);
  EXPECT_EQ(*f(), 1);
  EXPECT_EQ(calls_, 2);
  pass(1ms);  // less than the shortest back-off
  EXPECT_EQ(*f(), 1);
  EXPECT_EQ(calls_, 2);
  pass(1s);  // longer than the first back-off
  EXPECT_EQ(*f(), 1);
  EXPECT_EQ(calls_, 3);
  EXPECT_EQ(f.info().stale, 3U);
  fails_ = false;
  value_ = 2;
  pass(2s);
  EXPECT_EQ(*f(), 2);
}

TEST_F(memo_stale_test, only_for_so_long) {
  const auto f = make();
  (void)f();
  fails_ = true;
  pass(109s);
  EXPECT_EQ(*f(), 1);
  pass(1s);
  EXPECT_THROW((void)f(), passing_failure);
}

TEST_F(memo_stale_test, other_failures_are_thrown_at_once) {
  const auto f = make();
  (void)f();
  fails_ = true;
  is_passing_ = false;
  pass(10s);
  EXPECT_THROW((void)f(), std::logic_error);
  is_passing_ = true;
  EXPECT_EQ(*f(), 1);
}

TEST_F(memo_stale_test, a_refresh_never_gets_the_old_one) {
  const auto f = make();
  (void)f();
  fails_ = true;
  EXPECT_THROW((void)f.refresh(), passing_failure);
  EXPECT_EQ(*f(), 1);
}

TEST_F(memo_test, wrong_options_are_refused) {
  const auto failure = [this](memo_options how) -> std::string {
    try {
      (void)memoize([] { return 1; }, std::move(how), cache_);
    } catch (const error& why) {
      EXPECT_EQ(why.kind(), error_kind::invalid_argument);
      return why.what();
    }
    return "accepted";
  };
  EXPECT_NE(failure({.max_age = -1s}).find("max_age is negative"), std::string::npos);
  EXPECT_NE(failure({.max_entries = 0}).find("max_entries is 0"), std::string::npos);
  EXPECT_NE(failure({.stale_if_error = -1s}).find("stale_if_error is negative"), std::string::npos);
}

TEST_F(memo_test, results_end_where_they_are_forgotten) {
  const auto f =
      memoize([](int) { return std::make_shared<int>(5); }, {.max_age = forever}, cache_);
  const auto watch = [&](int n) { return std::weak_ptr<int>(*f(n)); };
  const auto first = watch(1);
  EXPECT_FALSE(first.expired());
  f.invalidate(1);
  EXPECT_TRUE(first.expired());
  const auto second = watch(2);
  f.clear();
  EXPECT_TRUE(second.expired());
  std::weak_ptr<int> third;
  {
    const auto g = memoize([] { return std::make_shared<int>(5); }, {.max_age = forever}, cache_);
    third = *g();
    EXPECT_FALSE(third.expired());
  }
  EXPECT_TRUE(third.expired());
}

TEST_F(memo_test, results_end_without_a_lock) {
  // Their destructors may call memoised functions.
  const auto inner = memoize([this] { return ++calls_; }, {.max_age = 0s}, cache_);
  struct result {
    explicit result(std::function<void()> then) : at_end(std::move(then)) {}
    result(result&& other) noexcept : at_end(std::exchange(other.at_end, nullptr)) {}
    ~result() {
      if (at_end) at_end();
    }
    std::function<void()> at_end;
  };
  const auto f = memoize([&](int) { return result([&] { (void)inner(); }); },
                         {.max_age = forever, .max_entries = 1}, cache_);
  (void)f(1);
  (void)f(2);
  (void)f(3);
  (void)f.refresh(3);
  f.invalidate(3);
  (void)f(4);
  f.clear();
  std::thread([&] { (void)f(5); }).join();
  f.clear();
  EXPECT_GT(calls_, 0);
}

}  // namespace
}  // namespace lambda_cache::test
