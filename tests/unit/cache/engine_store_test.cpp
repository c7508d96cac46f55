// What is kept: entries, bounds, least recently used, accounts.
#include "support/engine_fixture.hpp"

namespace lambda_cache::cache {
namespace {

using core::second;
using test::forced;
using test::reader;

class engine_store : public test::engine_fixture {
 protected:
  [[nodiscard]] bool kept(const entry_ptr& e) { return engine().current(*e).first != nullptr; }
};

TEST_F(engine_store, one_key_is_one_entry) {
  const auto source = std::make_shared<test::fake_source>();
  const entry_ptr a = engine().open("key", "/a", source);
  EXPECT_EQ(engine().open("key", "/a", source), a);
  EXPECT_NE(engine().open("other key", "/a", source), a);
  EXPECT_EQ(a->key, "key");
  EXPECT_EQ(a->locator, "/a");
  EXPECT_EQ(a->origin, source);
}

TEST_F(engine_store, least_recently_used_entry_goes_first) {
  make_engine({.max_entries = 3});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  const entry_ptr c = open("/c");
  const entry_ptr d = open("/d");
  for (const entry_ptr& e : {a, b, c}) {
    load(e, "x");
    time.pass(second);
  }
  (void)read(a);  // used again: b is the oldest now
  time.pass(second);
  load(d, "x");
  EXPECT_TRUE(kept(a));
  EXPECT_FALSE(kept(b));
  EXPECT_TRUE(kept(c));
  EXPECT_TRUE(kept(d));
  EXPECT_EQ(engine().count().evictions, 1U);
  EXPECT_EQ(engine().count().entries, 3U);
}

TEST_F(engine_store, slot_hit_counts_as_use) {
  make_engine({.max_entries = 2});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  load(a, "x");
  time.pass(second);
  load(b, "x");
  time.pass(second);
  a->touch(time.clocks().mono);  // what slot::is_hit() does
  load(open("/c"), "x");
  EXPECT_TRUE(kept(a));
  EXPECT_FALSE(kept(b));
}

TEST_F(engine_store, newcomer_is_not_evicted_for_itself) {
  make_engine({.max_entries = 1});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  load(a, "x");
  load(b, "x");  // within the same second: equally recently used
  EXPECT_FALSE(kept(a));
  EXPECT_TRUE(kept(b));
}

TEST_F(engine_store, bytes_are_bounded) {
  make_engine({.max_entries = 100, .max_bytes = 100});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  const entry_ptr c = open("/c");
  load(a, "x", 40);
  time.pass(second);
  load(b, "x", 60);
  EXPECT_TRUE(kept(a)) << "100 of 100 bytes fit";
  time.pass(second);
  load(c, "x", 61);
  EXPECT_FALSE(kept(a));
  EXPECT_FALSE(kept(b));
  EXPECT_TRUE(kept(c));
  EXPECT_EQ(engine().count().evictions, 2U);
  EXPECT_EQ(engine().count().bytes, 61U);
}

TEST_F(engine_store, replaced_value_gives_its_bytes_back) {
  make_engine({.max_entries = 100, .max_bytes = 100});
  const entry_ptr a = open("/a");
  load(a, "big", 90);
  load(a, "small", 10);
  EXPECT_EQ(engine().count().bytes, 10U);
  EXPECT_EQ(engine().count().entries, 1U);
  load(a, "big", 95);
  EXPECT_EQ(engine().count().bytes, 95U);
  EXPECT_EQ(engine().count().evictions, 0U);
}

TEST_F(engine_store, value_larger_than_the_cache_is_returned_not_kept_and_counted) {
  make_engine({.max_entries = 100, .max_bytes = 100});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  load(b, "other", 50);
  load(a, "old", 10);
  const reader r = read(a, forced);
  complete(take_one(), "huge", 101);
  EXPECT_EQ(r.text(), "huge");
  EXPECT_FALSE(kept(a)) << "neither the huge value nor the one it superseded";
  EXPECT_TRUE(kept(b)) << "nobody is evicted for a value that is not kept";
  EXPECT_EQ(engine().count().oversized, 1U);
  EXPECT_EQ(engine().count().evictions, 0U);
}

TEST_F(engine_store, value_as_large_as_the_cache_is_kept) {
  make_engine({.max_entries = 100, .max_bytes = 100});
  const entry_ptr a = open("/a");
  load(a, "x", 100);
  EXPECT_TRUE(kept(a));
  EXPECT_EQ(engine().count().oversized, 0U);
}

TEST_F(engine_store, cache_of_no_entries_keeps_nothing) {
  make_engine({.max_entries = 0});
  const entry_ptr a = open("/a");
  load(a, "x");
  EXPECT_FALSE(kept(a));
  load(a, "y");
}

TEST_F(engine_store, evicted_entry_loads_again) {
  make_engine({.max_entries = 1});
  const entry_ptr a = open("/a");
  load(a, "x");
  const auto generation = engine().current(*a).second;
  load(open("/b"), "y");
  EXPECT_NE(engine().current(*a).second, generation);
  const reader r = read(a);
  EXPECT_TRUE(r.waits());
  complete(take_one(), "z");
  EXPECT_EQ(r.text(), "z");
}

TEST_F(engine_store, eviction_during_a_flight_does_not_concern_the_flight) {
  make_engine({.max_entries = 1});
  const entry_ptr a = open("/a");
  const entry_ptr b = open("/b");
  load(a, "old");
  time.pass(60 * second);
  const reader r = read(a);
  const flight_ptr flying = take_one();
  load(b, "b");
  EXPECT_FALSE(kept(a));
  complete(flying, "new");
  EXPECT_EQ(r.text(), "new");
  EXPECT_TRUE(kept(a)) << "eviction is no invalidation";
}

// Names that come and go (an agent asked for anything) must not grow the table for ever.
TEST_F(engine_store, entries_that_nobody_holds_and_that_hold_nothing_are_swept) {
  make_engine({.max_entries = 10});
  const auto source = std::make_shared<test::fake_source>();
  std::weak_ptr<entry> first = engine().open("first", "/first", source);
  const entry_ptr held = engine().open("held", "/held", source);
  for (int i = 0; i < 100; ++i)
    (void)engine().open(std::to_string(i), "/x", source);
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(engine().open("held", "/held", source), held);
}

TEST_F(engine_store, clearing_out_forgets_entries_that_nobody_holds) {
  const entry_ptr held = engine().open("held", "/held", std::make_shared<test::fake_source>());
  auto source = std::make_shared<test::fake_source>();
  (void)engine().open("other", "/other", source);
  const std::weak_ptr<test::fake_source> kept = source;
  source.reset();
  engine().clear();
  EXPECT_FALSE(kept.expired());
  engine().clear_out();
  EXPECT_TRUE(kept.expired());
  EXPECT_EQ(engine().open("held", "/held", nullptr), held);
}

TEST_F(engine_store, sweeping_spares_values_and_flights) {
  make_engine({.max_entries = 10});
  const auto source = std::make_shared<test::fake_source>();
  const auto who = std::make_shared<test::recording_waiter>();
  const auto begin = [&](const char* key) {
    const read_request one[] = {{.target = engine().open(key, key, source)}};
    (void)engine().read(one, who, time.now());
  };
  begin("with value");
  // Not by the fixture, which would hold the flight and so the entry.
  engine().complete(engine().take_work(time.now()).start.at(0).flights.at(0),
                    {std::make_shared<const std::string>("value"), 10, time.clocks()}, time.now());
  begin("running");
  const flight_ptr running = take_one();
  begin("queued");
  for (int i = 0; i < 100; ++i)
    (void)engine().open(std::to_string(i), "/x", source);

  EXPECT_NE(engine().open("with value", "", source)->current, nullptr);
  EXPECT_EQ(engine().open("running", "", source)->running, running);
  EXPECT_NE(engine().open("queued", "", source)->next, nullptr);
  complete(running, "r");
  complete(take_one(), "q");
  EXPECT_EQ(who->outcomes.size(), 3U);
  EXPECT_EQ(engine().count().entries, 3U);
  engine().clear();
}

TEST_F(engine_store, many_held_entries_do_not_make_every_open_a_sweep) {
  make_engine({.max_entries = 1});
  std::vector<entry_ptr> held;
  held.reserve(4'000);
  for (int i = 0; i < 4'000; ++i)
    held.push_back(open(std::to_string(i)));
  for (int i = 0; i < 4'000; i += 997)
    EXPECT_EQ(open(std::to_string(i)), held[static_cast<std::size_t>(i)]);
}

TEST_F(engine_store, counters_tell_reads_and_flights_apart) {
  const entry_ptr a = open("/a");
  (void)read(a);
  (void)read(a);
  complete(take_one(), "one", 5);
  (void)read(a);
  (void)read(open("/b"));
  fail(take_one(), test::definite_error(error_kind::not_found));
  (void)read(open("/b"));
  (void)read(open("/c"));
  const counters now = engine().count();
  EXPECT_EQ(now.misses, 3U);
  EXPECT_EQ(now.joins, 1U);
  EXPECT_EQ(now.hits, 1U);
  EXPECT_EQ(now.loads, 1U);
  EXPECT_EQ(now.failures, 1U);
  EXPECT_EQ(now.negative, 1U);
  EXPECT_EQ(now.entries, 1U);
  EXPECT_EQ(now.bytes, 5U);
  EXPECT_EQ(now.flights, 1U);
}

TEST_F(engine_store, current_gives_the_value_with_its_generation) {
  const entry_ptr a = open("/a");
  load(a, "one");
  const auto [one, first] = engine().current(*a);
  load(a, "two");
  const auto [two, second_generation] = engine().current(*a);
  EXPECT_EQ(*one->as<std::string>(), "one") << "a snapshot taken stays as it is";
  EXPECT_EQ(*two->as<std::string>(), "two");
  EXPECT_NE(first, second_generation);
  EXPECT_EQ(a->generation.load(), second_generation);
}

}  // namespace
}  // namespace lambda_cache::cache
