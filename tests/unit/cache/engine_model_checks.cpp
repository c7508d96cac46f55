#include "unit/cache/engine_model.hpp"

namespace lambda_cache::cache {

using core::second;
using namespace reference;

void model_run::check_at_once(const question& q, const outcome& got) {
  const reference_entry& e = expected(q);
  ASSERT_NE(q.max_age, 0) << "a forced read is never answered at once";
  if (got.from == origin::hit) {
    ++expected_.hits;
    ASSERT_TRUE(e.kept);
    EXPECT_EQ(number_of(got), e.kept->number);
    EXPECT_TRUE(may_be_fresh(*e.kept, time.clocks(), q.max_age)) << "older than accepted";
  } else if (got.from == origin::stale) {
    ++expected_.stale;
    check_stale(q, got);
    EXPECT_TRUE((e.failed && oldest_age(*e.failed, time.clocks()) < 30 * second) ||
                known_[q.entry]->running || known_[q.entry]->next);
  } else {
    ASSERT_EQ(got.from, origin::failed);
    ++expected_.negative;
    const bool is_throttled =
        e.failed && e.throttled && (bounded_ || !servable(e, q, time.clocks()));
    ASSERT_TRUE(e.refused || is_throttled);
    EXPECT_LT(oldest_age(e.refused ? *e.refused : *e.failed, time.clocks()), 5 * second);
    EXPECT_EQ(got.value, nullptr);
  }
}

/// Readers with a fresh value start a flight behind them if it is time for that, and only then.
void model_run::check_ahead(const std::vector<question>& questions,
                            const std::vector<admission>& admitted, const flights_before& before) {
  for (std::size_t e = 0; e < known_.size(); ++e) {
    bool somebody_waits = false;
    bool due = false;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const question& q = questions[i];
      if (q.entry != e) continue;
      somebody_waits = somebody_waits || !admitted[i].settled;
      due = due || (admitted[i].settled && admitted[i].settled->from == origin::hit &&
                    q.timeout > 0 && ahead_is_due(*references_[e].kept, q, time.clocks()));
    }
    const bool flies = known_[e]->next != before.next[e];
    if (before.running[e] || before.next[e]) {
      EXPECT_FALSE(flies && !somebody_waits) << "one is under way already";
      continue;
    }
    EXPECT_FALSE(due && !flies && !may_hold_back(references_[e], time.clocks()))
        << "not refreshed ahead";
    if (somebody_waits || !flies) continue;
    EXPECT_TRUE(due) << "a flight for nobody";
    EXPECT_FALSE(must_hold_back(references_[e], time.clocks())) << "refreshed too early";
    ahead_.push_back(known_[e]->next);
  }
}

/// What is not there, or too old, is fetched for nobody, unless it failed lately or is under way.
void model_run::check_prefetched(const std::vector<question>& questions,
                                 const flights_before& before) {
  for (std::size_t e = 0; e < known_.size(); ++e) {
    const auto& kept = references_[e].kept;
    const bool evicted = kept && !known_[e]->current;
    EXPECT_TRUE(bounded_ || !evicted);
    bool may_fly = false;
    bool must_fly = false;
    for (const question& q : questions) {
      if (q.entry != e || q.timeout == 0) continue;
      const bool there = kept && !evicted;
      may_fly = may_fly || !there || !must_be_fresh(*kept, time.clocks(), q.max_age);
      must_fly = must_fly || !there || !may_be_fresh(*kept, time.clocks(), q.max_age);
    }
    const flight_ptr& made = known_[e]->next;
    EXPECT_EQ(known_[e]->running, before.running[e]);
    if (before.running[e] || before.next[e]) {
      EXPECT_EQ(made, before.next[e]) << "one is under way already";
      continue;
    }
    if (!made) {
      EXPECT_FALSE(must_fly && !may_hold_back(references_[e], time.clocks())) << "not prefetched";
      continue;
    }
    EXPECT_TRUE(may_fly) << "prefetched what is there";
    EXPECT_FALSE(must_hold_back(references_[e], time.clocks())) << "prefetched too early";
    EXPECT_EQ(made->max_attempts(), 1);
    EXPECT_GT(made->deadline(), time.steady());
    ahead_.push_back(made);
  }
}

