// Secrets through the whole of it: which calls are made, whose errors they are, what is kept.
#include "wired_fixture.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace lambda_cache::test {
namespace {

using core::second;

constexpr const char* single = "GetSecretValue";
constexpr const char* batch = "BatchGetSecretValue";

class secrets_test : public wired_fixture {
 protected:
  std::vector<handle> some(int count) {
    std::vector<handle> handles;
    for (int i = 0; i < count; ++i) {
      const std::string name = "/many/" + std::to_string(i);
      secrets_.put(name, "value " + std::to_string(i));
      handles.push_back(secret(name, {.max_age = 60 * second}));
    }
    return handles;
  }
  static void expect_all(const std::vector<handle>& handles) {
    const auto got = get_all(handles);
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_TRUE(got[i]) << got[i].error().what();
      EXPECT_EQ(got[i]->text(), "value " + std::to_string(i));
    }
  }
};

TEST_F(secrets_test, one_is_one_call) {
  const std::string id = secrets_.put("/prod/db", "p\"w");
  const handle db = secret("/prod/db");
  for (int round = 0; round < 3; ++round) {
    const Value& now = db.get();
    EXPECT_EQ(now.text(), "p\"w");
    EXPECT_EQ(now.type(), "SecretString");
    EXPECT_EQ(now.version_id(), id);
    EXPECT_FALSE(now.is_binary());
    EXPECT_FALSE(now.is_list());
    EXPECT_EQ(now.list(), std::vector<std::string_view>{"p\"w"});
    EXPECT_EQ(now.list('"'), (std::vector<std::string_view>{"p", "w"}));
  }
  ASSERT_EQ(secrets_.call_count(), 1U);
  EXPECT_EQ(secrets_.calls()[0].operation, single);
  EXPECT_EQ(secrets_.calls()[0].names, std::vector<std::string>{"/prod/db"});
  EXPECT_EQ(secrets_.calls()[0].version_stage, "");
}

TEST_F(secrets_test, bytes_with_zeros) {
  secrets_.put_binary("/key", "AAECAP8=");
  const Value key = secret("/key").copy();
  EXPECT_TRUE(key.is_binary());
  EXPECT_EQ(key.type(), "SecretBinary");
  EXPECT_EQ(key.text(), std::string_view("\0\1\2\0\xff", 5));
}

TEST_F(secrets_test, the_largest_there_is) {
  const std::string large(65536, '\\');
  std::vector<handle> handles;
  for (int i = 0; i < 20; ++i) {
    secrets_.put("/large/" + std::to_string(i), large);
    handles.push_back(secret("/large/" + std::to_string(i)));
  }
  for (const auto& got : get_all(handles)) {
    ASSERT_TRUE(got) << got.error().what();
    EXPECT_EQ(got->text(), large);
  }
  EXPECT_EQ(secrets_.call_count(), 1U);
  secrets_.put("/alone", large);
  EXPECT_EQ(text(secret("/alone")), large);
}

TEST_F(secrets_test, twenty_are_one_call) {
  const auto handles = some(20);
  expect_all(handles);
  expect_all(handles);
  ASSERT_EQ(secrets_.call_count(), 1U);
  EXPECT_EQ(secrets_.calls()[0].operation, batch);
  EXPECT_EQ(secrets_.calls()[0].names.size(), 20U);
}

TEST_F(secrets_test, one_more_is_a_call_beside_it) {
  const auto handles = some(21);
  // Neither is answered before both have come.
  std::atomic<int> arrived{0};
  secrets_.intercept([&](const fake_secrets::call&) {
    if (++arrived == 2) answer_.open();
    answer_.wait();
    return fake_secrets::reply{};
  });
  expect_all(handles);
  const auto calls = secrets_.calls();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(secrets_.calls_of(batch), 1U);
  EXPECT_EQ(secrets_.calls_of(single), 1U);
  EXPECT_EQ(calls[0].names.size() + calls[1].names.size(), 21U);
}

