// One entry, looked at in several ways.
#include "wired_fixture.hpp"

#include <string>
#include <vector>

namespace lambda_cache::test {
namespace {

using core::second;

class view_test : public wired_fixture {
 protected:
  view_test() {
    secrets_.put("/db",
                 R"({"user":"admin","password":"canary-hunter2","port":5432,"hosts":["a","b"]})");
  }
  handle field(const std::string& path) { return secret("/db", {}, {.field = path}); }
};

TEST_F(view_test, handles_with_other_views_share_the_entry_and_the_call) {
  const std::vector<handle> all{secret("/db"),    field("password"),
                                field("port"),    field("hosts"),
                                field("hosts.1"), secret("/db", {}, {.how = transform::json})};
  const auto got = get_all(all);
  EXPECT_EQ(got[1].value().text(), "canary-hunter2");
  EXPECT_EQ(got[2].value().text(), "5432");
  EXPECT_EQ(got[3].value().text(), R"(["a","b"])");
  EXPECT_EQ(got[4].value().text(), "b");
  EXPECT_EQ(got[0].value().text(), got[5].value().text());
  EXPECT_EQ(got[1].value().type(), "SecretString");
  EXPECT_EQ(got[1].value().version_id(), got[0].value().version_id());
  for (const handle& each : all)
    EXPECT_NE(each.peek(), nullptr);
  EXPECT_EQ(text(all[1]), "canary-hunter2");
  EXPECT_EQ(secrets_.call_count(), 1U);
  EXPECT_EQ(cache().stats().entries, 1U);
}

TEST_F(view_test, what_one_refreshes_the_others_see) {
  const handle password = field("password");
  EXPECT_EQ(text(password), "canary-hunter2");
  secrets_.put("/db", R"({"password":"newer"})");
  EXPECT_EQ(refreshed(secret("/db")), R"({"password":"newer"})");
  EXPECT_EQ(text(password), "newer");
  EXPECT_EQ(secrets_.call_count(), 2U);
}

TEST_F(view_test, what_does_not_fit_is_an_error_and_the_value_stays) {
  const handle wrong = field("nothing");
  const error_info why = failure_of(wrong);
  EXPECT_EQ(why.kind, error_kind::transform);
  EXPECT_EQ(why.name, "/db");
  EXPECT_NE(why.message.find("'nothing'"), std::string::npos);
  EXPECT_EQ(why.message.find("canary-hunter2"), std::string::npos);
  EXPECT_EQ(failure_of(wrong).kind, error_kind::transform);
  EXPECT_EQ(wrong.peek(), nullptr);
  EXPECT_EQ(text(field("password")), "canary-hunter2");
  EXPECT_EQ(secrets_.call_count(), 1U);
}

TEST_F(view_test, a_value_that_fits_again_is_served) {
  secrets_.put("/late", "not yet");
  const handle late = secret("/late", {.max_age = 10 * second}, {.field = "a"});
  EXPECT_EQ(failure_of(late).kind, error_kind::transform);
  secrets_.put("/late", R"({"a":"b"})");
  pass(11 * second);
  EXPECT_EQ(text(late), "b");
}

TEST_F(view_test, bytes_behind_base64) {
  ssm_.put("/key", "AAECAP8=");
  const Value key = viewed("/key", {.how = transform::binary}).copy();
  EXPECT_TRUE(key.is_binary());
  EXPECT_EQ(key.text(), std::string_view("\0\1\2\0\xff", 5));
  EXPECT_EQ(key.type(), "String");
  EXPECT_EQ(key.version(), 1);
  ssm_.put("/no", "canary-hunter2!");
  const error_info why = failure_of(viewed("/no", {.how = transform::binary}));
  EXPECT_EQ(why.kind, error_kind::transform);
  EXPECT_EQ(why.message.find("canary-hunter2"), std::string::npos);
  secrets_.put_binary("/stored", "AP8=");
  EXPECT_EQ(text(secret("/stored", {}, {.how = transform::binary})), std::string_view("\0\xff", 2))
      << "bytes stay what they are";
}

TEST_F(view_test, automatic_goes_by_the_end_of_the_given_name) {
  ssm_.put("/a.json", "not JSON");
  ssm_.put("/a.binary", "YWJj");
  ssm_.put("/a.txt", "plain");
  const wiring::view_options automatic{.how = transform::automatic};
  EXPECT_EQ(failure_of(viewed("/a.json", automatic)).kind, error_kind::transform);
  EXPECT_EQ(failure_of(viewed("/a.json:1", automatic)).kind, error_kind::transform);
  EXPECT_EQ(failure_of(viewed("/a.json", automatic, {.version = 1})).kind, error_kind::transform);
  EXPECT_EQ(text(viewed("/a.binary", automatic)), "abc");
  EXPECT_EQ(text(viewed("/a.txt", automatic)), "plain");
  secrets_.put("/s.json", "not JSON");
  EXPECT_EQ(failure_of(secret(fake_secrets::arn_of("/s.json"), {}, automatic)).kind,
            error_kind::transform);
}

TEST_F(view_test, a_default_for_what_is_not_there) {
  const handle optional = secret("/none", {}, {.default_value = "fallback"});
  EXPECT_EQ(text(optional), "fallback");
  EXPECT_EQ(optional.get().type(), "default");
  EXPECT_EQ(text(secret("/none", {}, {.field = "a", .default_value = ""})), "");
  EXPECT_EQ(failure_of(secret("/none")).kind, error_kind::not_found);
  EXPECT_EQ(secrets_.call_count(), 1U) << "that it is not there is remembered";
  const auto got = get_all(std::vector{optional, secret("/db")});
  EXPECT_EQ(got[0].value().text(), "fallback");
  EXPECT_TRUE(got[1]);
  secrets_.put("/none", "there now");
  pass(6 * second);
  EXPECT_EQ(text(optional), "there now");
}

TEST_F(view_test, a_default_is_for_nothing_else) {
  secrets_.put("/denied", "x");
  secrets_.deny("/denied");
  EXPECT_EQ(failure_of(secret("/denied", {}, {.default_value = "fallback"})).kind,
            error_kind::access_denied);
}

TEST_F(view_test, a_version_and_a_label_as_options_are_those_in_the_name) {
  ssm_.put("/v", "x");
  EXPECT_EQ(text(viewed("/v", {}, {.version = 1})), "x");
  EXPECT_EQ(text(viewed("/v:1", {})), "x");
  EXPECT_EQ(ssm_.call_count(), 1U);
  EXPECT_EQ(ssm_.calls()[0].names[0], "/v:1");
  EXPECT_EQ(text(viewed("/v", {}, {.label = "live"})), "x");
  EXPECT_EQ(ssm_.calls()[1].names[0], "/v:live");
  pass(1000 * second);
  EXPECT_EQ(text(viewed("/v", {}, {.version = 1})), "x");
  EXPECT_EQ(ssm_.call_count(), 2U) << "a version is never read again";
}

TEST_F(view_test, a_list_split_on_a_delimiter_of_ones_own) {
  ssm_.put("/paths", "/a/b/c");
  const Value paths = open("/paths").copy();
  EXPECT_EQ(paths.list('/'), (std::vector<std::string_view>{"", "a", "b", "c"}));
  EXPECT_EQ(paths.list('x'), std::vector<std::string_view>{"/a/b/c"});
  const Value empty;
  EXPECT_TRUE(empty.list(',').empty());
  EXPECT_TRUE(empty.version_id().empty());
  EXPECT_FALSE(empty.is_binary());
}

}  // namespace
}  // namespace lambda_cache::test
