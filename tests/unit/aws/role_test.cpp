#include "aws/role.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

constexpr const char* arn = "arn:aws:iam::123456789012:role/path/reader";

TEST(IdentityOf, TellsRolesExternalIdsAndSessionsApart) {
  EXPECT_EQ(identity_of({}), "");
  const std::string plain = identity_of({.role_arn = arn});
  const std::string external = identity_of({.role_arn = arn, .external_id = "x1"});
  EXPECT_NE(plain, "");
  EXPECT_NE(plain, external);
  EXPECT_NE(external, identity_of({.role_arn = arn, .external_id = "x2"}));
  EXPECT_NE(plain, identity_of({.role_arn = std::string(arn) + "2"}));
  const std::string session = identity_of({.role_arn = arn, .session_name = "s1"});
  EXPECT_NE(plain, session);
  EXPECT_NE(external, session);
  EXPECT_NE(session, identity_of({.role_arn = arn, .session_name = "s2"}));
  EXPECT_NE(session, identity_of({.role_arn = arn, .external_id = "s1"}));
  EXPECT_EQ(plain, identity_of({.role_arn = arn, .duration = 900}))
      << "what is read does not depend on how long the keys last";
}

TEST(CheckRole, TakesLegalOnes) {
  for (const std::string legal : {arn, "arn:aws-us-gov:iam::000000000000:role/a",
                                  "arn:aws-cn:iam::123456789012:role/A+=,.@-_"})
    EXPECT_TRUE(check_role({.role_arn = legal})) << legal;
  EXPECT_TRUE(check_role({}));
  EXPECT_TRUE(check_role(
      {.role_arn = arn, .external_id = "a:b/c", .session_name = "a@b", .duration = 43'200}));
}

TEST(CheckRole, NamesTheOptionAndTheLegalValues) {
  const auto refusal = [](const role_settings& role) {
    const auto checked = check_role(role);
    if (checked) return std::string("(legal)");
    EXPECT_EQ(checked.error().kind, error_kind::invalid_argument);
    return checked.error().message;
  };
  for (const std::string wrong :
       {"reader", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:user/x",
        "arn:aws:iam::123456789012:role/", "arn:aws:sts::123456789012:role/x",
        "arn:aws:iam::123456789012:role/a b", "arn:aws:iam::123456789012:role/a/", "arn:aws"})
    EXPECT_NE(refusal({.role_arn = wrong}).find("arn:aws:iam::123456789012:role/name"),
              std::string::npos)
        << wrong;
  EXPECT_NE(refusal({.external_id = "ab"}).find("role_arn"), std::string::npos);
  EXPECT_NE(refusal({.role_arn = arn, .external_id = "a"}).find("external_id"), std::string::npos);
  EXPECT_NE(refusal({.role_arn = arn, .session_name = "a b"}).find("role_session_name"),
            std::string::npos);
  for (const int seconds : {899, 43'201, -1})
    EXPECT_NE(refusal({.role_arn = arn, .duration = seconds}).find("900 to 43200"),
              std::string::npos);
}

TEST(DefaultSessionName, IsLegal) {
  EXPECT_EQ(default_session_name(""), "lambda-cache-session");
  EXPECT_EQ(default_session_name("my_fn-1"), "lambda-cache-my_fn-1");
  const std::string longest = default_session_name(std::string(200, '/'));
  EXPECT_EQ(longest.size(), 64U);
  EXPECT_TRUE(check_role({.role_arn = arn, .session_name = longest}));
}

}  // namespace
}  // namespace lambda_cache::aws
