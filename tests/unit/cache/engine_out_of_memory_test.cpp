// Every allocation inside the engine fails once, in turn. Whatever happens: no reader is lost, no
// flight is stuck, the accounts balance.
#include "support/engine_fixture.hpp"
#include "support/failing_allocations.hpp"

#include <array>
#include <new>

namespace lambda_cache::cache {
namespace {

using core::second;
using test::allocations_left;
using test::forced;
using test::reader;

/// Keeps its outcomes without allocating.
class counting_waiter : public waiter {
 public:
  void settled(std::size_t index, outcome /*result*/) noexcept override { ++settled_.at(index); }
  std::array<int, 8> settled_{};
};

class engine_out_of_memory : public test::engine_fixture {
 protected:
  /// Runs `operation` on a fresh state with the first, second, ... allocation failing, until it
  /// gets through; after each failure `check` looks at what is left.
  template <class Prepare, class Operation, class Check>
  void fail_each_allocation(Prepare prepare, Operation operation, Check check) {
    for (long nth = 0;; ++nth) {
      ASSERT_LT(nth, 1'000);
      SCOPED_TRACE("allocation " + std::to_string(nth) + " fails");
      TearDown();
      make_engine({.max_entries = 2});
      prepare();
      allocations_left = nth;
      bool failed = false;
      try {
        operation();
      } catch (const std::bad_alloc&) {
        failed = true;
      }
      const bool all_through = allocations_left >= 0;
      allocations_left = -1;
      check(failed);
      expect_accounts_balance();
      if (HasFatalFailure() || all_through) {
        EXPECT_GT(nth, 0) << "nothing was allocated: the test tests nothing";
        return;
      }
    }
  }
};

TEST_F(engine_out_of_memory, failed_read_leaves_no_place_behind) {
  entry_ptr a, b, c;
  flight_ptr running;
  std::shared_ptr<counting_waiter> who;
  std::vector<read_request> requests;
  std::vector<admission> admitted;
  fail_each_allocation(
      [&] {
        a = open("/a");
        b = open("/b");
        c = open("/c");
        load(c, "c");
        (void)read(a);
        running = take_one();
        who = std::make_shared<counting_waiter>();
        requests = {request(a), request(b), request(c), request(b, forced), request(a, forced)};
        admitted.clear();
        wakes = 0;
      },
      [&] { admitted = engine().read(requests, who, time.now()); },
      [&](bool failed) {
        EXPECT_EQ(admitted.empty(), failed);
        EXPECT_EQ(engine().count().flights, failed ? 1U : 3U) << "none without a waiter";
        complete(running, "a");
        for (const flight_ptr& flight : take())
          complete(flight, "x");
        const int expected = failed ? 0 : 1;
        for (const std::size_t i : {0U, 1U, 3U, 4U})
          EXPECT_EQ(who->settled_[i], expected) << i;
        EXPECT_EQ(engine().count().flights, 0U);
        // Whoever comes next is served: nothing is stuck in the queue without a wake.
        wakes = 0;
        const reader next = read(b, forced);
        EXPECT_EQ(wakes, 1);
        complete(take_one(), "next");
        EXPECT_EQ(next.text(), "next");
      });
}

TEST_F(engine_out_of_memory, refresh_ahead_is_left_out_or_gets_its_wake) {
  entry_ptr a, b;
  std::vector<read_request> requests;
  auto who = std::make_shared<counting_waiter>();
  fail_each_allocation(
      [&] {
        a = open("/a");
        b = open("/b");
        load(a, "old");
        time.pass(55 * second);
        requests = {request(a, {.refresh_ahead = 10 * second}), request(b)};
        who = std::make_shared<counting_waiter>();
        wakes = 0;
      },
      [&] { (void)engine().read(requests, who, time.now()); },
      [&](bool failed) {
        const auto starting = take();
        EXPECT_EQ(wakes, starting.empty() ? 0 : 1);
        EXPECT_LE(starting.size(), failed ? 1U : 2U);
        for (const flight_ptr& flight : starting)
          complete(flight, "new");
        EXPECT_EQ(engine().count().flights, 0U);
        EXPECT_EQ(read(a).from(), origin::hit);
      });
}

TEST_F(engine_out_of_memory, failed_take_work_leaves_the_work_for_later) {
  std::vector<reader> readers;
  work todo;
  fail_each_allocation(
      [&] {
        readers.clear();
        todo = {};
        for (const char* name : {"/a", "/b", "/c"})
          readers.push_back(read(open(name)));
        readers.push_back(read(open("/d", std::make_shared<test::fake_source>())));
      },
      [&] { todo = engine().take_work(time.now()); },
      [&](bool failed) {
        if (failed) todo = engine().take_work(time.now());
        ASSERT_EQ(todo.start.size(), 2U);
        for (const auto& batch : todo.start)
          for (const flight_ptr& flight : batch.flights)
            complete(flight, "x");
        for (const reader& r : readers)
          EXPECT_EQ(r.text(), "x");
      });
}

TEST_F(engine_out_of_memory, failed_complete_either_happened_or_leaves_the_flight_to_be_failed) {
  entry_ptr a, b;
  flight_ptr running;
  std::shared_ptr<counting_waiter> who;
  std::shared_ptr<const void> value;
  core::instant now;
  fail_each_allocation(
      [&] {
        a = open("/a");
        load(a, "old");
        time.pass(second);
        load(open("/other"), "x");
        time.pass(second);
        b = open("/b");
        who = std::make_shared<counting_waiter>();
        const read_request twice[] = {request(b), request(b)};
        (void)engine().read(twice, who, time.now());
        running = take_one();
        value = std::make_shared<const std::string>("new");
        now = time.clocks();
      },
      [&] { engine().complete(running, {std::move(value), 10, now}, time.now()); },
      [&](bool failed) {
        EXPECT_EQ(who->settled_[0], failed ? 0 : 1);
        if (failed) fail(running, test::passing_error());
        EXPECT_EQ(who->settled_[0], 1);
        EXPECT_EQ(who->settled_[1], 1);
        EXPECT_EQ(engine().count().flights, 0U);
        load(a, "again");
        load(b, "again");
        EXPECT_LE(engine().count().entries, 2U);
      });
}

TEST_F(engine_out_of_memory, successor_is_queued_whatever_fails) {
  std::vector<flight_ptr> running;
  const auto value = std::make_shared<const std::string>("x");
  fail_each_allocation(
      [&] {
        running.clear();
        for (int i = 0; i < 8; ++i) {
          const entry_ptr e = open(std::to_string(i));
          (void)read(e);
          running.push_back(take_one());
          (void)read(e, forced);
        }
      },
      [&] {
        for (const flight_ptr& flight : running)
          engine().complete(flight, {value, 10, time.clocks()}, time.now());
      },
      [&](bool /*failed*/) {
        for (const flight_ptr& flight : running)
          engine().complete(flight, {value, 10, time.clocks()}, time.now());
        EXPECT_EQ(take().size(), 8U);
      });
}

TEST_F(engine_out_of_memory, failed_fail_leaves_the_flight_to_be_failed) {
  entry_ptr a;
  flight_ptr running;
  std::shared_ptr<counting_waiter> who;
  error_info why = test::definite_error(error_kind::not_found);
  why.message = "long enough to need an allocation of its own, as all messages are";
  fail_each_allocation(
      [&] {
        a = open("/a");
        load(a, "old");
        who = std::make_shared<counting_waiter>();
        const read_request twice[] = {request(a, forced), request(a, forced)};
        (void)engine().read(twice, who, time.now());
        running = take_one();
      },
      [&] { engine().fail(running, why, time.now()); },
      [&](bool failed) {
        EXPECT_EQ(who->settled_[0], failed ? 0 : 1);
        if (failed) fail(running, why);
        EXPECT_EQ(who->settled_[0], 1);
        EXPECT_EQ(who->settled_[1], 1);
        EXPECT_EQ(engine().count().flights, 0U);
        EXPECT_EQ(engine().count().entries, 0U);
        EXPECT_EQ(read(a).failure(), error_kind::not_found);
      });
}

TEST_F(engine_out_of_memory, abort_settles_everybody_whatever_fails) {
  entry_ptr a, b;
  flight_ptr running, queued;
  std::shared_ptr<counting_waiter> who;
  error_info why = test::passing_error();
  why.message = "long enough to need an allocation of its own, as all messages are";
  fail_each_allocation(
      [&] {
        a = open("/a");
        b = open("/b");
        load(a, "old");
        time.pass(61 * second);
        who = std::make_shared<counting_waiter>();
        const read_request of_a[] = {request(a), request(a, forced)};
        (void)engine().read({of_a, 1}, who, time.now());
        running = take_one();
        const read_request later[] = {request(a), request(b), request(a, forced)};
        (void)engine().read(later, who, time.now());
        wakes = 0;
      },
      [&] {
        engine().abort(running, why, time.now());
        engine().abort(running, why, time.now());
      },
      [&](bool failed) {
        EXPECT_FALSE(failed);
        // The first of both readers; the forced one waits for the next flight.
        EXPECT_EQ(who->settled_[0], 2);
        EXPECT_EQ(who->settled_[1], 0);
        EXPECT_EQ(who->settled_[2], 0);
        EXPECT_EQ(wakes, 1);
        EXPECT_EQ(engine().count().flights, 2U);
        EXPECT_EQ(engine().count().stale, 2U);
        EXPECT_EQ(engine().current(*a).first != nullptr, true);
        engine().abort_queued(why, time.now());
        EXPECT_EQ(who->settled_[1], 1);
        EXPECT_EQ(who->settled_[2], 1);
        EXPECT_EQ(engine().count().flights, 0U);
        EXPECT_TRUE(take().empty());
      });
}

TEST_F(engine_out_of_memory, abort_running_leaves_what_is_queued) {
  std::vector<reader> readers;
  error_info why = test::passing_error();
  why.message = "long enough to need an allocation of its own, as all messages are";
  fail_each_allocation(
      [&] {
        readers.clear();
        for (const char* name : {"/a", "/b"})
          readers.push_back(read(open(name)));
        (void)take();
        readers.push_back(read(open("/a"), forced));
        readers.push_back(read(open("/c")));
      },
      [&] { engine().abort_running(why, time.now()); },
      [&](bool /*failed*/) {
        EXPECT_EQ(engine().count().flights, 2U);
        const auto starting = take();
        EXPECT_EQ(starting.size(), 2U);
        for (const flight_ptr& flight : starting)
          complete(flight, "x");
        EXPECT_EQ(readers[2].text(), "x");
        EXPECT_EQ(readers[3].text(), "x");
        EXPECT_EQ(readers[0].failure(), why.kind);
        EXPECT_EQ(readers[1].failure(), why.kind);
      });
}

TEST_F(engine_out_of_memory, failed_leave_can_be_repeated_or_was_enough) {
  entry_ptr a;
  std::optional<reader> r;
  fail_each_allocation(
      [&] {
        a = open("/a");
        r = read(a);
        (void)take_one();
      },
      [&] { (void)leave(*r); },
      [&](bool failed) {
        if (failed) (void)leave(*r);
        EXPECT_EQ(engine().count().flights, 0U);
        EXPECT_TRUE(read(a).waits());
        complete(take_one(), "x");
      });
}

TEST_F(engine_out_of_memory, failed_clear_clears_nothing_and_can_be_repeated) {
  entry_ptr a;
  fail_each_allocation(
      [&] {
        a = open("/a");
        load(a, "x");
        load(open("/b"), "x");
      },
      [&] { engine().clear(); },
      [&](bool failed) {
        EXPECT_EQ(engine().count().entries, failed ? 2U : 0U);
        engine().clear();
        EXPECT_EQ(engine().count().entries, 0U);
        EXPECT_TRUE(read(a).waits());
      });
}

TEST_F(engine_out_of_memory, failed_open_leaves_no_entry_behind) {
  entry_ptr a;
  const auto source = std::make_shared<test::fake_source>();
  fail_each_allocation(
      [&] {
        a.reset();
        for (int i = 0; i < 40; ++i)
          (void)engine().open(std::to_string(i), "/x", source);
      },
      [&] { a = engine().open("a key too long to be stored inside of a string", "/a", source); },
      [&](bool failed) {
        EXPECT_EQ(a == nullptr, failed);
        const entry_ptr again =
            engine().open("a key too long to be stored inside of a string", "/a", source);
        if (a) {
          EXPECT_EQ(again, a);
        }
      });
}

}  // namespace
}  // namespace lambda_cache::cache
