#include "net/io_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lambda_cache::net {
namespace {

using namespace std::chrono_literals;

core::deadline from_now(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}

TEST(io_loop, runs_posted_tasks_in_order) {
  io_loop loop;
  std::vector<int> order;
  loop.post([&] { order.push_back(1); });
  loop.post([&] { order.push_back(2); });
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(io_loop, takes_tasks_from_other_threads) {
  io_loop loop;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int task = 0; task < 1000; ++task) {
        loop.post([&] {
          if (++count == 4000) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& one : threads)
    one.join();
  EXPECT_EQ(count, 4000);
}

TEST(io_loop, runs_timers_by_time_not_by_order_of_setting) {
  io_loop loop;
  std::vector<int> order;
  loop.at(from_now(30ms), [&] {
    order.push_back(3);
    loop.stop();
  });
  loop.at(from_now(10ms), [&] { order.push_back(1); });
  loop.at(from_now(20ms), [&] { order.push_back(2); });
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(io_loop, a_timer_in_the_past_runs_from_the_loop) {
  io_loop loop;
  bool ran = false;
  loop.post([&] {
    loop.at(from_now(-1h), [&] {
      ran = true;
      loop.stop();
    });
    EXPECT_FALSE(ran);
  });
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(io_loop, a_cancelled_timer_is_destroyed_unrun) {
  io_loop loop;
  auto held = std::make_shared<int>();
  bool ran = false;
  const auto id = loop.at(from_now(5ms), [&ran, held] { ran = true; });
  loop.cancel(id);
  EXPECT_EQ(held.use_count(), 1);
  loop.cancel(id);
  loop.cancel(12345);
  loop.at(from_now(20ms), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(io_loop, timers_may_cancel_and_set_timers) {
  io_loop loop;
  int ran = 0;
  io_loop::timer_id second = 0;
  const auto when = from_now(5ms);
  loop.at(when, [&] {
    ++ran;
    loop.cancel(second);
    loop.at(when, [&] {
      ++ran;
      loop.stop();
    });
  });
  second = loop.at(when, [&] { ran += 100; });
  loop.run();
  EXPECT_EQ(ran, 2);
}

TEST(io_loop, a_timer_without_end_never_runs) {
  io_loop loop;
  bool ran = false;
  loop.at(core::no_deadline, [&] { ran = true; });
  loop.at(from_now(5ms), [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
}

struct late_note final : io_loop::late {
  std::function<void()> run;
  bool dropped = false;
  void run_late() override { run(); }
  void drop_late() noexcept override { dropped = true; }
};

TEST(io_loop, what_is_put_off_runs_after_its_task_in_order) {
  io_loop loop;
  std::vector<int> order;
  late_note first, second, third;
  first.run = [&] {
    order.push_back(2);
    loop.soon(third);  // not before others had their turn
  };
  second.run = [&] { order.push_back(3); };
  third.run = [&] {
    order.push_back(5);
    loop.stop();
  };
  loop.post([&] {
    loop.soon(first);
    loop.soon(second);
    loop.post([&] { order.push_back(4); });
    order.push_back(1);
  });
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4, 5}));
  EXPECT_FALSE(third.dropped);
}

TEST(io_loop, what_was_put_off_is_dropped_with_it) {
  late_note note;
  {
    io_loop loop;
    loop.soon(note);
  }
  EXPECT_TRUE(note.dropped);
}

TEST(io_loop, a_signal_runs_its_task_for_each_time_it_is_raised_later) {
  io_loop loop;
  std::atomic<int> ran{0};
  loop.on_signal([&] { ++ran; });
  loop.raise();
  loop.raise();
  std::thread runs([&] { loop.run(); });
  while (ran != 1)
    std::this_thread::yield();
  loop.raise();
  while (ran != 2)
    std::this_thread::yield();
  loop.post([&] { loop.stop(); });
  runs.join();
  EXPECT_EQ(ran, 2);
}

TEST(io_loop, goes_on_after_what_a_task_threw) {
  io_loop loop;
  std::vector<std::string> failures;
  const auto thrower = [](const char* what) { return [what] { throw std::runtime_error(what); }; };
  late_note note;
  note.run = thrower("late");
  loop.on_signal(thrower("signal"));
  loop.raise();
  loop.post([&] {
    loop.soon(note);
    throw std::runtime_error("posted");
  });
  loop.at(from_now(1ms), [&] {
    try {
      throw std::runtime_error("noted");
    } catch (...) {
      loop.note_failure();
    }
  });
  loop.at(from_now(2ms), thrower("timer"));
  loop.at(from_now(50ms), [&] { loop.stop(); });
  loop.run([&] {
    try {
      throw;
    } catch (const std::exception& thrown) {
      failures.emplace_back(thrown.what());
    }
  });
  // Several of one turn are one failure.
  EXPECT_FALSE(failures.empty());
  EXPECT_EQ(failures.back(), "timer");
}

TEST(io_loop, without_anybody_to_tell_it_ends_with_what_a_task_threw) {
  io_loop loop;
  loop.post([] { throw std::runtime_error("x"); });
  EXPECT_THROW(loop.run(), std::runtime_error);
}

TEST(io_loop, destroys_what_never_ran) {
  auto held = std::make_shared<int>();
  {
    io_loop loop;
    loop.post([held] {});
    loop.at(core::no_deadline, [held] {});
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(io_loop, tasks_destroyed_with_it_may_still_use_it) {
  struct user {
    io_loop& loop;
    io_loop::timer_id timer;
    ~user() {
      loop.cancel(timer);
      loop.post([] {});
    }
  };
  io_loop loop;
  auto in_timer = std::make_shared<user>(loop, loop.at(core::no_deadline, [] {}));
  loop.at(core::no_deadline, [in_timer] {});
  auto posted = std::make_shared<user>(loop, loop.at(core::no_deadline, [] {}));
  loop.post([posted] {});
}

}  // namespace
}  // namespace lambda_cache::net
