// Secrets that rotate: what is described, what is fetched, when a value ends.
#include "wired_fixture.hpp"
#include "wiring/read_operation.hpp"

#include <atomic>
#include <limits>
#include <thread>

namespace lambda_cache::test {
namespace {

using core::second;

constexpr const char* describe = "DescribeSecret";
constexpr const char* single = "GetSecretValue";

class rotation_test : public wired_fixture {
 protected:
  rotation_test() { secrets_.put("/db", "old"); }

  handle rotating(core::nanos max_age = 60 * second) {
    return secret("/db", {.max_age = max_age, .rotation_aware = true});
  }
  void expect_calls(std::size_t described, std::size_t fetched) const {
    EXPECT_EQ(secrets_.calls_of(describe), described);
    EXPECT_EQ(secrets_.calls_of(single), fetched);
  }
  static std::int64_t seconds_from_now(std::int64_t count) {
    return core::now().wall / second + count;
  }
  /// Descriptions wait at the gate.
  void hold_descriptions() {
    secrets_.intercept([this](const fake_secrets::call& asked) {
      if (asked.operation == describe) answer_.wait();
      return fake_secrets::reply{};
    });
  }
  void throttle_descriptions() {
    secrets_.intercept([](const fake_secrets::call& asked) {
      return asked.operation == describe
                 ? fake_secrets::reply{400, error_body("ThrottlingException"), {}}
                 : fake_secrets::reply{};
    });
  }
  void wait_for_descriptions(std::size_t count) const {
    while (secrets_.calls_of(describe) < count)
      std::this_thread::yield();
  }
  std::shared_ptr<wiring::read_operation> start(const handle& of) {
    const auto bound = of.internals()->bind();
    return wiring::read_operation::start(of.internals()->cache(),
                                         {bound.value().read(core::no_deadline)});
  }
};

TEST_F(rotation_test, first_read_describes_and_fetches_side_by_side) {
  std::atomic<int> arrived{0};
  secrets_.intercept([&](const fake_secrets::call&) {
    if (++arrived == 2) answer_.open();
    answer_.wait();
    return fake_secrets::reply{};
  });
  EXPECT_EQ(text(rotating()), "old");
  expect_calls(1, 1);
}

TEST_F(rotation_test, what_did_not_change_is_not_fetched) {
  const handle db = rotating();
  EXPECT_EQ(text(db), "old");
  for (std::size_t round = 1; round <= 3; ++round) {
    pass(61 * second);
    EXPECT_EQ(text(db), "old");
    EXPECT_EQ(text(db), "old") << "and has a new age";
    expect_calls(1 + round, 1);
    EXPECT_EQ(cache().stats().revalidated, round);
  }
}

TEST_F(rotation_test, what_changed_is_fetched) {
  const handle db = rotating();
  const handle before = secret(
      "/db", {.max_age = 60 * second, .version_stage = "AWSPREVIOUS", .rotation_aware = true});
  EXPECT_EQ(text(db), "old");
  secrets_.put("/db", "new");
  pass(61 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(2, 2);
  EXPECT_EQ(text(before), "old");
  pass(61 * second);
  EXPECT_EQ(text(before), "old");
  expect_calls(4, 3);
  secrets_.put("/db", "newest");
  pass(61 * second);
  EXPECT_EQ(text(before), "new") << "its stage is at another version";
  expect_calls(5, 4);
}

TEST_F(rotation_test, a_forced_read_fetches) {
  const handle db = rotating();
  EXPECT_EQ(text(db), "old");
  EXPECT_EQ(refreshed(db), "old");
  EXPECT_EQ(refreshed(db), "old");
  EXPECT_EQ(secrets_.calls_of(single), 3U);
  EXPECT_EQ(cache().stats().revalidated, 0U);
}

TEST_F(rotation_test, a_version_is_not_described) {
  const std::string first = secrets_.put("/other", "x");
  EXPECT_EQ(text(secret("/other", {.version_id = first, .rotation_aware = true})), "x");
  expect_calls(0, 1);
}

TEST_F(rotation_test, a_value_ends_at_its_next_rotation) {
  secrets_.rotates_at("/db", seconds_from_now(100));
  const handle db = rotating(600 * second);
  EXPECT_EQ(text(db), "old");
  secrets_.put("/db", "new");
  secrets_.rotates_at("/db", seconds_from_now(1000));
  pass(95 * second);
  EXPECT_EQ(text(db), "old");
  expect_calls(1, 1);
  pass(6 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(2, 2);
  pass(590 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(2, 2);
}

TEST_F(rotation_test, what_rotates_between_its_value_and_its_description_is_fetched_again) {
  secrets_.put("/db", "new");
  secrets_.rotates_at("/db", seconds_from_now(500));
  std::atomic<int> fetched{0};
  secrets_.intercept([&](const fake_secrets::call& asked) {
    if (asked.operation == describe || fetched++ > 0) return fake_secrets::reply{};
    return fake_secrets::reply{
        200, R"({"Name":"/db","ARN":"a","VersionId":"another","SecretString":"old"})", {}};
  });
  const handle db = rotating(600 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(1, 2);
  fetched = 0;
  EXPECT_EQ(refreshed(db), "new") << "a forced read as well";
  expect_calls(2, 4);
  secrets_.put("/db", "newest");
  pass(499 * second);
  EXPECT_EQ(text(db), "new");
  pass(2 * second);
  EXPECT_EQ(text(db), "newest") << "the described end is that of what was fetched again";
}

TEST_F(rotation_test, a_secret_that_keeps_rotating_is_fetched_again_once) {
  int fetched = 0;
  secrets_.intercept([&](const fake_secrets::call& asked) {
    if (asked.operation == describe) return fake_secrets::reply{};
    return fake_secrets::reply{200,
                               R"({"Name":"/db","ARN":"a","VersionId":"another","SecretString":")" +
                                   std::to_string(++fetched) + "\"}",
                               {}};
  });
  EXPECT_EQ(text(rotating()), "2");
  expect_calls(1, 2);
}

TEST_F(rotation_test, a_late_rotation_does_not_make_every_read_ask) {
  secrets_.rotates_at("/db", seconds_from_now(100));
  const handle db = rotating(600 * second);
  EXPECT_EQ(text(db), "old");
  pass(101 * second);
  EXPECT_EQ(text(db), "old");
  expect_calls(2, 1);
  pass(590 * second);
  EXPECT_EQ(text(db), "old");
  expect_calls(2, 1);
}

TEST_F(rotation_test, a_rotation_in_the_past_says_nothing) {
  for (const std::int64_t when : {seconds_from_now(-100), std::int64_t{0}, std::int64_t{-1},
                                  std::numeric_limits<std::int64_t>::min()}) {
    secrets_.put("/late", "x");
    secrets_.rotates_at("/late", when);
    const handle late = secret("/late", {.max_age = 600 * second, .rotation_aware = true});
    late.invalidate();
    const std::size_t before = secrets_.call_count();
    EXPECT_EQ(text(late), "x");
    pass(590 * second);
    EXPECT_EQ(text(late), "x");
    EXPECT_EQ(secrets_.call_count(), before + 2) << when;
  }
}

TEST_F(rotation_test, without_the_permission_it_is_read_like_any_other_and_that_is_remembered) {
  const handle db = rotating();
  EXPECT_EQ(text(db), "old");
  secrets_.deny(describe);
  secrets_.put("/db", "new");
  pass(61 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(2, 2);
  pass(61 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(2, 3);
  secrets_.allow(describe);
  pass(301 * second);
  EXPECT_EQ(text(db), "new");
  expect_calls(3, 3);
}

TEST_F(rotation_test, a_first_read_without_the_permission) {
  secrets_.deny(describe);
  EXPECT_EQ(text(rotating()), "old");
  expect_calls(1, 1);
}

TEST_F(rotation_test, what_may_not_be_described_is_one_secret) {
  secrets_.put("/other", "x");
  const handle other = secret("/other", {.max_age = 60 * second, .rotation_aware = true});
  EXPECT_EQ(text(other), "x");
  secrets_.intercept([](const fake_secrets::call& asked) {
    return asked.operation == describe && asked.names.at(0) == "/db"
               ? fake_secrets::reply{400, error_body("AccessDeniedException"), {}}
               : fake_secrets::reply{};
  });
  EXPECT_EQ(text(rotating()), "old");
  pass(61 * second);
  EXPECT_EQ(text(other), "x");
  expect_calls(3, 2);
}

TEST_F(rotation_test, a_throttled_description_serves_stale) {
  const handle db = rotating();
  EXPECT_EQ(text(db), "old");
  throttle_descriptions();
  pass(61 * second);
  EXPECT_EQ(text(db), "old");
  EXPECT_EQ(cache().stats().stale, 1U);
  EXPECT_EQ(secrets_.calls_of(single), 1U);
}

TEST_F(rotation_test, a_value_that_is_there_does_not_wait_for_its_description) {
  hold_descriptions();
  const handle db = rotating();
  EXPECT_EQ(text(db), "old");
  EXPECT_EQ(text(db), "old");
  expect_calls(1, 1);
  answer_.open();
}

TEST_F(rotation_test, what_is_to_be_deleted_is_not_current) {
  const handle db = rotating();
  EXPECT_EQ(text(db), "old");
  secrets_.remove("/db");
  pass(61 * second);
  EXPECT_EQ(failure_of(db).code, "InvalidRequestException");
}

TEST_F(rotation_test, what_does_not_exist) {
  const handle none = secret("/none", {.rotation_aware = true});
  EXPECT_EQ(failure_of(none).kind, error_kind::not_found);
  EXPECT_EQ(failure_of(none).name, "/none");
}

TEST_F(rotation_test, given_up_while_it_is_described) {
  const handle db = rotating();
  hold_descriptions();
  const auto first = start(db);
  wait_for_descriptions(1);
  first->give_up();
  answer_.open();
  EXPECT_EQ(text(db), "old");
  pass(61 * second);
  gate second_answer;
  secrets_.intercept([&](const fake_secrets::call&) {
    second_answer.wait();
    return fake_secrets::reply{};
  });
  const std::size_t before = secrets_.calls_of(describe);
  const auto second_read = start(db);
  wait_for_descriptions(before + 1);
  second_read->give_up();
  second_answer.open();
  EXPECT_EQ(text(db), "old");
}

TEST_F(rotation_test, the_cache_ends_while_it_is_described) {
  hold_descriptions();
  auto own = std::make_shared<wiring::wired_cache>(
      config_, [this](std::string_view name) -> std::optional<std::string> {
        const auto found = env_.find(std::string(name));
        return found == env_.end() ? std::nullopt : std::optional(found->second);
      });
  const auto spec = wiring::secret_spec("/db", {.rotation_aware = true});
  const auto bound = own->bind(spec.value());
  const auto reading = wiring::read_operation::start(*own, {bound->read(core::no_deadline)});
  wait_for_descriptions(1);
  own.reset();
  ASSERT_TRUE(reading->poll());
  EXPECT_EQ(reading->outcomes().front().failure.value().kind, error_kind::cancelled);
  answer_.open();
}

}  // namespace
}  // namespace lambda_cache::test
