// What a path holds, read page after page, kept as one entry.
#include <lambda_cache/error.hpp>

#include "wired_fixture.hpp"

namespace lambda_cache::test {
namespace {

using core::second;
using names = std::vector<std::string_view>;

constexpr core::nanos short_wait = 50 * core::millisecond;  // expected to run out

class path_test : public wired_fixture {
 protected:
  void put_many(int count) {
    for (int i = 0; i < count; ++i)
      ssm_.put("/app/" + std::to_string(1000 + i), "value " + std::to_string(i));
  }
  /// The tokens that were asked with.
  std::vector<std::string> tokens() const {
    std::vector<std::string> out;
    for (const auto& call : ssm_.calls())
      out.push_back(call.token);
    return out;
  }
  void refuse_token_once(const std::string& token, const std::string& code) {
    ssm_.intercept(
        [token, code, done = std::make_shared<bool>(false)](const fake_ssm::call& asked) {
          if (asked.token != token || std::exchange(*done, true)) return fake_ssm::reply{};
          return fake_ssm::reply{400, error_body(code, "no"), {}};
        });
  }
};

using strings = std::vector<std::string>;

TEST_F(path_test, all_that_a_path_holds) {
  ssm_.put("/app/db/host", "localhost");
  ssm_.put("/app/hosts", "a,b,,c", "StringList");
  ssm_.put("/app/name", "x", "SecureString");
  ssm_.put("/apple/pie", "of another path");
  const handle config = open_path("/app/");
  const Value& all = config.get();
  ASSERT_TRUE(all.is_several());
  EXPECT_EQ(all.names(), (names{"db/host", "hosts", "name"}));
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(all.text("db/host"), "localhost");
  EXPECT_EQ(all.list("hosts"), (names{"a", "b", "", "c"}));
  EXPECT_EQ(all.value("name").type(), "SecureString");
  EXPECT_EQ(all.value("name").version(), 1);
  EXPECT_TRUE(all.contains("name"));
  EXPECT_FALSE(all.contains("pie"));
  EXPECT_EQ(all.text(), "");
  EXPECT_TRUE(all.list().empty());
  EXPECT_EQ(ssm_.call_count(), 1U);
  EXPECT_EQ(config.get().size(), 3U);
  EXPECT_EQ(ssm_.call_count(), 1U) << "kept as one entry";
  EXPECT_EQ(cache().stats().entries, 1U);
}

TEST_F(path_test, a_name_that_is_not_there) {
  ssm_.put("/app/x", "1");
  const Value all = open_path("/app").copy();
  try {
    (void)all.text("y");
    FAIL();
  } catch (const error& why) {
    EXPECT_EQ(why.kind(), error_kind::invalid_argument);
    EXPECT_STREQ(why.what(), "There is no value 'y' in it: it has x.");
  }
  const Value one = all.value("x");
  EXPECT_THROW((void)one.value("x"), error);
  EXPECT_EQ(one.size(), 0U);
}

TEST_F(path_test, one_level_only) {
  ssm_.put("/app/db/host", "localhost");
  ssm_.put("/app/name", "x");
  EXPECT_EQ(open_path("/app", {}, false).get().names(), (names{"name"}));
  EXPECT_EQ(open_path("/app", {}, true).get().names(), (names{"db/host", "name"}));
  EXPECT_EQ(ssm_.call_count(), 2U) << "two entries";
}

TEST_F(path_test, an_empty_path_is_an_empty_value_and_kept) {
  const handle config = open_path("/none");
  EXPECT_TRUE(config.get().is_several());
  EXPECT_TRUE(config.get());
  EXPECT_EQ(config.get().size(), 0U);
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(path_test, pages_to_the_end) {
  put_many(25);
  const handle config = open_path("/app");
  EXPECT_EQ(config.get().size(), 25U);
  EXPECT_EQ(config.get().text("1024"), "value 24");
  EXPECT_EQ(tokens(), (strings{"", "10", "20"}));
  EXPECT_EQ(cache().stats().loads, 1U) << "one flight";
  EXPECT_EQ(ssm_.connections(), 1);
}

TEST_F(path_test, empty_pages_are_not_the_end) {
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

TEST_F(path_test, a_repeated_token_ends_with_an_error) {
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

TEST_F(path_test, pages_without_end_end_with_an_error) {
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

TEST_F(path_test, a_foreign_parameter_in_the_answer_is_refused) {
  ssm_.intercept([](const fake_ssm::call&) {
    return fake_ssm::reply{
        200, R"({"Parameters":[{"Name":"/apple/x","Type":"String","Value":"hidden"}]})", {}};
  });
  const error_info why = failure_of(open_path("/app", {.max_attempts = 1}));
  EXPECT_EQ(why.kind, error_kind::protocol);
  EXPECT_NE(why.message.find("/apple/x"), std::string::npos) << why.message;
  EXPECT_EQ(why.message.find("hidden"), std::string::npos);
}

TEST_F(path_test, a_throttle_in_the_middle_asks_for_that_page_again) {
  put_many(25);
  refuse_token_once("10", "ThrottlingException");
  EXPECT_EQ(open_path("/app").get().size(), 25U);
  EXPECT_EQ(tokens(), (strings{"", "10", "10", "20"}));
}

TEST_F(path_test, each_page_has_its_own_attempts) {
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

TEST_F(path_test, a_lasting_throttle_in_the_middle_fails_the_whole) {
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

TEST_F(path_test, the_old_value_is_served_while_a_later_page_fails) {
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

TEST_F(path_test, a_token_that_is_not_taken_any_more_starts_over) {
  put_many(25);
  refuse_token_once("20", "InvalidNextToken");
  EXPECT_EQ(open_path("/app").get().size(), 25U);
  EXPECT_EQ(tokens(), (strings{"", "10", "20", "", "10", "20"}));
}

TEST_F(path_test, but_once_only) {
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

TEST_F(path_test, what_moved_between_pages_counts_once_in_its_newest_version) {
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

TEST_F(path_test, the_deadline_is_that_of_all_pages) {
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

TEST_F(path_test, it_is_as_old_as_its_first_page) {
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

TEST_F(path_test, what_the_role_may_not_do_is_named) {
  ssm_.deny("GetParametersByPath");
  const error_info why = failure_of(open_path("/app/"));
  EXPECT_EQ(why.kind, error_kind::access_denied);
  EXPECT_EQ(why.code, "AccessDeniedException");
  EXPECT_EQ(why.operation, "GetParametersByPath");
  EXPECT_EQ(why.name, "/app/");
  EXPECT_NE(why.message.find("Add ssm:GetParametersByPath on the path, whose ARN ends in "
                             "\":parameter/app/\""),
            std::string::npos)
      << why.message;
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(path_test, single_names_and_paths_keep_apart) {
  ssm_.put("/app/x", "1");
  const handle config = open_path("/app");
  EXPECT_EQ(config.get().text("x"), "1");
  // The role may read the path and not the name, so what the path brought says nothing of the name.
  ssm_.deny("GetParameter");
  ssm_.deny("GetParameters");
  EXPECT_EQ(failure_of(open("/app/x")).kind, error_kind::access_denied);
  EXPECT_EQ(failure_of(open("/app")).kind, error_kind::access_denied);
  EXPECT_EQ(config.get().text("x"), "1");
}

TEST_F(path_test, entries_are_told_apart_by_all_that_changes_them) {
  ssm_.put("/app/x", "1");
  const std::vector<handle> all = {
      open_path("/app"),
      open_path("/app/"),
      open_path("/app", {}, false),
      open_path("/app", {.decrypt = false}),
      open_path("/app", {.region = "us-east-1"}),
      open_path("/app", {}, true, {{"Label", {"a"}}}),
      open_path("/app", {}, true, {{"Label", {"a", "b"}}}),
      open_path("/app", {}, true, {{"Type", {"String"}}}),
  };
  for (const handle& each : all)
    EXPECT_EQ(each.get().size(), 1U);
  EXPECT_EQ(ssm_.call_count(), all.size());
  EXPECT_EQ(open_path("/app", {}, true, {{"Label", {"b", "a"}}}).get().size(), 1U);
  EXPECT_EQ(ssm_.call_count(), all.size()) << "the order of values is none of that";
  EXPECT_NE(ssm_.calls()[6].body.find(
                R"("ParameterFilters":[{"Key":"Label","Option":"Equals","Values":["a","b"]}])"),
            std::string::npos);
}

TEST_F(path_test, it_counts_with_all_its_bytes) {
  ssm_.put("/app/x", std::string(5000, 'x'));
  ssm_.put("/app/y", std::string(3000, 'y'));
  (void)open_path("/app").get();
  EXPECT_GE(cache().stats().bytes, 8000U);
  EXPECT_LE(cache().stats().bytes, 10000U);
}

TEST_F(path_test, a_member_outlives_the_whole) {
  ssm_.put("/app/x", "1");
  const handle config = open_path("/app");
  const Value one = config.get().value("x");
  ssm_.put("/app/x", "2");
  EXPECT_TRUE(config.refresh().contains("x"));
  EXPECT_EQ(one.text(), "1");
  EXPECT_EQ(config.get().text("x"), "2");
}

TEST_F(path_test, paths_and_names_are_read_in_one_round) {
  ssm_.put("/app/x", "1");
  ssm_.put("/one", "2");
  gate all_came;
  std::atomic<int> came{0};
  // Each call is answered only when all three are there.
  ssm_.intercept([&](const fake_ssm::call&) {
    if (++came == 3) all_came.open();
    all_came.wait();
    return fake_ssm::reply{};
  });
  const std::vector<handle> wanted = {open_path("/app"), open("/one"),
                                      open_path("/app", {}, false)};
  const auto got = get_all(wanted);
  ssm_.answer_normally();
  EXPECT_EQ(got[0]->text("x"), "1");
  EXPECT_EQ(got[1]->text(), "2");
  EXPECT_EQ(got[2]->text("x"), "1");
}

TEST_F(path_test, transforms_look_at_each_value) {
  ssm_.put("/app/db.json", R"({\"user\":\"me\"})");
  ssm_.put("/app/key.binary", "aGk=");
  ssm_.put("/app/name", "x");
  const handle config = open_path("/app/", {}, true, {}, {transform::automatic, {}, {}});
  EXPECT_EQ(config.get().text("db.json"), R"({"user":"me"})");
  EXPECT_EQ(config.get().text("key.binary"), "hi");
  EXPECT_TRUE(config.get().value("key.binary").is_binary());
  EXPECT_EQ(config.get().text("name"), "x");
  const error_info why =
      failure_of(open_path("/app/", {}, true, {}, {transform::json, "user", {}}));
  EXPECT_EQ(why.kind, error_kind::transform);
  EXPECT_EQ(why.name, "/app/key.binary");
  EXPECT_EQ(why.message.find("aGk="), std::string::npos);
  EXPECT_EQ(ssm_.call_count(), 1U) << "views of one entry";
}

}  // namespace
}  // namespace lambda_cache::test
