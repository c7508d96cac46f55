// What an entry's figures say about the next read of it.
#include "agent/entry_state.hpp"

#include "agent/health.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lambda_cache::agent {
namespace {

using cache::entry_report;
using core::second;

constexpr core::nanos max_age = 100 * second;

struct entry_state_test : ::testing::Test {
  static entry_report holding(core::nanos age) {
    entry_report made;
    made.has_value = true;
    made.age = age;
    return made;
  }
  static entry_report failing(entry_report made, error_kind why, bool passes) {
    made.failing = why;
    made.failing_passes = passes;
    return made;
  }
  [[nodiscard]] std::string_view state(const entry_report& seen, core::nanos accepted = max_age) {
    return text_of(state_of(seen, accepted, how));
  }
  settings how;
};

TEST_F(entry_state_test, goes_with_the_age) {
  EXPECT_EQ(state({}), "empty");
  EXPECT_EQ(state(holding(0)), "fresh");
  EXPECT_EQ(state(holding(90 * second - 1)), "fresh");
  EXPECT_EQ(state(holding(90 * second)), "expiring");
  EXPECT_EQ(state(holding(100 * second - 1)), "expiring");
  EXPECT_EQ(state(holding(100 * second)), "expired");
}

TEST_F(entry_state_test, expiring_is_what_is_refreshed_ahead) {
  how.refresh_ahead = 30 * second;
  EXPECT_EQ(state(holding(70 * second - 1)), "fresh");
  EXPECT_EQ(state(holding(70 * second)), "expiring");
}

TEST_F(entry_state_test, immutable_versions_stay_fresh) {
  how.refresh_ahead = 30 * second;
  entry_report pinned = holding(1000 * second);
  pinned.pinned = true;
  EXPECT_EQ(state(pinned), "fresh");
  EXPECT_EQ(lifetime_of(pinned, max_age), core::infinite);
  EXPECT_EQ(state(pinned, 0), "expired");
}

TEST_F(entry_state_test, a_value_that_its_source_ends_expires_then) {
  entry_report rotating = holding(20 * second);
  rotating.lifetime = 20 * second;
  EXPECT_EQ(state(rotating), "expired");
  EXPECT_EQ(lifetime_of(rotating, max_age), 20 * second);
}

TEST_F(entry_state_test, what_cannot_be_fetched_is_stale_or_failing) {
  how.stale_if_error = 50 * second;
  EXPECT_EQ(state(failing(holding(149 * second), error_kind::timeout, true)), "stale");
  EXPECT_EQ(state(failing(holding(150 * second), error_kind::timeout, true)), "failing");
  // A definite reason is told at once, whatever is there.
  EXPECT_EQ(state(failing(holding(149 * second), error_kind::access_denied, false)), "failing");
  EXPECT_EQ(state(failing({}, error_kind::not_found, false)), "failing");
  // A refresh ahead of expiry failed: the value is good still.
  EXPECT_EQ(state(failing(holding(0), error_kind::timeout, true)), "fresh");
}

TEST_F(entry_state_test, loading_comes_first) {
  entry_report seen = failing(holding(500 * second), error_kind::timeout, true);
  seen.is_loading = true;
  EXPECT_EQ(state(seen), "loading");
}

TEST_F(entry_state_test, ages_are_those_of_the_service) {
  how.parameter_max_age = 1;
  how.secret_max_age = 2;
  how.object_max_age = 3;
  EXPECT_EQ(max_age_of("ssm", how), 1);
  EXPECT_EQ(max_age_of("secretsmanager", how), 2);
  EXPECT_EQ(max_age_of("s3", how), 3);
}

TEST(health_test, degraded_by_the_way_to_aws_not_by_names) {
  std::vector<entry_report> all(3);
  all[0].has_value = true;
  all[1].failing = error_kind::not_found;
  all[2].failing = error_kind::access_denied;
  EXPECT_EQ(health_of(all).status(), "ok");
  EXPECT_EQ(health_of(all).entries, 1U);
  for (const error_kind why :
       {error_kind::credentials, error_kind::throttled, error_kind::timeout, error_kind::connection,
        error_kind::tls, error_kind::protocol, error_kind::service, error_kind::storage}) {
    all[2].failing = why;
    const health seen = health_of(all);
    EXPECT_EQ(seen.status(), "degraded") << to_string(why);
    EXPECT_EQ(seen.failing, 1U);
    EXPECT_TRUE(seen.reasons.contains(to_string(why)));
  }
}

TEST(health_test, a_failure_counts_for_a_minute) {
  std::vector<entry_report> all(1);
  all[0].failing = error_kind::timeout;
  all[0].failed_for = 60 * second - 1;
  EXPECT_EQ(health_of(all).status(), "degraded");
  all[0].failed_for = 60 * second;
  EXPECT_EQ(health_of(all).status(), "ok");
}

}  // namespace
}  // namespace lambda_cache::agent
