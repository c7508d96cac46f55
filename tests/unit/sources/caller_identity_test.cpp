#include "sources/caller_identity.hpp"

#include "support/fake_endpoint.hpp"
#include "unit/net/client_fixture.hpp"

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

namespace lambda_cache::sources {
namespace {

using identity = core::result<aws::caller_identity>;

class caller_identity_test : public testing::Test {
 protected:
  caller_identity_test() {
    settings_.fixed.emplace();
    settings_.fixed->access_key_id = "AKID";
    settings_.fixed->secret_access_key = {'s'};
    settings_.sts = {.region = "eu-west-1", .endpoint = {.url = sts_.url()}};
  }
  ~caller_identity_test() override {
    loop_.run([this] { tools_.reset(); });
  }

  identity ask(const aws::role_settings& role = {}) {
    std::promise<identity> promise;
    loop_.run([&] {
      if (!tools_) tools_ = std::make_shared<tools>(*loop_, net::tls_settings{}, settings_);
      ask_caller_identity(tools_, tools_->credentials_for(role), [&](identity_answer got) {
        difference_ = got.clock_difference;
        promise.set_value(std::move(got.who));
      });
    });
    return promise.get_future().get();
  }

  test::fake_endpoint sts_;
  credentials_settings settings_;
  net::running_loop loop_;
  std::shared_ptr<tools> tools_;
  std::optional<std::int64_t> difference_;
};

constexpr const char* answer =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/u</Arn>"
    "<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>";

TEST_F(caller_identity_test, says_whose_the_credentials_are) {
  sts_.answer_with([](const auto&) { return test::fake_endpoint::reply{200, answer}; });
  const identity who = ask();
  ASSERT_TRUE(who) << who.error().message;
  EXPECT_EQ(who->account, "123456789012");
  EXPECT_EQ(who->arn, "arn:aws:iam::1:user/u");
  const std::string asked = sts_.requests().at(0);
  EXPECT_NE(asked.find("Action=GetCallerIdentity&Version=2011-06-15"), std::string::npos);
  EXPECT_NE(asked.find("Credential=AKID/"), std::string::npos);
  EXPECT_EQ(tools_->credentials.describe(), "environment");
}

TEST_F(caller_identity_test, says_how_far_the_clocks_are_apart) {
  sts_.answer_with([](const auto&) { return test::fake_endpoint::reply{200, answer}; });
  ASSERT_TRUE(ask());
  EXPECT_EQ(difference_, std::nullopt) << "no Date, nothing to compare with";
  sts_.answer_with([](const auto&) {
    return test::fake_endpoint::reply{200, answer, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"};
  });
  ASSERT_TRUE(ask());
  ASSERT_TRUE(difference_);
  EXPECT_LT(*difference_, -1'700'000'000);
}

TEST_F(caller_identity_test, refusals_are_told) {
  sts_.answer_with([](const auto&) {
    return test::fake_endpoint::reply{
        403,
        "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token "
        "included in the request is invalid.</Message></Error></ErrorResponse>"};
  });
  const identity who = ask();
  ASSERT_FALSE(who);
  EXPECT_EQ(who.error().kind, error_kind::credentials);
  EXPECT_EQ(who.error().code, "InvalidClientTokenId");
  EXPECT_NE(who.error().message.find("sts:GetCallerIdentity"), std::string::npos);
}

TEST_F(caller_identity_test, what_fails_before_is_told) {
  settings_.fixed.reset();
  settings_.env = [](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_EC2_METADATA_DISABLED") return "true";
    return std::nullopt;
  };
  const identity none = ask();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, error_kind::credentials);
  EXPECT_EQ(sts_.count(), 0U);
}

TEST_F(caller_identity_test, a_region_is_needed) {
  settings_.sts.region.clear();
  const identity none = ask();
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("AWS_REGION"), std::string::npos);
}

TEST_F(caller_identity_test, the_clock_is_corrected_once) {
  sts_.answer_with([](const std::string&) {
    return test::fake_endpoint::reply{
        403,
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired: x"
        "</Message></Error></ErrorResponse>"};
  });
  EXPECT_FALSE(ask()) << "there is no Date to learn from";
  EXPECT_EQ(sts_.count(), 1U);
}

TEST_F(caller_identity_test, one_provider_for_one_role) {
  loop_.run([&] {
    tools_ = std::make_shared<tools>(*loop_, net::tls_settings{}, settings_);
    auto& plain = tools_->credentials_for({});
    auto& one = tools_->credentials_for({.role_arn = "arn:aws:iam::123456789012:role/a"});
    EXPECT_EQ(&plain, &tools_->credentials);
    EXPECT_NE(&plain, &one);
    EXPECT_EQ(&one, &tools_->credentials_for({.role_arn = "arn:aws:iam::123456789012:role/a"}));
    EXPECT_NE(&one, &tools_->credentials_for(
                        {.role_arn = "arn:aws:iam::123456789012:role/a", .external_id = "e1"}));
    EXPECT_NE(one.describe().find("role arn:aws:iam::123456789012:role/a"), std::string::npos);
  });
}

}  // namespace
}  // namespace lambda_cache::sources
