// An engine on fake time with fake sources, and readers whose every outcome is recorded.
#pragma once

#include "cache/engine.hpp"
#include "support/fake_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::test {

/// A source that does nothing: tests settle its flights themselves.
class fake_source : public cache::source {
 public:
  void fetch(std::vector<cache::flight_ptr> /*flights*/) override {}
  void abandon(const cache::flight_ptr& /*flight*/) noexcept override {}
};

class recording_waiter : public cache::waiter {
 public:
  recording_waiter() {
    // So that being settled needs no memory, for tests that have none.
    indices.reserve(8);
    outcomes.reserve(8);
  }
  void settled(std::size_t index, cache::outcome result) noexcept override {
    if (on_settled) on_settled();
    indices.push_back(index);
    outcomes.push_back(std::move(result));
  }
  std::function<void()> on_settled;
  std::vector<std::size_t> indices;
  std::vector<cache::outcome> outcomes;
};

/// One read in a test: what read() said, and what came later.
struct reader {
  std::shared_ptr<recording_waiter> who;
  cache::admission admitted;

  [[nodiscard]] bool settled_at_once() const { return admitted.settled.has_value(); }
  [[nodiscard]] bool waits() const { return !settled_at_once() && who->outcomes.empty(); }
  /// The outcome, wherever it came from.
  [[nodiscard]] const cache::outcome& outcome() const {
    static const cache::outcome none;
    if (admitted.settled) return *admitted.settled;
    EXPECT_EQ(who->outcomes.size(), 1U) << "settled exactly once";
    return who->outcomes.empty() ? none : who->outcomes.front();
  }
  [[nodiscard]] cache::origin from() const { return outcome().from; }
  [[nodiscard]] std::string text() const {
    return outcome().ok() ? *outcome().value->as<std::string>() : "(no value)";
  }
  [[nodiscard]] error_kind failure() const {
    EXPECT_TRUE(outcome().failure.has_value());
    return outcome().failure ? outcome().failure->kind : error_kind::invalid_argument;
  }
};

struct read_options {
  core::nanos max_age = 60 * core::second;
  core::nanos stale_if_error = 300 * core::second;
  core::nanos timeout = 10 * core::second;
  int max_attempts = 3;
  core::nanos refresh_ahead = 0;
};
inline constexpr read_options forced{.max_age = 0};

[[nodiscard]] inline error_info passing_error(error_kind kind = error_kind::throttled) {
  error_info why;
  why.kind = kind;
  why.message = "come back later";
  why.retryable = true;
  return why;
}
[[nodiscard]] inline error_info definite_error(error_kind kind) {
  error_info why;
  why.kind = kind;
  why.message = "no";
  return why;
}

class engine_fixture : public ::testing::Test {
 protected:
  engine_fixture() { make_engine({}); }

  /// Every test ends with an empty flight table and bytes that add up.
  void TearDown() override {
    if (!engine_) return;
    do {
      // Settling what is settled already is harmless.
      for (const auto& flight : std::exchange(taken_, {}))
        engine_->fail(flight, definite_error(error_kind::cancelled), time.now());
    } while (!take().empty());
    expect_accounts_balance();
    EXPECT_EQ(engine_->count().flights, 0U);
    for (const auto& e : distinct_entries())
      EXPECT_TRUE(!e->running && !e->next) << e->locator;
  }

  void make_engine(cache::limits bounds) {
    engine_ = std::make_unique<cache::engine>(bounds, [this] { ++wakes; }, 7);
    entries_.clear();
  }
  void destroy_engine() {
    entries_.clear();
    taken_.clear();
    engine_.reset();
  }
  [[nodiscard]] cache::engine& engine() { return *engine_; }

  cache::entry_ptr open(const std::string& name) { return open(name, source_); }
  cache::entry_ptr open(const std::string& name, const std::shared_ptr<cache::source>& from) {
    auto e = engine_->open("key of " + name, name, from);
    entries_.push_back(e);
    return e;
  }

