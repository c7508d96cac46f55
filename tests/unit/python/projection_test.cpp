// What Python sees of an entry whose source says that its value ends, or is current still.
#include "python/projection.hpp"

#include "core/value_data.hpp"
#include "support/engine_fixture.hpp"

namespace lambda_cache::python {
namespace {

using core::nanos;
using core::second;

class projection_test : public test::engine_fixture {
 protected:
  static void SetUpTestSuite() { Py_InitializeEx(0); }
  static void TearDownTestSuite() { EXPECT_EQ(Py_FinalizeEx(), 0); }
  void TearDown() override {
    close_projection(seen_);
    engine_fixture::TearDown();
  }

  void load_value(const std::string& text, nanos expires = 0) {
    (void)read(e_, test::forced);
    auto data = std::make_shared<core::value_data>();
    data->content.assign(text.begin(), text.end());
    engine().complete(
        take_one(),
        {.value = std::move(data), .bytes = 10, .request_start = time.clocks(), .expires = expires},
        time.now());
  }
  ref take_value() { return seen_->take(engine().current(*e_).first, engine()); }
  [[nodiscard]] bool is_hit(nanos later, nanos max_age) const {
    clocks at;
    at.wall = seen_->wall + later;
    at.mono = seen_->mono + later;
    return seen_->is_hit(at, max_age);
  }

  cache::entry_ptr e_ = open("/a");
  projection* seen_ = open_projection(e_, nullptr);
};

TEST_F(projection_test, value_that_is_current_still_is_not_converted_again) {
  load_value("one");
  const ref before = take_value();
  const auto revision = seen_->revision;
  (void)read(e_, test::forced);
  revalidate(take_one(), engine().current(*e_).first);
  EXPECT_FALSE(is_hit(0, 60 * second)) << "its age is another one";
  const ref after = take_value();
  EXPECT_EQ(after.get(), before.get());
  EXPECT_EQ(seen_->revision, revision) << "mappings built from it stay";
  EXPECT_TRUE(is_hit(0, 60 * second));
}

TEST_F(projection_test, value_that_was_dropped_meanwhile_is_handed_out_and_not_kept) {
  load_value("one");
  (void)take_value();
  const auto known = engine().current(*e_).first;
  const test::reader waiting = read(e_, test::forced);
  const cache::flight_ptr flying = take_one();
  engine().invalidate(e_);
  revalidate(flying, known);
  const ref late = seen_->take(waiting.outcome().value, engine());
  EXPECT_STREQ(PyUnicode_AsUTF8(late.get()), "one");
  EXPECT_FALSE(is_hit(0, 60 * second));
}

TEST_F(projection_test, another_value_is_another_object) {
  load_value("one");
  const ref before = take_value();
  load_value("one");
  const ref after = take_value();
  EXPECT_NE(after.get(), before.get());
  EXPECT_EQ(seen_->value, after.get());
}

TEST_F(projection_test, dropped_value_is_converted_again) {
  load_value("one");
  (void)take_value();
  seen_->drop();
  EXPECT_FALSE(is_hit(0, 60 * second));
  EXPECT_STREQ(PyUnicode_AsUTF8(take_value().get()), "one");
  EXPECT_TRUE(is_hit(0, 60 * second));
}

TEST_F(projection_test, sources_moment_ends_every_hit) {
  load_value("one", time.clocks().wall + 20 * second);
  (void)take_value();
  // Taken by the process's clocks, on which the value is of another time: only the limit counts.
  EXPECT_EQ(seen_->ends_after, 20 * second);
  EXPECT_TRUE(is_hit(20 * second - 1, core::infinite));
  EXPECT_FALSE(is_hit(20 * second, core::infinite));
  EXPECT_FALSE(is_hit(10 * second, 10 * second));
  load_value("two");
  (void)take_value();
  EXPECT_TRUE(is_hit(20 * second, core::infinite)) << "the new value has no limit";
}

TEST_F(projection_test, hits_go_to_the_entry) {
  seen_->hits = 3;
  hand_in_hits();
  EXPECT_EQ(e_->slot_hits, 3U);
  hand_in_hits();
  EXPECT_EQ(e_->slot_hits, 3U);
  ++seen_->hits;
  projection* const other = open_projection(e_, nullptr);
  EXPECT_EQ(other, seen_);
  close_projection(other);
  EXPECT_EQ(e_->slot_hits, 3U) << "somebody reads it still";
  close_projection(std::exchange(seen_, nullptr));
  EXPECT_EQ(e_->slot_hits, 4U);
}

}  // namespace
}  // namespace lambda_cache::python
