// The engine against a reference that fits on a page, under random operations, failures, clock
// faults, departures, invalidations and forks.
#include "unit/cache/engine_model.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

namespace lambda_cache::cache {

using core::millisecond;
using core::nanos;
using core::second;
using namespace reference;

void model_run::run(std::uint64_t seed, long steps) {
  SCOPED_TRACE("LAMBDA_CACHE_MODEL_SEED=" + std::to_string(seed));
  random_.seed(seed);
  bounded_ = pick(3) == 0;
  wall_may_go_back_ = pick(2) == 0;
  make_engine(bounded_ ? limits{.max_entries = 3, .max_bytes = 60} : limits{});
  known_.clear();
  for (const char* name : {"/a", "/b", "/c", "/d", "/e"})
    known_.push_back(open(name));
  references_.assign(known_.size(), {});
  open_.clear();
  flights_.clear();
  ahead_.clear();
  expected_ = {};
  wakes_at_take_ = wakes;
  gathering_ = false;
  for (long i = 0; i < steps && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(step_));
    step();
    check_arrivals();
    check_table();
  }
  if (!HasFailure()) finish();
}

void model_run::step() {
  ++step_;
  switch (pick(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return ask();
    case 5:
    case 6:
    case 7:
      return start_work();
    case 8:
    case 9:
    case 10:
      return settle_some_flight();
    case 11:
    case 12:
      return let_time_pass();
    case 13:
    case 14:
      return depart();
    case 15:
    case 16:
      return look_at_some();
    case 17:
      return prefetch_some();
    case 18:
      return pick(3) == 0 ? abort_some() : let_time_pass();
    default:
      return pick(4) == 0 ? (pick(10) == 0 ? fork_here() : invalidate_some()) : let_time_pass();
  }
}

void model_run::let_time_pass() {
  const nanos by = one_of({1, millisecond, 100 * millisecond, 500 * millisecond, second - 1, second,
                           4 * second, 10 * second, 59 * second, 200 * second});
  switch (pick(12)) {
    case 0:
      return time.freeze(by);
    case 1:
      return time.suspend(by);
    case 2:
      return time.step_wall(wall_may_go_back_ ? -by : by);
    default:
      return time.pass(by);
  }
}

void model_run::ask() {
  const auto who = std::make_shared<test::recording_waiter>();
  std::vector<read_request> requests;
  std::vector<question> questions;
  for (auto left = 1 + pick(3); left > 0; --left) {
    questions.push_back(random_question());
    requests.push_back(request_of(questions.back()));
  }
  const flights_before before = flights_now();
  auto admitted = engine().read(requests, who, time.now());
  gathering_ = false;
  check_ahead(questions, admitted, before);
  for (std::size_t i = 0; i < admitted.size(); ++i) {
    if (admitted[i].settled) {
      check_at_once(questions[i], *admitted[i].settled);
    } else {
      const reference_entry& e = expected(questions[i]);
      EXPECT_FALSE(!bounded_ && questions[i].max_age != 0 && e.kept &&
                   must_be_fresh(*e.kept, time.clocks(), questions[i].max_age))
          << "a fresh value is given at once";
      EXPECT_FALSE(!bounded_ && i == 0 && questions[i].max_age != 0 && e.throttled && e.failed &&
                   must_be_fresh(*e.failed, time.clocks(), 100 * millisecond) &&
                   !before.running[questions[i].entry] && !before.next[questions[i].entry])
          << "asked again at once where it was throttled";
      ++expected_.waits;
      open_.push_back({questions[i], who, i, std::move(admitted[i]), false, false});
    }
  }
}

void model_run::start_work() {
  work todo = engine().take_work(time.now());
  wakes_at_take_ = wakes;
  gathering_ = false;
  for (const auto& batch : todo.start)
    for (const flight_ptr& flying : batch.flights) {
      const std::size_t entry = index_of(flying->target());
      for (const flown& other : flights_)
        EXPECT_FALSE(other.flight != flying && other.flight->target() == flying->target() &&
                     flying->target()->running == other.flight)
            << "two requests of one entry at once";
      flights_.push_back(
          {flying,
           {next_number_++, time.clocks(), step_, references_[entry].invalidations, 0},
           engine().current(*flying->target()).first,
           {}});
      entry_of_[flying.get()] = entry;
    }
  while (flights_.size() > 100) {
    // The oldest must be settled before it is forgotten, or it would run for ever.
    const flight_ptr& oldest = flights_.front().flight;
    if (oldest->target()->running == oldest) ++expected_.ended;
    engine().fail(flights_.front().flight, test::definite_error(error_kind::cancelled), time.now());
    flights_.front().failed_with = error_kind::cancelled;
    check_arrivals();
    std::erase(ahead_, flights_.front().flight);
    entry_of_.erase(flights_.front().flight.get());
    flights_.erase(flights_.begin());
  }
}

void model_run::settle_some_flight() {
  if (flights_.empty()) return;
  // Mostly the latest ones, which are running; sometimes one that was settled long ago.
  const std::size_t back =
      pick(pick(4) == 0 ? flights_.size() : std::min<std::size_t>(3, flights_.size()));
  flown& f = flights_[flights_.size() - 1 - back];
  reference_entry& e = references_[entry_of_.at(f.flight.get())];
  const bool alive = f.flight->target()->running == f.flight;
  const bool counts = alive && f.request.invalidations == e.invalidations;
  std::erase(ahead_, f.flight);
  if (alive) ++expected_.ended;
  if (pick(2) == 0) {
    const bool revalidates = f.known && pick(3) == 0;
    if (alive) {
      f.request.expires =
          pick(3) == 0 ? f.request.at.wall + one_of({-1, 1, second, 10 * second, 60 * second}) : 0;
      if (revalidates) f.request.number = *f.known->as<int>();
    }
    if (counts && !(e.kept && e.kept->at.mono > f.request.at.mono)) {
      e.kept = f.request;
      e.refused.reset();
      e.failed.reset();
    }
    if (revalidates) {
      engine().revalidate(f.flight, *f.known, f.request.at, f.request.expires, time.now());
      const snapshot_ptr now = engine().current(*f.flight->target()).first;
      EXPECT_TRUE(!counts || !now || *now->as<int>() != f.request.number ||
                  now->value == f.known->value)
          << "converted values could not be kept";
      return;
    }
    engine().complete(f.flight,
                      {.value = std::make_shared<const int>(f.request.number),
                       .bytes = 1 + pick(30),
                       .request_start = f.request.at,
                       .expires = f.request.expires},
                      time.now());
    return;
  }
  const error_kind kind =
      std::array{error_kind::throttled, error_kind::timeout, error_kind::not_found,
                 error_kind::access_denied, error_kind::cancelled}[pick(5)];
  const bool passing = kind == error_kind::throttled || kind == error_kind::timeout;
  if (alive) f.failed_with = kind;
  if (counts && kind != error_kind::cancelled) {
    e.refused = passing ? std::nullopt : std::optional(time.clocks());
    e.failed = passing ? std::optional(time.clocks()) : std::nullopt;
    e.throttled = kind == error_kind::throttled && somebody_is_told(f.flight);
    if (kind == error_kind::not_found) e.kept.reset();
  }
  engine().fail(f.flight, passing ? test::passing_error(kind) : test::definite_error(kind),
                time.now());
}

void model_run::depart() {
  for (asked_reader& r : open_) {
    const bool overdue = r.admitted.wake_at <= time.steady();
    const bool gives_up = pick(20) == 0;
    if (!overdue && !gives_up) continue;
    core::deadline longer = core::no_deadline;
    const auto left = engine().leave(r.admitted.place, time.now(), overdue ? &longer : nullptr);
    if (!left) {
      ASSERT_NE(longer, core::no_deadline) << "nothing is on its way here";
      ASSERT_GT(longer, time.steady());
      ASSERT_FALSE(!bounded_ && servable(expected(r.q), r.q, time.clocks()));
      r.admitted.wake_at = longer;
      continue;
    }
    check_left(r, *left);
    r.done = true;
  }
  // Who has left stays under watch for the rest of the step: nothing may come any more.
  for (const asked_reader& r : open_)
    if (r.done) {
      ASSERT_FALSE(engine().leave(r.admitted.place, time.now()).has_value() &&
                   r.admitted.place.flight->target()->running == r.admitted.place.flight);
    }
  std::erase_if(open_, [](const asked_reader& r) { return r.done; });
}

void model_run::invalidate_some() {
  if (pick(8) == 0) return clear_out();
  if (pick(4) == 0) {
    engine().clear();
    for (reference_entry& e : references_)
      e.forget();
    return;
  }
  const std::size_t at = pick(known_.size());
  engine().invalidate(known_[at]);
  references_[at].forget();
}

void model_run::fork_here() {
  engine().before_fork();
  engine().after_fork_in_child(random_());
  ahead_.clear();
  gathering_ = false;
  for (asked_reader& r : open_)
    r.forked = true;
}

void model_run::finish() {
  std::erase_if(open_, [](const asked_reader& r) { return r.forked; });
  for (int round = 0; round < 3; ++round) {
    start_work();
    for (flown& f : flights_) {
      if (f.flight->target()->running != f.flight) continue;
      f.failed_with = error_kind::access_denied;
      ++expected_.ended;
      std::erase(ahead_, f.flight);
      engine().fail(f.flight, test::definite_error(error_kind::access_denied), time.now());
      check_arrivals();
    }
  }
  EXPECT_TRUE(open_.empty()) << open_.size() << " readers were never settled";
  EXPECT_EQ(engine().count().flights, 0U);
  check_counters();
  entry_of_.clear();
}

long number_from(const char* variable, long otherwise) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  const char* given = std::getenv(variable);
  return given != nullptr ? std::strtol(given, nullptr, 10) : otherwise;
}

/// LAMBDA_CACHE_MODEL_STEPS: about how many operations in all, 5,000 for each seed;
/// LAMBDA_CACHE_MODEL_SEED: the first seed.
TEST_F(model_run, agrees_with_the_reference) {
  constexpr long for_each_seed = 5'000;
  const long steps = number_from("LAMBDA_CACHE_MODEL_STEPS", 250'000);
  auto seed = static_cast<std::uint64_t>(number_from("LAMBDA_CACHE_MODEL_SEED", 1));
  while (steps_done() < steps && !HasFailure())
    run(seed++, for_each_seed);
  std::cout << steps_done() << " operations agree with the reference\n";
}

}  // namespace lambda_cache::cache
