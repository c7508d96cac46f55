// What a failing service does to readers, and what readers do to a failing service.
#include "wired_fixture.hpp"

#include <iostream>

namespace lambda_cache::test {
namespace {

using core::millisecond;
using core::second;

class failure_test : public wired_fixture {
 protected:
  void throttle() {
    ssm_.intercept([](const fake_ssm::call&) {
      return fake_ssm::reply{400, error_body("ThrottlingException", "Rate exceeded"), {}};
    });
  }
};

TEST_F(failure_test, a_throttled_minute) {
  ssm_.put("/app/var", "kept");
  const handle var = open("/app/var", {.max_age = 10 * second});
  EXPECT_EQ(text(var), "kept");
  pass(11 * second);
  throttle();
  for (int read = 0; read < 60 * 200; ++read) {
    ASSERT_EQ(var.get().text(), "kept");
    pass(5 * millisecond);
  }
  const std::size_t calls = ssm_.call_count() - 1;
  EXPECT_GE(calls, 2U) << "it kept trying";
  EXPECT_LE(calls, 40U) << "and never stormed";
  EXPECT_EQ(cache().stats().stale, 60U * 200U);
  ssm_.answer_normally();
  ssm_.put("/app/var", "new");
  pass(31 * second);
  EXPECT_EQ(text(var), "new");
}

TEST_F(failure_test, ten_throttled_minutes) {
  ssm_.put("/app/var", "kept");
  const handle var = open("/app/var", {.max_attempts = 1});
  EXPECT_EQ(text(var), "kept");
  throttle();
  constexpr auto between = 200 * millisecond;
  const auto calls_during = [&](core::nanos span, const auto& read) {
    const std::size_t before = ssm_.call_count();
    for (core::nanos gone = 0; gone < span && !HasFailure(); gone += between) {
      read();
      pass(between);
    }
    return ssm_.call_count() - before;
  };
  const auto is_kept = [&] { EXPECT_EQ(var.get().text(), "kept"); };
  EXPECT_EQ(calls_during(59 * second, is_kept), 0U);
  pass(second);
  // The delays are spread evenly between 0.1 and at most 30 s.
  const std::size_t stale = calls_during(299 * second, is_kept);
  EXPECT_GE(stale, 9U);
  EXPECT_LE(stale, 55U);
  pass(second);
  const std::size_t failing = calls_during(240 * second, [&] {
    const error_info why = failure_of(var);
    EXPECT_EQ(why.kind, error_kind::throttled);
    EXPECT_TRUE(why.message.contains("ThrottlingException")) << why.message;
    EXPECT_TRUE(why.message.contains("/app/var")) << why.message;
  });
  EXPECT_GE(failing, 46U) << "five seconds at the latest";
  EXPECT_LE(failing, 90U) << "far below one for each of the 1,200 reads";
  std::cout << "throttled for 10 minutes: " << stale << " + " << failing << " calls\n";
  ssm_.answer_normally();
  ssm_.put("/app/var", "new");
  pass(5 * second);
  EXPECT_EQ(text(var), "new");
}

TEST_F(failure_test, stale_ends_where_it_was_said_to) {
  ssm_.put("/app/var", "kept");
  const handle var = open("/app/var", {.max_age = 10 * second, .stale_if_error = 20 * second});
  EXPECT_EQ(text(var), "kept");
  throttle();
  pass(29 * second);
  EXPECT_EQ(text(var), "kept");
  pass(2 * second);
  const error_info why = failure_of(var);
  EXPECT_EQ(why.kind, error_kind::throttled);
  EXPECT_EQ(why.code, "ThrottlingException");
  EXPECT_EQ(why.http_status, 400);
  EXPECT_TRUE(why.retryable);
  EXPECT_EQ(why.name, "/app/var");
}

TEST_F(failure_test, stale_if_error_zero_turns_it_off) {
  ssm_.put("/app/var", "kept");
  const handle var = open("/app/var", {.max_age = 10 * second, .stale_if_error = 0});
  EXPECT_EQ(text(var), "kept");
  throttle();
  pass(11 * second);
  EXPECT_EQ(failure_of(var).kind, error_kind::throttled);
}

TEST_F(failure_test, a_forced_read_is_never_stale_and_ignores_the_back_off) {
  ssm_.put("/app/var", "kept");
  const handle var = open("/app/var", {.max_age = 10 * second, .max_attempts = 1});
  EXPECT_EQ(text(var), "kept");
  throttle();
  pass(11 * second);
  EXPECT_EQ(text(var), "kept");
  const std::size_t before = ssm_.call_count();
  EXPECT_THROW((void)var.refresh(), error);
  EXPECT_EQ(ssm_.call_count(), before + 1);
  EXPECT_EQ(text(var), "kept");
}

TEST_F(failure_test, a_refusal_is_remembered_for_five_seconds) {
  const handle var = open("/app/none");
  EXPECT_EQ(failure_of(var).code, "ParameterNotFound");
  EXPECT_EQ(failure_of(var).kind, error_kind::not_found);
  EXPECT_EQ(ssm_.call_count(), 1U);
  ssm_.put("/app/none", "now");
  pass(6 * second);
  EXPECT_EQ(text(var), "now");
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(failure_test, not_found_drops_the_value_access_denied_keeps_it) {
  ssm_.put("/app/var", "kept");
  const handle strict = open("/app/var", {.max_age = 10 * second});
  const handle lax = open("/app/var", {.max_age = 1000 * second});
  EXPECT_EQ(text(strict), "kept");
  pass(11 * second);
  ssm_.deny("/app/var");
  EXPECT_EQ(failure_of(strict).kind, error_kind::access_denied);
  EXPECT_EQ(text(lax), "kept");
  pass(6 * second);
  ssm_.intercept([](const fake_ssm::call&) {
    return fake_ssm::reply{400, error_body("ParameterNotFound"), {}};
  });
  EXPECT_EQ(failure_of(strict).kind, error_kind::not_found);
  EXPECT_EQ(failure_of(lax).kind, error_kind::not_found);
}

TEST_F(failure_test, passing_failures_are_tried_again) {
  ssm_.put("/app/var", "x");
  std::atomic<int> asked{0};
  ssm_.intercept([&](const fake_ssm::call&) {
    return ++asked < 3 ? fake_ssm::reply{503, "busy", {}} : fake_ssm::reply{};
  });
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(ssm_.call_count(), 3U);
}

TEST_F(failure_test, garbage_is_an_error_that_says_so) {
  for (const char* garbage : {"<html>no</html>", "{\"Parameter\":", "{}", "[]", "null",
                              R"({"Parameter":{"Name":"/app/var"}})"}) {
    ssm_.intercept([&](const fake_ssm::call&) { return fake_ssm::reply{200, garbage, {}}; });
    const error_info why = failure_of(open("/app/var", {.max_attempts = 1}));
    EXPECT_EQ(why.kind, error_kind::protocol) << garbage << ": " << why.message;
    EXPECT_EQ(why.name, "/app/var");
    EXPECT_EQ(why.operation, "GetParameter");
  }
}

TEST_F(failure_test, an_answer_about_something_else) {
  ssm_.put("/a", "x");
  ssm_.put("/b", "y");
  ssm_.intercept([](const fake_ssm::call&) {
    return fake_ssm::reply{200, R"({"Parameters":[],"InvalidParameters":[]})", {}};
  });
  const std::vector<handle> both{open("/a"), open("/b")};
  const auto got = get_all(both);
  EXPECT_EQ(got[0].error().kind(), error_kind::protocol);
  EXPECT_NE(got[1].error().info().message.find("/b"), std::string::npos);
}

TEST_F(failure_test, nobody_there) {
  env_["AWS_ENDPOINT_URL_SSM"] = "http://127.0.0.1:1";
  const error_info why = failure_of(open("/app/var", {.max_attempts = 1}));
  EXPECT_EQ(why.kind, error_kind::connection);
  EXPECT_NE(why.message.find("127.0.0.1:1"), std::string::npos) << why.message;
  EXPECT_NE(why.message.find("/app/var"), std::string::npos) << why.message;
}

TEST_F(failure_test, missing_settings_say_what_to_set) {
  env_.erase("AWS_REGION");
  const error_info region = failure_of(open("/app/var"));
  EXPECT_EQ(region.kind, error_kind::invalid_argument);
  EXPECT_NE(region.message.find("AWS_REGION"), std::string::npos);
  env_["AWS_REGION"] = "eu-west-1";
  cache().reset();  // the configuration is read once
  env_.erase("AWS_ACCESS_KEY_ID");
  env_.erase("AWS_SECRET_ACCESS_KEY");
  const error_info keys = failure_of(open("/app/var"));
  EXPECT_EQ(keys.kind, error_kind::credentials);
  EXPECT_NE(keys.message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
  EXPECT_EQ(ssm_.call_count(), 0U);
}

}  // namespace
}  // namespace lambda_cache::test
