#include "cli/names.hpp"

#include "unit/cli/made.hpp"

namespace lambda_cache::cli {
namespace {

TEST(names_test, each_prefix_has_its_kind) {
  const auto is = [](std::string_view given, name_kind kind, std::string_view name) {
    const auto parsed = parse_name(given);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->kind, kind);
    EXPECT_EQ(parsed->name, name);
    EXPECT_EQ(parsed->given, given);
  };
  is("ssm:/app/x", name_kind::parameter, "/app/x");
  is("ssm:/app/x:3", name_kind::parameter, "/app/x:3");
  is("ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/app/x", name_kind::parameter,
     "arn:aws:ssm:eu-west-1:123456789012:parameter/app/x");
  is("ssm-path:/app/", name_kind::path, "/app/");
  is("secret:prod/db", name_kind::secret, "prod/db");
  is("s3://bucket/a b:c", name_kind::object, "s3://bucket/a b:c");
}

TEST(names_test, what_was_meant_is_guessed) {
  const auto means = [](std::string_view given, std::string_view guess) {
    const auto parsed = parse_name(given);
    ASSERT_FALSE(parsed) << given;
    EXPECT_NE(parsed.error().message.find("did you mean " + std::string(guess) + "?"),
              std::string::npos)
        << parsed.error().message;
  };
  means("/app/x", "ssm:/app/x");
  means("/app/x:3", "ssm:/app/x:3");
  means("/app/", "ssm-path:/app/");
  means("db", "ssm:db or secret:db");
  means("arn:aws:ssm:eu-west-1:1:parameter/x", "ssm:arn:aws:ssm:eu-west-1:1:parameter/x");
  means("arn:aws:secretsmanager:eu-west-1:1:secret:x",
        "secret:arn:aws:secretsmanager:eu-west-1:1:secret:x");
  means("arn:aws:s3:::bucket/key", "s3://bucket/key");
  means("s3:bucket/key", "s3://bucket/key");
  means("secretsmanager:db", "secret:db");
}

TEST(names_test, an_unknown_prefix_lists_the_legal_ones) {
  for (const std::string_view given : {"file:x", "", "ssm:", "arn:aws:iam::1:role/x"}) {
    const auto parsed = parse_name(given);
    ASSERT_FALSE(parsed) << given;
    for (const std::string_view legal : {"ssm:", "ssm-path:", "secret:", "s3://"})
      EXPECT_NE(parsed.error().message.find(legal), std::string::npos) << given;
    EXPECT_EQ(parsed.error().message.find("did you mean"), std::string::npos) << given;
  }
}

TEST(names_test, options_belong_to_kinds) {
  const auto refused = [](std::string_view name, wiring::entry_options options,
                          std::string_view option) {
    const auto got = make_wanted(*parse_name(name), std::move(options), {});
    ASSERT_FALSE(got) << name;
    EXPECT_NE(got.error().message.find(option), std::string::npos) << got.error().message;
  };
  refused("secret:a", {.label = "x"}, "--label");
  refused("ssm-path:/a/", {.label = "x"}, "--label");
  refused("ssm:/a", {.version_id = "x"}, "--version-id");
  refused("s3://bucket/a", {.version_stage = "x"}, "--version-stage");
  EXPECT_EQ(made("ssm:/a", {.label = "x"}).spec.locator, "/a:x");
  EXPECT_EQ(made("secret:a", {.version_stage = "AWSPREVIOUS"}).spec.selector,
            "version_stage=AWSPREVIOUS");
}

}  // namespace
}  // namespace lambda_cache::cli
