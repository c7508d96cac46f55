// A run of random operations on an engine, checked against the reference after each one.
#pragma once

#include "support/engine_fixture.hpp"
#include "unit/cache/engine_reference.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace lambda_cache::cache {

class model_run : public test::engine_fixture {
 protected:
  void run(std::uint64_t seed, long steps);
  [[nodiscard]] long steps_done() const { return step_; }

 private:
  struct asked_reader {
    reference::question q;
    std::shared_ptr<test::recording_waiter> who;
    std::size_t index = 0;
    admission admitted;
    bool done = false;
    bool forked = false;
  };
  struct flown {
    flight_ptr flight;
    reference::sent_request request;
    snapshot_ptr known;  // what a conditional request is based on
    std::optional<error_kind> failed_with;
  };
  /// What the engine's counters should say.
  struct tally {
    std::uint64_t hits = 0;
    std::uint64_t waits = 0;  // misses and joins
    std::uint64_t stale = 0;
    std::uint64_t negative = 0;
    std::uint64_t ended = 0;  // loads, revalidations and failures
  };
  /// The flights of all entries, as they were before an operation.
  struct flights_before {
    std::vector<flight_ptr> running;
    std::vector<flight_ptr> next;
  };

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  core::nanos one_of(std::initializer_list<core::nanos> options) {
    return options.begin()[pick(options.size())];
  }

  void step();
  void let_time_pass();
  void ask();
  void look_at_some();
  void prefetch_some();
  void start_work();
  void settle_some_flight();
  void abort_some();
  void abort_one(const flight_ptr& broken, error_kind kind);
  void expect_aborted(const flight_ptr& broken, error_kind kind);
  [[nodiscard]] bool somebody_is_told(const flight_ptr& failing);
  void depart();
  void fork_here();
  void invalidate_some();
  void clear_out();

  [[nodiscard]] reference::question random_question();
  [[nodiscard]] read_request request_of(const reference::question& q) const;
  [[nodiscard]] flights_before flights_now() const;
  [[nodiscard]] std::size_t index_of(const entry_ptr& which) const;

  void check_ahead(const std::vector<reference::question>& questions,
                   const std::vector<admission>& admitted, const flights_before& before);
  void check_prefetched(const std::vector<reference::question>& questions,
                        const flights_before& before);
  void check_at_once(const reference::question& q, const outcome& got);
  void check_arrivals();
  void check_late(asked_reader& r, const outcome& got);
  void check_left(asked_reader& r, const outcome& got);
  void check_stale(const reference::question& q, const outcome& got);
  void check_table();
  void check_counters();
  void finish();

  [[nodiscard]] reference::reference_entry& expected(const reference::question& q) {
    return references_[q.entry];
  }
  [[nodiscard]] static int number_of(const outcome& got) { return *got.value->as<int>(); }

  std::mt19937_64 random_;
  long step_ = 0;
  bool bounded_ = false;
  bool wall_may_go_back_ = false;
  std::vector<entry_ptr> known_;
  std::vector<reference::reference_entry> references_;
  std::vector<asked_reader> open_;
  std::vector<flown> flights_;  // ever started, the last hundred of them
  std::map<const flight*, std::size_t> entry_of_;
  std::vector<flight_ptr> ahead_;  // started behind a reader, not settled yet
  int next_number_ = 0;
  tally expected_;
  int wakes_at_take_ = 0;
  bool gathering_ = false;  // prefetch() queued something; nobody has to be woken for it yet
  int undeclared_ = 0;
};

}  // namespace lambda_cache::cache
