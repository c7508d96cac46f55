// Real threads on one engine: readers on slots, an I/O thread, somebody who invalidates. Bounded in
// rounds, not in time. ThreadSanitizer finds what the checks do not.
#include "cache/slot.hpp"
#include "support/engine_fixture.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace lambda_cache::cache {
namespace {

using core::second;

constexpr int entry_count = 4;
/// Of a reader that accepts an hour: what it gets is refreshed as soon as it is a tick old.
constexpr core::nanos always_ahead = 3600 * second - 1;

/// Blocks one thread until all outcomes of its read are there.
class blocking_waiter : public waiter {
 public:
  explicit blocking_waiter(std::size_t expected) : outcomes_(expected), missing_(expected) {}

  void settled(std::size_t index, outcome result) noexcept override {
    const std::lock_guard lock(mutex_);
    if (outcomes_.at(index)) ++settled_twice;
    outcomes_[index] = std::move(result);
    if (--missing_ == 0) arrived_.notify_all();
  }
  std::vector<std::optional<outcome>>& wait() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return missing_ == 0; });
    return outcomes_;
  }
  static inline std::atomic<int> settled_twice{0};

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::optional<outcome>> outcomes_;
  std::size_t missing_;
};

/// What every value says of itself: which entry it is of, and how many invalidations of that entry
/// had begun when it was requested.
struct stamped_value {
  std::size_t entry = 0;
  int requested_after = 0;
};

class engine_threads : public ::testing::Test {
 protected:
  engine_threads()
      : engine_(
            {.max_entries = 3},
            [this] {
              const std::lock_guard lock(mutex_);
              work_ = true;
              woken_.notify_one();
            },
            11) {
    for (int i = 0; i < entry_count; ++i)
      entries_.push_back(engine_.open(std::to_string(i), std::to_string(i), source_));
  }

  void serve_until_stopped(bool with_failures);
  void read_many(unsigned seed, int rounds);
  static core::nanos expiry(std::mt19937& random, const core::moment& now);
  void check(std::size_t entry, const outcome& got, int invalidations_before);
  void stop_serving() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    woken_.notify_one();
  }
  [[nodiscard]] std::size_t index_of(const entry_ptr& e) const {
    return static_cast<std::size_t>(std::find(entries_.begin(), entries_.end(), e) -
                                    entries_.begin());
  }

  std::shared_ptr<source> source_ = std::make_shared<test::fake_source>();
  engine engine_;
  std::vector<entry_ptr> entries_;
  std::array<std::atomic<int>, entry_count> begun_{};  // invalidations, before they happen
  std::array<std::atomic<int>, entry_count> done_{};   // and after
  std::atomic<int> wrong_entry_{0};
  std::atomic<int> resurrected_{0};
  std::atomic<int> no_reason_{0};
  std::atomic<std::uint64_t> fetches_{0};

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  bool work_ = false;
  bool stop_ = false;
};

void engine_threads::serve_until_stopped(bool with_failures) {
  std::mt19937 random(1);
  std::vector<flight_ptr> late;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [&] { return work_ || stop_; });
      if (stop_ && !work_) break;
      work_ = false;
    }
    const core::moment now = core::current_moment();
    for (auto& batch : engine_.take_work(now).start)
      for (const flight_ptr& flying : batch.flights) {
        ++fetches_;
        const std::size_t entry = index_of(flying->target());
        // All that were through when take_work() ran have begun by now: no false alarm.
        auto value = std::make_shared<const stamped_value>(stamped_value{entry, begun_[entry]});
        if (with_failures && random() % 4 == 0)
          engine_.fail(flying,
                       random() % 2 == 0 ? test::passing_error()
                                         : test::definite_error(error_kind::access_denied),
                       now);
        else if (const auto known = engine_.current(*flying->target()).first;
                 known && random() % 4 == 0)
          engine_.revalidate(flying, *known, now.clocks, expiry(random, now), now);
        else
          engine_.complete(flying, {std::move(value), 10, now.clocks, false, expiry(random, now)},
                           now);
        late.push_back(flying);
      }
    // Settled long ago, by another road: harmless.
    if (!late.empty() && random() % 8 == 0)
      engine_.complete(late[random() % late.size()], {nullptr, 0, now.clocks}, now);
    if (late.size() > 64) late.clear();
  }
}

/// None, one that has come already, one that will.
core::nanos engine_threads::expiry(std::mt19937& random, const core::moment& now) {
  const core::nanos all[] = {0, 0, 0, now.clocks.wall, now.clocks.wall + 3600 * second};
  return all[random() % std::size(all)];
}