TEST_F(secrets_test, secrets_and_parameters_are_read_side_by_side) {
  secrets_.put("/twin", "a secret");
  ssm_.put("/twin", "a parameter");
  std::atomic<int> arrived{0};
  const auto both_first = [&](const fake_service::call&) {
    if (++arrived == 2) answer_.open();
    answer_.wait();
    return fake_service::reply{};
  };
  secrets_.intercept(both_first);
  ssm_.intercept(both_first);
  const std::vector<handle> twins{secret("/twin"), open("/twin")};
  for (int round = 0; round < 2; ++round) {
    const auto got = get_all(twins);
    EXPECT_EQ(got[0].value().text(), "a secret");
    EXPECT_EQ(got[1].value().text(), "a parameter");
  }
  EXPECT_EQ(secrets_.call_count(), 1U);
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(secrets_test, a_role_without_the_batch_asks_for_each_and_remembers_it) {
  const auto handles = some(3);
  secrets_.deny(batch);
  expect_all(handles);
  EXPECT_EQ(secrets_.calls_of(batch), 1U);
  EXPECT_EQ(secrets_.calls_of(single), 3U);
  pass(61 * second);
  expect_all(handles);
  EXPECT_EQ(secrets_.calls_of(batch), 1U) << "it was remembered";
  EXPECT_EQ(secrets_.calls_of(single), 6U);
  secrets_.allow(batch);
  pass(301 * second);
  expect_all(handles);
  EXPECT_EQ(secrets_.calls_of(batch), 2U) << "roles get mended";
}

TEST_F(secrets_test, it_is_remembered_also_when_one_of_them_fails) {
  auto handles = some(2);
  handles.push_back(secret("/none"));
  secrets_.deny(batch);
  EXPECT_FALSE(get_all(handles)[2]);
  pass(61 * second);
  const auto got = get_all(handles);
  EXPECT_TRUE(got[0]);
  EXPECT_TRUE(got[1]);
  EXPECT_FALSE(got[2]);
  EXPECT_EQ(secrets_.calls_of(batch), 1U);
  secrets_.allow(batch);
  secrets_.put("/none", "there now");
  pass(301 * second);
  EXPECT_TRUE(get_all(handles)[2]);
  EXPECT_EQ(secrets_.call_count(), 8U) << "and nothing is held against any of them";
}

TEST_F(secrets_test, a_denied_one_and_a_missing_one_fail_alone_with_their_own_errors) {
  secrets_.put("/a", "value a");
  secrets_.put("/denied", "no");
  secrets_.deny("/denied");
  const auto got = get_all(std::vector{secret("/a"), secret("/denied"), secret("/none")});
  EXPECT_EQ(got[0].value().text(), "value a");
  const error_info& denied = got[1].error().info();
  EXPECT_EQ(denied.kind, error_kind::access_denied);
  EXPECT_EQ(denied.code, "AccessDeniedException");
  EXPECT_EQ(denied.name, "/denied");
  EXPECT_EQ(denied.service, "secretsmanager");
  EXPECT_NE(denied.message.find("secretsmanager:GetSecretValue"), std::string::npos)
      << denied.message;
  const error_info& none = got[2].error().info();
  EXPECT_EQ(none.kind, error_kind::not_found);
  EXPECT_EQ(none.code, "ResourceNotFoundException");
  EXPECT_EQ(none.name, "/none");
  EXPECT_EQ(secrets_.call_count(), 1U);
}

TEST_F(secrets_test, what_an_answer_has_no_room_for_is_asked_for_alone) {
  const auto handles = some(5);
  secrets_.page(3);
  expect_all(handles);
  EXPECT_EQ(secrets_.calls_of(batch), 1U);
  EXPECT_EQ(secrets_.calls_of(single), 2U);
  pass(61 * second);
  secrets_.page(20);
  expect_all(handles);
  EXPECT_EQ(secrets_.calls_of(batch), 2U);
}

TEST_F(secrets_test, a_stage_or_a_version_goes_alone) {
  const std::string first = secrets_.put("/db", "old");
  secrets_.put("/db", "new");
  secrets_.put("/other", "other");
  const std::vector<handle> handles{secret("/db"), secret("/other"),
                                    secret("/db", {.version_stage = "AWSPREVIOUS"}),
                                    secret("/db", {.version_id = first})};
  const auto got = get_all(handles);
  EXPECT_EQ(got[0].value().text(), "new");
  EXPECT_EQ(got[1].value().text(), "other");
  EXPECT_EQ(got[2].value().text(), "old");
  EXPECT_EQ(got[3].value().text(), "old");
  EXPECT_EQ(got[3].value().version_id(), first);
  EXPECT_EQ(secrets_.calls_of(batch), 1U);
  EXPECT_EQ(secrets_.calls_of(single), 2U);
}

TEST_F(secrets_test, a_version_is_never_read_again_a_stage_is) {
  const std::string first = secrets_.put("/db", "one");
  secrets_.put("/db", "two");
  const handle version = secret("/db", {.max_age = second, .version_id = first});
  const handle stage = secret("/db", {.max_age = second, .version_stage = "AWSPREVIOUS"});
  EXPECT_EQ(text(version), "one");
  EXPECT_EQ(text(stage), "one");
  secrets_.put("/db", "three");
  pass(1000 * second);
  EXPECT_EQ(text(version), "one");
  EXPECT_EQ(secrets_.call_count(), 2U);
  EXPECT_EQ(text(stage), "two");
  EXPECT_EQ(refreshed(version), "one");
  EXPECT_EQ(secrets_.call_count(), 4U) << "but a forced read asks";
}

TEST_F(secrets_test, the_present_stage_is_the_same_as_none) {
  secrets_.put("/db", "x");
  EXPECT_EQ(text(secret("/db")), "x");
  EXPECT_EQ(text(secret("/db", {.version_stage = "AWSCURRENT"})), "x");
  EXPECT_EQ(secrets_.call_count(), 1U);
}

TEST_F(secrets_test, arns) {
  secrets_.put("prod/db", "x");
  secrets_.put("other", "y");
  const std::string whole = fake_secrets::arn_of("prod/db");
  EXPECT_EQ(text(secret(whole)), "x");
  EXPECT_EQ(secrets_.calls()[0].names[0], whole);
  const auto got = get_all(std::vector{secret(whole.substr(0, whole.size() - 7)),
                                       secret(fake_secrets::arn_of("other"))});
  EXPECT_EQ(got[0].value().text(), "x");
  EXPECT_EQ(got[1].value().text(), "y");
  EXPECT_EQ(secrets_.call_count(), 2U);
}

TEST_F(secrets_test, a_throttled_batch_is_not_split) {
  const auto handles = some(3);
  secrets_.intercept([](const fake_secrets::call&) {
    return fake_secrets::reply{400, error_body("ThrottlingException"), {}};
  });
  for (const auto& got : get_all(handles))
    EXPECT_EQ(got.error().kind(), error_kind::throttled);
  EXPECT_EQ(secrets_.calls_of(single), 0U);
}

TEST_F(secrets_test, an_endpoint_that_does_not_know_the_batch) {
  const auto handles = some(2);
  secrets_.intercept([](const fake_secrets::call& asked) {
    return asked.operation == batch
               ? fake_secrets::reply{400, error_body("UnknownOperationException"), {}}
               : fake_secrets::reply{};
  });
  expect_all(handles);
  pass(61 * second);
  expect_all(handles);
  EXPECT_EQ(secrets_.calls_of(batch), 1U);
}

}  // namespace
}  // namespace lambda_cache::test