  [[nodiscard]] cache::read_request request(const cache::entry_ptr& of,
                                            const read_options& how = {}) const {
    return {of,
            how.max_age,
            how.stale_if_error,
            time.in(how.timeout),
            how.max_attempts,
            how.refresh_ahead};
  }
  reader read(const cache::entry_ptr& of, const read_options& how = {}) {
    reader out{std::make_shared<recording_waiter>(), {}};
    const cache::read_request one[] = {request(of, how)};
    out.admitted = std::move(engine_->read(one, out.who, time.now()).at(0));
    return out;
  }
  std::optional<cache::outcome> leave(const reader& of, core::deadline* longer = nullptr) {
    return engine_->leave(of.admitted.place, time.now(), longer);
  }

  /// The flights that are to start now, of all sources.
  std::vector<cache::flight_ptr> take() {
    std::vector<cache::flight_ptr> out;
    cache::work todo = engine_->take_work(time.now());
    for (auto& batch : todo.start)
      for (auto& flight : batch.flights)
        out.push_back(std::move(flight));
    abandoned = std::move(todo.abandoned);
    taken_.insert(taken_.end(), out.begin(), out.end());
    return out;
  }
  /// The one flight that is to start now.
  cache::flight_ptr take_one() {
    auto all = take();
    EXPECT_EQ(all.size(), 1U) << "exactly one flight starts";
    return all.empty() ? nullptr : all.front();
  }

  void complete(const cache::flight_ptr& done, const std::string& text, std::size_t bytes = 10) {
    complete_at(done, text, bytes, time.clocks());
  }
  /// A value whose request was sent at `started`.
  void complete_at(const cache::flight_ptr& done, const std::string& text, std::size_t bytes,
                   const core::instant& started, bool pinned = false, core::nanos expires = 0) {
    engine_->complete(done,
                      {.value = std::make_shared<const std::string>(text),
                       .bytes = bytes,
                       .request_start = started,
                       .pinned = pinned,
                       .expires = expires},
                      time.now());
  }
  void revalidate(const cache::flight_ptr& done, const cache::snapshot_ptr& known,
                  core::nanos expires = 0) {
    engine_->revalidate(done, *known, time.clocks(), expires, time.now());
  }
  void fail(const cache::flight_ptr& done, const error_info& why) {
    engine_->fail(done, why, time.now());
  }
  /// The entry has this value, requested now.
  void load(const cache::entry_ptr& into, const std::string& text, std::size_t bytes = 10) {
    const reader loader = read(into, forced);
    complete(take_one(), text, bytes);
    EXPECT_EQ(loader.text(), text);
  }
  /// The entry has a value, and its refresh has just failed for a passing reason.
  void load_then_fail(const cache::entry_ptr& into, const std::string& text) {
    load(into, text);
    time.pass(60 * core::second);
    (void)read(into);
    fail(take_one(), passing_error());
  }

  void expect_accounts_balance() {
    std::size_t bytes = 0;
    std::size_t with_value = 0;
    for (const auto& e : distinct_entries()) {
      if (!e->current) continue;
      bytes += e->current->bytes;
      ++with_value;
    }
    EXPECT_EQ(engine_->count().bytes, bytes);
    EXPECT_EQ(engine_->count().entries, with_value);
  }

  fake_time time;
  int wakes = 0;
  std::vector<cache::flight_ptr> abandoned;  // as the last take() said

 private:
  [[nodiscard]] std::vector<cache::entry_ptr> distinct_entries() const {
    auto out = entries_;
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  std::shared_ptr<cache::source> source_ = std::make_shared<fake_source>();
  std::unique_ptr<cache::engine> engine_;
  std::vector<cache::entry_ptr> entries_;
  std::vector<cache::flight_ptr> taken_;
};

}  // namespace lambda_cache::test
