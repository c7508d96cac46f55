// Paths of more than one page: to the end, and what may happen on the way.
#include "path_fixture.hpp"

namespace lambda_cache::test {
namespace {

using core::second;

constexpr core::nanos short_wait = 50 * core::millisecond;  // expected to run out

class path_pages_test : public path_test {};

TEST_F(path_pages_test, pages_to_the_end) {
  put_many(25);
  const handle config = open_path("/app");
  EXPECT_EQ(config.get().size(), 25U);
  EXPECT_EQ(config.get().text("1024"), "value 24");
  EXPECT_EQ(tokens(), (strings{"", "10", "20"}));
  EXPECT_EQ(cache().stats().loads, 1U) << "one flight";
  EXPECT_EQ(ssm_.connections(), 1);
}

TEST_F(path_pages_test, empty_pages_are_not_the_end) {
  ssm_.put("/app/x", "1");
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.token.empty())
      return fake_ssm::reply{200, R"({"Parameters":[],"NextToken":"100"})", {}};
    if (asked.token == "100")
      return fake_ssm::reply{
          200,
          R"({"Parameters":[{"Name":"/app/y","Type":"String","Value":"2"}],"NextToken":"200"})",
          {}};
    return fake_ssm::reply{200, R"({"Parameters":[]})", {}};
  });
  EXPECT_EQ(open_path("/app").get().names(), (names{"y"}));
  EXPECT_EQ(ssm_.call_count(), 3U);
}

TEST_F(path_pages_test, a_repeated_token_ends_with_an_error) {
  ssm_.intercept([](const fake_ssm::call&) {
    return fake_ssm::reply{200, R"({"Parameters":[],"NextToken":"same"})", {}};
  });
  const error_info why = failure_of(open_path("/app"));
  EXPECT_EQ(why.kind, error_kind::protocol);
  EXPECT_EQ(why.operation, "GetParametersByPath");
  EXPECT_EQ(why.name, "/app");
  EXPECT_NE(why.message.find("same NextToken twice"), std::string::npos) << why.message;
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(path_pages_test, pages_without_end_end_with_an_error) {
  ssm_.intercept([](const fake_ssm::call& asked) {
    const std::string next = std::to_string(asked.token.empty() ? 1 : std::stoul(asked.token) + 1);
    return fake_ssm::reply{200, R"({"Parameters":[],"NextToken":")" + next + "\"}", {}};
  });
  const error_info why = failure_of(open_path("/app", {.timeout = 600 * second}));
  EXPECT_EQ(why.kind, error_kind::rejected);
  EXPECT_NE(why.message.find("more than 10000 parameters, 2000 pages"), std::string::npos)
      << why.message;
  EXPECT_EQ(ssm_.call_count(), 2000U);
}

TEST_F(path_pages_test, a_foreign_parameter_in_the_answer_is_refused) {
  ssm_.intercept([](const fake_ssm::call&) {
    return fake_ssm::reply{
        200, R"({"Parameters":[{"Name":"/apple/x","Type":"String","Value":"hidden"}]})", {}};
  });
  const error_info why = failure_of(open_path("/app", {.max_attempts = 1}));
  EXPECT_EQ(why.kind, error_kind::protocol);
  EXPECT_NE(why.message.find("/apple/x"), std::string::npos) << why.message;
  EXPECT_EQ(why.message.find("hidden"), std::string::npos);
}

TEST_F(path_pages_test, a_throttle_in_the_middle_asks_for_that_page_again) {
  put_many(25);
  refuse_token_once("10", "ThrottlingException");
  EXPECT_EQ(open_path("/app").get().size(), 25U);
  EXPECT_EQ(tokens(), (strings{"", "10", "10", "20"}));
}

TEST_F(path_pages_test, each_page_has_its_own_attempts) {
  put_many(25);
  // Each page is refused once: with two attempts for the whole it would fail.
  ssm_.intercept([seen = std::make_shared<strings>()](const fake_ssm::call& asked) {
    if (!seen->empty() && seen->back() == asked.token) return fake_ssm::reply{};
    seen->push_back(asked.token);
    return fake_ssm::reply{400, error_body("ThrottlingException", "Rate exceeded"), {}};
  });
  EXPECT_EQ(open_path("/app", {.max_attempts = 2}).get().size(), 25U);
  EXPECT_EQ(tokens(), (strings{"", "", "10", "10", "20", "20"}));
}

