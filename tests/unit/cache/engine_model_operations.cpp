// What the random run does beside reading: looks, prefetches, flights that break, all forgotten.
#include "unit/cache/engine_model.hpp"

#include <algorithm>
#include <string>

namespace lambda_cache::cache {

using core::millisecond;
using core::second;
using namespace reference;

question model_run::random_question() {
  question q;
  q.entry = pick(known_.size());
  q.max_age = one_of({0, 1, second, 5 * second, 60 * second, 60 * second, infinite});
  q.stale_if_error = one_of({0, 5 * second, 300 * second, 300 * second, infinite});
  q.refresh_ahead = one_of({0, 0, 1, second, 30 * second});
  if (q.refresh_ahead >= q.max_age) q.refresh_ahead = 0;
  q.timeout = one_of({0, 100 * millisecond, second, 10 * second});
  q.asked = time.clocks();
  if (const auto& kept = references_[q.entry].kept; kept && time.clocks().wall >= kept->expires)
    q.ended = kept->expires;
  q.step = step_;
  q.invalidations = references_[q.entry].invalidations;
  return q;
}

read_request model_run::request_of(const question& q) const {
  return request(known_[q.entry], {.max_age = q.max_age,
                                   .stale_if_error = q.stale_if_error,
                                   .timeout = q.timeout,
                                   .refresh_ahead = q.refresh_ahead});
}

model_run::flights_before model_run::flights_now() const {
  flights_before out;
  for (const entry_ptr& e : known_) {
    out.running.push_back(e->running);
    out.next.push_back(e->next);
  }
  return out;
}

std::size_t model_run::index_of(const entry_ptr& which) const {
  return static_cast<std::size_t>(std::find(known_.begin(), known_.end(), which) - known_.begin());
}

void model_run::look_at_some() {
  const question q = random_question();
  const reference_entry& e = expected(q);
  const flights_before before = flights_now();
  const counters counted = engine().count();
  const snapshot_ptr seen = engine().look(request_of(q), time.now());
  std::vector<admission> as_read(1);
  as_read[0].settled = outcome{seen ? origin::hit : origin::failed, seen, {}};
  check_ahead({q}, as_read, before);
  EXPECT_EQ(engine().count().misses, counted.misses) << "who only looks misses nothing";
  if (seen) {
    check_at_once(q, *as_read[0].settled);
  } else {
    EXPECT_FALSE(!bounded_ && q.max_age != 0 && e.kept &&
                 must_be_fresh(*e.kept, time.clocks(), q.max_age))
        << "not shown although it is fresh";
  }
}

void model_run::prefetch_some() {
  std::vector<read_request> requests;
  std::vector<question> questions;
  for (auto left = 1 + pick(3); left > 0; --left) {
    questions.push_back(random_question());
    requests.push_back(request_of(questions.back()));
  }
  const flights_before before = flights_now();
  const int woken = wakes;
  const bool is_work = engine().prefetch(requests, time.now());
  EXPECT_EQ(wakes, woken) << "more may come";
  EXPECT_EQ(is_work, std::any_of(known_.begin(), known_.end(),
                                 [](const entry_ptr& e) { return e->next && !e->running; }));
  gathering_ = gathering_ || is_work;
  check_prefetched(questions, before);
}

/// What a source, or memory that runs out, leaves behind.
void model_run::abort_some() {
  const error_kind kind = pick(2) == 0 ? error_kind::throttled : error_kind::timeout;
  const flights_before before = flights_now();
  switch (pick(4)) {
    case 0:
      for (std::size_t i = 0; i < known_.size(); ++i)
        if (before.next[i] && !before.running[i]) expect_aborted(before.next[i], kind);
      engine().abort_queued(test::passing_error(kind), time.now());
      for (const entry_ptr& e : known_)
        EXPECT_TRUE(e->running || !e->next) << "left in the queue";
      return;
    case 1:
      for (const flight_ptr& each : before.running)
        if (each) expect_aborted(each, kind);
      engine().abort_running(test::passing_error(kind), time.now());
      for (std::size_t i = 0; i < known_.size(); ++i) {
        EXPECT_EQ(known_[i]->running, nullptr);
        EXPECT_EQ(known_[i]->next, before.next[i]) << "what waited behind it goes on";
      }
      return;
    case 2: {
      const flight_ptr& next = before.next[pick(known_.size())];
      if (next) abort_one(next, kind);
      return;
    }
    default:
      // Sometimes one that was settled long ago.
      if (!flights_.empty()) abort_one(flights_[pick(flights_.size())].flight, kind);
  }
}

void model_run::abort_one(const flight_ptr& broken, error_kind kind) {
  const entry& e = *broken->target();
  if (e.running == broken || e.next == broken) expect_aborted(broken, kind);
  engine().abort(broken, test::passing_error(kind), time.now());
  EXPECT_TRUE(e.running != broken && e.next != broken);
}

/// Its readers are told, and its entry backs off, unless it is about a value from before an
/// invalidation.
void model_run::expect_aborted(const flight_ptr& broken, error_kind kind) {
  const std::size_t entry = index_of(broken->target());
  auto flying = std::find_if(flights_.begin(), flights_.end(),
                             [&](const flown& each) { return each.flight == broken; });
  if (flying == flights_.end()) {
    // Was never sent: no answer can come from it.
    const sent_request none{-1, time.clocks(), step_, references_[entry].invalidations, 0};
    flights_.push_back({broken, none, nullptr, {}});
    entry_of_[broken.get()] = entry;
    flying = std::prev(flights_.end());
  }
  flying->failed_with = kind;
  ++expected_.ended;
  std::erase(ahead_, broken);
  reference_entry& e = references_[entry];
  if (flying->request.invalidations != e.invalidations) return;
  e.refused.reset();
  e.failed = time.clocks();
  e.throttled = kind == error_kind::throttled && somebody_is_told(broken);
}

/// Whether a reader will get the failure and not a stale value, as far as is known.
bool model_run::somebody_is_told(const flight_ptr& failing) {
  return std::any_of(open_.begin(), open_.end(), [&](const asked_reader& r) {
    return r.admitted.place.flight == failing &&
           (bounded_ || !servable(expected(r.q), r.q, time.clocks()));
  });
}

/// Also entries that nobody declares any more.
void model_run::clear_out() {
  for (auto left = pick(4); left > 0; --left) {
    const std::string name = "/undeclared/" + std::to_string(++undeclared_);
    (void)engine().open("key of " + name, name, known_[0]->origin);
  }
  engine().clear_out();
  for (reference_entry& e : references_)
    e.forget();
  EXPECT_EQ(engine().entries(time.clocks()).size(), known_.size());
  for (const entry_ptr& e : known_)
    EXPECT_EQ(engine().open(e->key, e->locator, e->origin), e) << "forgot what is declared";
}

}  // namespace lambda_cache::cache
