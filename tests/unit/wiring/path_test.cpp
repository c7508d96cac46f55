// What a path holds, kept as one entry.
#include <lambda_cache/error.hpp>

#include "path_fixture.hpp"

#include <atomic>

namespace lambda_cache::test {
namespace {

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
  ssm_.put("/app/db.json", R"({"user":"me"})");
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
