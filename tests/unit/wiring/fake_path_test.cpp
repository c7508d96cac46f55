// The test kit: reads of all that a path holds.
#include <lambda_cache/lambda_cache.hpp>
#include <lambda_cache/testing.hpp>

#include "fake_cloud_fixture.hpp"

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;
using testing::call;
using testing::fake_cloud;

class fake_path_test : public fake_cloud_fixture {
 protected:
  fake_path_test() {
    cloud_.put_parameter("/app/db/host", "localhost");
    cloud_.put_parameter("/app/hosts", "a,b", {.type = "StringList"});
    cloud_.put_parameter("/app/key", "hidden", {.type = "SecureString"});
    cloud_.put_parameter("/apple", "of another path");
  }
  using names = std::vector<std::string>;
  static names names_of(const Value& of) {
    names out;
    for (const auto name : of.names())
      out.emplace_back(name);
    return out;
  }
  static names names_in(std::string_view path, const ssm::path_options& how = {}) {
    return names_of(ssm::path(path, how).get());
  }

  fake_cloud cloud_;
};

TEST_F(fake_path_test, all_that_it_holds) {
  const handle all = ssm::path("/app/");
  EXPECT_EQ(names_of(all.get()), (names{"db/host", "hosts", "key"}));
  EXPECT_EQ(all.get().text("db/host"), "localhost");
  EXPECT_EQ(all.get().text("key"), "hidden");
  EXPECT_EQ(cloud_.calls(), (std::vector<call>{{"ssm", "GetParametersByPath", {"/app/"}}}));
  EXPECT_EQ(names_in("/app", {.recursive = false}), (names{"hosts", "key"}));
  EXPECT_EQ(names_in("/"), (names{"app/db/host", "app/hosts", "app/key", "apple"}));
  EXPECT_EQ(names_in("/nothing"), names{}) << "empty, not an error";
  EXPECT_NE(ssm::path("/app/", {.with_decryption = false}).get().text("key"), "hidden");
}

TEST_F(fake_path_test, filters) {
  EXPECT_EQ(names_in("/app/", {.filters = {{.key = "Type", .values = {"SecureString"}}}}),
            names{"key"});
  EXPECT_EQ(names_in("/app/", {.filters = {{.key = "Type", .values = {"String", "StringList"}}}}),
            (names{"db/host", "hosts"}));
  EXPECT_EQ(
      names_in("/app/", {.filters = {{.key = "Type", .values = {"String"}, .begins_with = true}}}),
      (names{"db/host", "hosts"}));
  EXPECT_EQ(names_in("/app/", {.filters = {{.key = "KeyId", .values = {"alias/aws/ssm"}}}}),
            names{"key"});
  EXPECT_EQ(names_in("/app/", {.filters = {{.key = "KeyId", .values = {"alias/mine"}}}}), names{});
}

TEST_F(fake_path_test, labels_choose_versions) {
  cloud_.put_parameter("/app/db/host", "db.internal");
  cloud_.put_parameter("/app/db/host", "db.next");
  cloud_.label_parameter("/app/db/host", "live", 2);
  const handle live = ssm::path("/app/", {.filters = {{.key = "Label", .values = {"live"}}}});
  EXPECT_EQ(names_of(live.get()), names{"db/host"});
  EXPECT_EQ(live.get().text("db/host"), "db.internal");
  EXPECT_EQ(ssm::path("/app/").get().text("db/host"), "db.next");
}

TEST_F(fake_path_test, is_read_again_as_a_whole) {
  const handle all = ssm::path("/app/", {.max_age = 60s});
  (void)all.get();
  cloud_.put_parameter("/app/new", "x");
  (void)cloud_.remove_parameter("/app/key");
  cloud_.move(59s);
  EXPECT_EQ(names_of(all.get()), (names{"db/host", "hosts", "key"}));
  cloud_.move(1s);
  EXPECT_EQ(names_of(all.get()), (names{"db/host", "hosts", "new"}));
}

TEST_F(fake_path_test, fails_by_its_own_name) {
  const handle forced = ssm::path("/app/", {.max_age = 0s});
  cloud_.fail("/app/", error_kind::access_denied, {.times = 1});
  const error_info denied = failure_of(forced);
  EXPECT_EQ(denied.kind, error_kind::access_denied);
  EXPECT_EQ(denied.name, "/app/");
  EXPECT_NE(denied.message.find("ssm:GetParametersByPath"), std::string::npos) << denied.message;
  cloud_.fail("/app", "ThrottlingException", {.times = 1, .service = "ssm"});
  EXPECT_EQ(failure_of(forced).kind, error_kind::throttled);
  cloud_.fail("/app/db/host", error_kind::access_denied);
  cloud_.fail("/apple", error_kind::access_denied);
  EXPECT_EQ(forced.get().text("db/host"), "localhost") << "what is in it is not asked for";
  EXPECT_EQ(cloud_.call_count("/app"), 3U);
  EXPECT_EQ(cloud_.call_count("/app/db/host"), 0U);
}

TEST_F(fake_path_test, hangs_by_its_own_name) {
  cloud_.hang("/app/");
  EXPECT_EQ(failure_of(ssm::path("/app/", {.timeout = 1ms})).kind, error_kind::timeout);
  EXPECT_EQ(text(ssm::parameter("/app/db/host")), "localhost");
  cloud_.release("/app/");
  EXPECT_EQ(names_in("/app/").size(), 3U);
}

}  // namespace
}  // namespace lambda_cache::test
