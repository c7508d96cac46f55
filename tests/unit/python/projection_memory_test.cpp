// What is left of projections when memory runs out.
#include "core/value_data.hpp"
#include "python/projection.hpp"
#include "support/engine_fixture.hpp"
#include "support/failing_allocations.hpp"

#include <vector>

namespace lambda_cache::python {
namespace {

class projection_memory_test : public test::engine_fixture {
 protected:
  static void SetUpTestSuite() { Py_InitializeEx(0); }
  static void TearDownTestSuite() { EXPECT_EQ(Py_FinalizeEx(), 0); }

  void load_value(const cache::entry_ptr& e) {
    (void)read(e, test::forced);
    auto data = std::make_shared<core::value_data>();
    data->content.assign(5, 'x');
    engine().complete(take_one(),
                      {.value = std::move(data), .bytes = 10, .request_start = time.clocks()},
                      time.now());
  }
};

TEST_F(projection_memory_test, one_that_could_not_be_opened_leaves_nothing_behind) {
  const cache::entry_ptr e = open("/a");
  for (long nth = 0;; ++nth) {
    ASSERT_LT(nth, 100);
    test::allocations_left = nth;
    projection* opened = nullptr;
    try {
      opened = open_projection(e, nullptr);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): looked at below
    }
    test::allocations_left = -1;
    // Both look at whatever is in the table.
    drop_outdated_projections();
    hand_in_hits();
    if (opened != nullptr) {
      EXPECT_GT(nth, 1);
      close_projection(opened);
      break;
    }
    projection* const again = open_projection(e, nullptr);
    EXPECT_EQ(again->readers, 1U);
    EXPECT_EQ(again->entry, e);
    close_projection(again);
  }
}

TEST_F(projection_memory_test, dropping_values_takes_no_memory) {
  make_engine({.max_entries = 1000});
  std::vector<cache::entry_ptr> entries;
  std::vector<projection*> seen;
  for (int i = 0; i < 200; ++i) {
    entries.push_back(open(std::to_string(i)));
    load_value(entries.back());
    seen.push_back(open_projection(entries.back(), nullptr));
    const ref taken = seen.back()->take(engine().current(*entries.back()).first, engine());
    ASSERT_NE(seen.back()->value, nullptr);
  }
  engine().clear();
  test::allocations_left = 0;
  drop_outdated_projections();
  EXPECT_EQ(test::allocations_left.exchange(-1), 0);
  for (projection* const each : seen) {
    EXPECT_EQ(each->value, nullptr);
    close_projection(each);
  }
}

}  // namespace
}  // namespace lambda_cache::python