void engine_threads::check(std::size_t entry, const outcome& got, int invalidations_before) {
  if (!got.ok()) {
    if (!got.failure) ++no_reason_;
    return;
  }
  const auto value = got.value->as<stamped_value>();
  if (value->entry != entry) ++wrong_entry_;
  if (value->requested_after < invalidations_before) ++resurrected_;
}

void engine_threads::read_many(unsigned seed, int rounds) {
  std::mt19937 random(seed);
  std::array<slot, entry_count> slots;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t entry = random() % entry_count;
    const int before = done_[entry];
    if (slots[entry].is_hit(*entries_[entry])) {
      check(entry, {origin::hit, slots[entry].value, {}}, before);
      continue;
    }
    const std::size_t other = random() % entry_count;
    const int other_before = done_[other];
    const core::nanos max_age = random() % 4 == 0 ? 0 : 3600 * second;
    const read_request requests[] = {
        {.target = entries_[entry], .max_age = max_age},
        {.target = entries_[other], .max_age = 3600 * second, .refresh_ahead = always_ahead}};
    if (auto seen = engine_.look(requests[1], core::current_moment()))
      check(other, {origin::hit, std::move(seen), {}}, other_before);
    const auto who = std::make_shared<blocking_waiter>(2);
    auto admitted = engine_.read(requests, who, core::current_moment());
    for (std::size_t i = 0; i < admitted.size(); ++i) {
      if (admitted[i].settled)
        who->settled(i, std::move(*admitted[i].settled));
      else if (random() % 8 == 0)
        if (auto left = engine_.leave(admitted[i].place, core::current_moment()))
          who->settled(i, std::move(*left));
    }
    auto& outcomes = who->wait();
    check(entry, *outcomes[0], before);
    check(other, *outcomes[1], other_before);
    auto [value, generation] = engine_.current(*entries_[entry]);
    slots[entry].take(std::move(value), generation, 3600 * second,
                      random() % 2 == 0 ? 0 : always_ahead, core::now());
  }
}

TEST_F(engine_threads, sixty_four_threads_ask_and_one_request_is_made) {
  std::atomic<int> asking{0};
  std::vector<std::thread> readers;
  readers.reserve(64);
  for (int i = 0; i < 64; ++i)
    readers.emplace_back([&] {
      const read_request one[] = {{.target = entries_[0]}};
      const auto who = std::make_shared<blocking_waiter>(1);
      auto admitted = engine_.read(one, who, core::current_moment());
      ++asking;
      check(0, *who->wait()[0], 0);
    });
  while (asking < 64)
    std::this_thread::yield();
  std::thread io([&] { serve_until_stopped(false); });
  for (auto& reader : readers)
    reader.join();
  stop_serving();
  io.join();
  EXPECT_EQ(fetches_, 1U);
  EXPECT_EQ(engine_.count().joins, 63U);
  EXPECT_EQ(wrong_entry_, 0);
}

TEST_F(engine_threads, readers_failures_departures_invalidations_and_evictions_together) {
  std::thread io([&] { serve_until_stopped(true); });
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (unsigned seed = 1; seed <= 4; ++seed)
    readers.emplace_back([this, seed] { read_many(seed, 5'000); });
  std::thread spoiler([&] {
    std::mt19937 random(99);
    for (int i = 0; i < 1'000; ++i) {
      const std::size_t entry = random() % entry_count;
      if (random() % 8 == 0) {
        engine_.clear();
      } else {
        ++begun_[entry];
        engine_.invalidate(entries_[entry]);
        ++done_[entry];
      }
      (void)engine_.count();
      (void)engine_.entries(core::now());
      (void)engine_.open(std::to_string(random() % 100), "/x", source_);
      std::this_thread::yield();
    }
  });
  for (auto& reader : readers)
    reader.join();
  spoiler.join();
  stop_serving();
  io.join();

  EXPECT_EQ(wrong_entry_, 0);
  EXPECT_EQ(resurrected_, 0) << "a value requested before an invalidation was read after it";
  EXPECT_EQ(no_reason_, 0);
  EXPECT_EQ(blocking_waiter::settled_twice, 0);
  const counters at_last = engine_.count();
  EXPECT_EQ(at_last.flights, 0U);
  EXPECT_LE(at_last.entries, 3U);
  std::size_t bytes = 0;
  for (const entry_ptr& e : entries_)
    bytes += e->current ? e->current->bytes : 0;
  EXPECT_EQ(at_last.bytes, bytes);
}

}  // namespace
}  // namespace lambda_cache::cache