void model_run::check_stale(const question& q, const outcome& got) {
  const reference_entry& e = expected(q);
  ASSERT_TRUE(got.ok());
  ASSERT_TRUE(e.kept) << "a value from before an invalidation came back";
  EXPECT_EQ(number_of(got), e.kept->number);
  EXPECT_TRUE(servable(e, q, time.clocks()));
}

void model_run::check_arrivals() {
  for (asked_reader& r : open_) {
    for (std::size_t i = 0; i < r.who->outcomes.size(); ++i) {
      if (r.who->indices[i] != r.index) continue;
      ASSERT_FALSE(r.done) << "settled twice";
      r.done = true;
      ASSERT_FALSE(r.forked) << "settled in spite of the fork";
      check_late(r, r.who->outcomes[i]);
    }
  }
  std::erase_if(open_, [](const asked_reader& r) { return r.done; });
}

void model_run::check_late(asked_reader& r, const outcome& got) {
  const auto f = std::find_if(flights_.begin(), flights_.end(), [&](const flown& candidate) {
    return candidate.flight == r.admitted.place.flight;
  });
  ASSERT_NE(f, flights_.end());
  if (got.from == origin::fetched) {
    EXPECT_EQ(number_of(got), f->request.number);
    EXPECT_GE(f->request.invalidations, r.q.invalidations)
        << "requested before an invalidation that came before the question";
    if (f->request.step < r.q.step) {
      EXPECT_NE(r.q.max_age, 0) << "a forced read got a value requested before it asked";
      EXPECT_TRUE(may_be_fresh(f->request.at, r.q.asked, r.q.max_age));
      EXPECT_TRUE(bounded_ || f->request.at.wall >= r.q.ended)
          << "requested before the source's moment, joined after it";
    }
  } else {
    ASSERT_TRUE(f->failed_with && got.failure);
    EXPECT_EQ(got.failure->kind, *f->failed_with);
    if (got.from == origin::stale) {
      ++expected_.stale;
      EXPECT_TRUE(got.failure->retryable);
      check_stale(r.q, got);
    } else {
      EXPECT_EQ(got.value, nullptr);
      EXPECT_FALSE(!bounded_ && got.failure->retryable &&
                   servable(expected(r.q), r.q, time.clocks()))
          << "a stale value could have been served";
    }
  }
}

void model_run::check_left(asked_reader& r, const outcome& got) {
  if (r.forked) {
    EXPECT_EQ(got.failure->kind, error_kind::cancelled);
  } else if (got.from == origin::stale) {
    ++expected_.stale;
    check_stale(r.q, got);
  } else {
    EXPECT_EQ(got.from, origin::failed);
    EXPECT_EQ(got.failure->kind, error_kind::timeout);
    EXPECT_FALSE(!bounded_ && servable(expected(r.q), r.q, time.clocks()));
  }
}

void model_run::check_table() {
  std::size_t flying = 0;
  bool queued = false;
  for (std::size_t i = 0; i < known_.size(); ++i) {
    flying += (known_[i]->running ? 1U : 0U) + (known_[i]->next ? 1U : 0U);
    queued = queued || (known_[i]->next && !known_[i]->running);
    const snapshot_ptr held = engine().current(*known_[i]).first;
    if (held) {
      ASSERT_TRUE(references_[i].kept) << "resurrected";
      EXPECT_EQ(*held->as<int>(), references_[i].kept->number);
    } else if (!bounded_) {
      EXPECT_FALSE(references_[i].kept) << "lost";
    }
  }
  EXPECT_EQ(engine().count().flights, flying);
  for (const flight_ptr& one : ahead_)
    EXPECT_TRUE(one->target()->running == one || one->target()->next == one)
        << "given up because nobody waits for it";
  EXPECT_TRUE(!queued || gathering_ || wakes > wakes_at_take_) << "work that nobody was told of";
  check_counters();
  expect_accounts_balance();
  if (bounded_) {
    EXPECT_LE(engine().count().entries, 3U);
    EXPECT_LE(engine().count().bytes, 60U);
  }
}

void model_run::check_counters() {
  const counters got = engine().count();
  EXPECT_EQ(got.hits, expected_.hits);
  EXPECT_EQ(got.misses + got.joins, expected_.waits);
  EXPECT_EQ(got.stale, expected_.stale);
  EXPECT_EQ(got.negative, expected_.negative);
  EXPECT_EQ(got.loads + got.revalidated + got.failures, expected_.ended);
}

}  // namespace lambda_cache::cache
