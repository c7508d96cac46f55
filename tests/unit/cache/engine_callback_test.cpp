// Foreign code — waiters, values, sources, wake — runs without the engine's lock, so it may call
// back. A lock held by mistake shows as a deadlock: the test runs into its time limit.
#include "support/engine_fixture.hpp"

#include <thread>

namespace lambda_cache::cache {
namespace {

using test::forced;
using test::reader;

class engine_callback : public test::engine_fixture {
 protected:
  /// Whether the engine's lock is free, also for another thread.
  static bool lock_is_free(const cache::engine& of) {
    std::thread([&] { (void)of.count(); }).join();
    return true;
  }
  /// A value that asks the engine something when it is destroyed.
  std::shared_ptr<const void> calling_value() {
    return {new int(0), [this, &in = engine()](const int* value) {
              delete value;
              ++destroyed_;
              (void)in.count();
              EXPECT_TRUE(lock_is_free(in));
            }};
  }
  void load_calling_value(const entry_ptr& into) {
    (void)read(into, forced);
    engine().complete(take_one(), {calling_value(), 10, time.clocks()}, time.now());
  }

  entry_ptr e_ = open("/a");
  int destroyed_ = 0;
};

TEST_F(engine_callback, waiter_may_read_again_when_it_is_settled) {
  const reader first = read(e_);
  std::optional<reader> inner;
  first.who->on_settled = [&] {
    EXPECT_TRUE(lock_is_free(engine()));
    inner = read(e_);
  };
  complete(take_one(), "one");
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(inner->from(), origin::hit) << "the value is there before its waiters are told";
}

TEST_F(engine_callback, waiter_may_force_a_refresh_when_it_fails) {
  const reader first = read(e_);
  std::optional<reader> inner;
  first.who->on_settled = [&] {
    EXPECT_TRUE(lock_is_free(engine()));
    inner = read(e_, forced);
  };
  fail(take_one(), test::passing_error());
  ASSERT_TRUE(inner.has_value());
  complete(take_one(), "one");
  EXPECT_EQ(inner->text(), "one");
}

TEST_F(engine_callback, waiter_may_invalidate_and_clear) {
  const reader first = read(e_);
  first.who->on_settled = [&] {
    engine().invalidate(e_);
    engine().clear();
  };
  complete(take_one(), "one");
  EXPECT_EQ(first.text(), "one");
  EXPECT_EQ(engine().count().entries, 0U);
}

TEST_F(engine_callback, wake_may_take_the_work) {
  cache::engine* inside = nullptr;
  std::vector<flight_ptr> started;
  const test::fake_time now;
  cache::engine own(
      {},
      [&] {
        for (auto& batch : inside->take_work(now.now()).start)
          for (auto& flight : batch.flights)
            started.push_back(flight);
      },
      1);
  inside = &own;
  const entry_ptr e = own.open("k", "/a", std::make_shared<test::fake_source>());
  const read_request one[] = {{.target = e}};
  (void)own.read(one, std::make_shared<test::recording_waiter>(), now.now());
  ASSERT_EQ(started.size(), 1U);
  own.fail(started[0], test::passing_error(), now.now());
}

TEST_F(engine_callback, replaced_value_is_destroyed_outside_the_lock) {
  load_calling_value(e_);
  load(e_, "plain");
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(engine_callback, invalidated_value_is_destroyed_outside_the_lock) {
  load_calling_value(e_);
  engine().invalidate(e_);
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(engine_callback, cleared_values_are_destroyed_outside_the_lock) {
  load_calling_value(e_);
  load_calling_value(open("/b"));
  engine().clear();
  EXPECT_EQ(destroyed_, 2);
}

TEST_F(engine_callback, dropped_not_found_value_is_destroyed_outside_the_lock) {
  load_calling_value(e_);
  (void)read(e_, forced);
  fail(take_one(), test::definite_error(error_kind::not_found));
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(engine_callback, evicted_value_is_destroyed_outside_the_lock) {
  make_engine({.max_entries = 1});
  load_calling_value(open("/b"));
  load(open("/c"), "plain");
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(engine_callback, value_of_an_abandoned_flight_is_destroyed_outside_the_lock) {
  const reader r = read(e_);
  const flight_ptr flying = take_one();
  (void)leave(r);
  engine().complete(flying, {calling_value(), 10, time.clocks()}, time.now());
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(engine_callback, oversized_value_lives_as_long_as_its_readers) {
  make_engine({.max_entries = 10, .max_bytes = 5});
  const entry_ptr e = open("/big");
  {
    const reader r = read(e);
    engine().complete(take_one(), {calling_value(), 10, time.clocks()}, time.now());
    EXPECT_EQ(destroyed_, 0);
    EXPECT_TRUE(r.outcome().ok());
  }
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(engine_callback, values_go_before_the_engine_though_their_entry_is_held) {
  load_calling_value(e_);
  destroy_engine();
  EXPECT_EQ(destroyed_, 1);
}

class calling_waiter : public test::recording_waiter {
 public:
  explicit calling_waiter(cache::engine& in) : in_(in) {}
  ~calling_waiter() override { (void)in_.count(); }

 private:
  cache::engine& in_;
};

TEST_F(engine_callback, waiter_that_dies_with_its_place_is_destroyed_outside_the_lock) {
  const read_request one[] = {request(e_)};
  auto admitted = engine().read(one, std::make_shared<calling_waiter>(engine()), time.now());
  EXPECT_TRUE(engine().leave(admitted[0].place, time.now()).has_value());
}

TEST_F(engine_callback, waiter_lives_until_it_is_settled) {
  std::weak_ptr<test::recording_waiter> alive;
  {
    const auto who = std::make_shared<test::recording_waiter>();
    alive = who;
    const read_request one[] = {request(e_)};
    (void)engine().read(one, who, time.now());
  }
  const flight_ptr flying = take_one();
  EXPECT_FALSE(alive.expired());
  complete(flying, "one");
  EXPECT_TRUE(alive.expired());
}

class calling_source : public test::fake_source {
 public:
  explicit calling_source(cache::engine& in) : in_(in) {}
  ~calling_source() override { (void)in_.count(); }

 private:
  cache::engine& in_;
};

TEST_F(engine_callback, source_that_goes_with_its_last_entry_is_destroyed_outside_the_lock) {
  make_engine({.max_entries = 1});
  auto source = std::make_shared<calling_source>(engine());
  const std::weak_ptr<cache::source> alive = source;
  (void)engine().open("k", "/a", source);
  source.reset();
  EXPECT_FALSE(alive.expired());
  for (int i = 0; i < 100; ++i)
    (void)open(std::to_string(i));
  EXPECT_TRUE(alive.expired());
}

TEST_F(engine_callback, readers_that_still_wait_when_the_engine_goes_are_cancelled) {
  const reader waits = read(e_);
  (void)take_one();
  const reader waits_for_next = read(e_, forced);
  const reader queued = read(open("/b"));
  e_.reset();
  destroy_engine();
  for (const reader* r : {&waits, &waits_for_next, &queued})
    EXPECT_EQ(r->failure(), error_kind::cancelled);
}

}  // namespace
}  // namespace lambda_cache::cache