TEST_F(path_pages_test, a_lasting_throttle_in_the_middle_fails_the_whole) {
  put_many(25);
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.token != "10") return fake_ssm::reply{};
    return fake_ssm::reply{400, error_body("ThrottlingException", "Rate exceeded"), {}};
  });
  const error_info why = failure_of(open_path("/app", {.max_attempts = 2}));
  EXPECT_EQ(why.kind, error_kind::throttled);
  EXPECT_EQ(why.name, "/app");
  EXPECT_EQ(tokens(), (strings{"", "10", "10"}));
  EXPECT_EQ(cache().stats().entries, 0U) << "no part of it is kept";
}

TEST_F(path_pages_test, the_old_value_is_served_while_a_later_page_fails) {
  put_many(15);
  const handle config = open_path("/app", {.max_age = 10 * second});
  EXPECT_EQ(config.get().size(), 15U);
  ssm_.put("/app/new", "x");
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.token.empty()) return fake_ssm::reply{};
    return fake_ssm::reply{500, error_body("InternalServerError", "no"), {}};
  });
  pass(11 * second);
  EXPECT_EQ(config.get().size(), 15U);
  EXPECT_EQ(cache().stats().stale, 1U);
}

TEST_F(path_pages_test, a_token_that_is_not_taken_any_more_starts_over) {
  put_many(25);
  refuse_token_once("20", "InvalidNextToken");
  EXPECT_EQ(open_path("/app").get().size(), 25U);
  EXPECT_EQ(tokens(), (strings{"", "10", "20", "", "10", "20"}));
}

TEST_F(path_pages_test, but_once_only) {
  put_many(25);
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.token != "10") return fake_ssm::reply{};
    return fake_ssm::reply{400, error_body("InvalidNextToken", "no"), {}};
  });
  const error_info why = failure_of(open_path("/app"));
  EXPECT_EQ(why.code, "InvalidNextToken");
  EXPECT_EQ(why.name, "/app");
  EXPECT_EQ(tokens(), (strings{"", "10", "", "10"}));
}

TEST_F(path_pages_test, what_moved_between_pages_counts_once_in_its_newest_version) {
  ssm_.intercept([](const fake_ssm::call& asked) {
    const auto page = [](int version, const std::string& value, const char* rest) {
      return fake_ssm::reply{200,
                             R"({"Parameters":[{"Name":"/app/x","Type":"String","Value":")" +
                                 value + R"(","Version":)" + std::to_string(version) + "}]" + rest +
                                 "}",
                             {}};
    };
    if (asked.token.empty()) return page(2, "second", R"(,"NextToken":"1")");
    if (asked.token == "1") return page(3, "third", R"(,"NextToken":"2")");
    return page(1, "first", "");
  });
  EXPECT_EQ(open_path("/app").get().text("x"), "third");
}

TEST_F(path_pages_test, the_deadline_is_that_of_all_pages) {
  put_many(25);
  gate& answer = answer_;
  ssm_.intercept([&](const fake_ssm::call& asked) {
    if (!asked.token.empty()) answer.wait();
    return fake_ssm::reply{};
  });
  const error_info why = failure_of(open_path("/app", {.timeout = short_wait}));
  EXPECT_EQ(why.kind, error_kind::timeout);
  EXPECT_NE(why.message.find("/app"), std::string::npos);
  EXPECT_NE(why.message.find("timeout_seconds"), std::string::npos) << why.message;
  answer.open();
}

TEST_F(path_pages_test, it_is_as_old_as_its_first_page) {
  put_many(15);
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (!asked.token.empty()) pass(30 * second);  // between the first page and the second
    return fake_ssm::reply{};
  });
  const handle config = open_path("/app", {.max_age = 60 * second});
  EXPECT_EQ(config.get().size(), 15U);
  ssm_.answer_normally();
  pass(29 * second);
  (void)config.get();
  EXPECT_EQ(ssm_.call_count(), 2U);
  pass(2 * second);
  (void)config.get();
  EXPECT_EQ(ssm_.call_count(), 4U);
}

}  // namespace
}  // namespace lambda_cache::test
