// A fork in the middle of everything. The child's half runs on a real fork, because that is where
// a lock held by another thread or a thread that does not exist would show.
#include "support/engine_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace lambda_cache::cache {
namespace {

using test::forced;
using test::reader;

class engine_fork : public test::engine_fixture {
 protected:
  /// Runs `check` in a forked child: 0 if it returned true there.
  template <class Check>
  int in_child(Check check) {
    engine().before_fork();
    const pid_t child = ::fork();
    if (child == 0) {
      engine().after_fork_in_child(99);
      ::_exit(check() ? 0 : 1);
    }
    engine().after_fork_in_parent();
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  entry_ptr e_ = open("/a");
};

TEST_F(engine_fork, child_keeps_the_values) {
  load(e_, "one");
  EXPECT_EQ(in_child([&] { return read(e_).text() == "one"; }), 0);
}

TEST_F(engine_fork, child_drops_flights_and_flies_its_own) {
  (void)read(e_);
  (void)take_one();
  (void)read(e_, forced);
  (void)read(open("/queued"));
  EXPECT_EQ(in_child([&] {
              if (engine().count().flights != 0 || !take().empty()) return false;
              const reader own = read(e_);
              const flight_ptr flying = take_one();
              complete(flying, "child's");
              return own.text() == "child's" && engine().count().flights == 0;
            }),
            0);
}

TEST_F(engine_fork, late_result_of_a_flight_from_before_is_ignored_in_the_child) {
  (void)read(e_);
  const flight_ptr flying = take_one();
  EXPECT_EQ(in_child([&] {
              complete(flying, "parent's");
              return read(e_).waits() && engine().count().flights == 1;
            }),
            0);
}

TEST_F(engine_fork, waiters_of_the_parent_are_left_alone_in_the_child) {
  const reader r = read(e_);
  (void)take_one();
  EXPECT_EQ(in_child([&] { return r.who->outcomes.empty() && r.who.use_count() == 2; }), 0)
      << "neither called nor destroyed";
}

TEST_F(engine_fork, ticket_from_before_is_cancelled_in_the_child_and_not_waited_for) {
  const reader r = read(e_);
  (void)take_one();
  EXPECT_EQ(in_child([&] {
              const auto left = leave(r);
              return left && left->failure && left->failure->kind == error_kind::cancelled;
            }),
            0);
}

TEST_F(engine_fork, abandoned_flights_of_the_parent_are_no_work_of_the_child) {
  const reader r = read(e_);
  (void)take_one();
  (void)leave(r);
  EXPECT_EQ(in_child([&] { return take().empty() && abandoned.empty(); }), 0);
}

TEST_F(engine_fork, child_remembers_failures_and_invalidates) {
  load_then_fail(e_, "one");
  EXPECT_EQ(in_child([&] {
              if (read(e_).from() != origin::stale) return false;
              engine().invalidate(e_);
              return read(e_).waits();
            }),
            0);
}

TEST_F(engine_fork, parent_goes_on_as_if_nothing_had_happened) {
  const reader before = read(e_);
  const flight_ptr flying = take_one();
  const reader next = read(e_, forced);
  EXPECT_EQ(in_child([] { return true; }), 0);
  complete(flying, "one");
  EXPECT_EQ(before.text(), "one");
  complete(take_one(), "two");
  EXPECT_EQ(next.text(), "two");
}

TEST_F(engine_fork, child_may_fork_again) {
  load(e_, "one");
  EXPECT_EQ(in_child([&] {
              (void)read(e_, forced);
              return in_child([&] {
                       return read(e_).text() == "one" && engine().count().flights == 0;
                     }) == 0;
            }),
            0);
}

}  // namespace
}  // namespace lambda_cache::cache
