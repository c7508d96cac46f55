// Credentials and clocks as the services see them.
#include "wired_fixture.hpp"

#include <time.h>

namespace lambda_cache::test {
namespace {

class signing_test : public wired_fixture {};

std::string http_date(std::time_t when) {
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  char text[64];
  ::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

std::string amz_date(std::time_t when) {
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  char text[32];
  ::strftime(text, sizeof text, "%Y%m%dT%H%M", &parts);
  return text;
}

TEST_F(signing_test, a_wrong_clock_is_corrected_once) {
  ssm_.put("/app/var", "x");
  const std::time_t theirs = ::time(nullptr) + 3600;
  ssm_.intercept([&](const fake_ssm::call& asked) {
    if (asked.amz_date.substr(0, 11) == amz_date(theirs).substr(0, 11)) return fake_ssm::reply{};
    return fake_ssm::reply{400,
                           error_body("InvalidSignatureException",
                                      "Signature expired: 20260101T000000Z is now "
                                      "earlier than 20260101T010000Z"),
                           "Date: " + http_date(theirs) + "\r\n"};
  });
  const handle var = open("/app/var", {.max_attempts = 1});
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(ssm_.call_count(), 2U);
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(ssm_.call_count(), 3U) << "the offset is kept";
}

TEST_F(signing_test, a_refused_signature_is_no_endless_loop) {
  ssm_.intercept([&](const fake_ssm::call&) {
    return fake_ssm::reply{400,
                           error_body("InvalidSignatureException", "Signature expired: whatever"),
                           "Date: " + http_date(::time(nullptr) + 3600) + "\r\n"};
  });
  const error_info why = failure_of(open("/app/var"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_EQ(why.message.find("not a real one"), std::string::npos);
  EXPECT_LE(ssm_.call_count(), 2U);
}

/// A container credentials endpoint: hands out KEY1, KEY2, ...
class container_endpoint {
 public:
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + "/credentials";
  }
  [[nodiscard]] int requests() const { return server_.requests(); }
  std::atomic<std::int64_t> lifetime{3600};
  std::atomic<bool> refuses{false};

 private:
  void serve(peer& client) {
    for (;;) {
      const std::string request = client.read_request();
      if (refuses || request.find("Authorization: the-token") == std::string::npos) {
        client.answer(404, "no");
        continue;
      }
      const std::time_t end = ::time(nullptr) + lifetime;
      std::tm parts{};
      ::gmtime_r(&end, &parts);
      char text[64];
      ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
      client.answer(200, R"({"AccessKeyId":"KEY)" + std::to_string(++given_) +
                             R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + text +
                             "\"}");
    }
  }
  std::atomic<int> given_{0};
  scripted_server server_{[this](peer& client) { serve(client); }};
};

class container_test : public wired_fixture {
 protected:
  container_test() {
    env_.erase("AWS_ACCESS_KEY_ID");
    env_.erase("AWS_SECRET_ACCESS_KEY");
    env_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = endpoint_.url();
    env_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "the-token";
    ssm_.put("/app/var", "x");
  }
  container_endpoint endpoint_;
};

TEST_F(container_test, credentials_are_fetched_once) {
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(endpoint_.requests(), 1);
  EXPECT_EQ(ssm_.calls().back().key_id, "KEY1");
}

TEST_F(container_test, expired_ones_are_renewed_and_the_call_repeated) {
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.key_id != "KEY1") return fake_ssm::reply{};
    return fake_ssm::reply{400, error_body("ExpiredTokenException", "expired"), {}};
  });
  EXPECT_EQ(text(open("/app/var", {.max_attempts = 1})), "x");
  EXPECT_EQ(endpoint_.requests(), 2);
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(container_test, ones_that_expire_between_two_pages_are_renewed) {
  for (int i = 0; i < 15; ++i)
    ssm_.put("/many/" + std::to_string(i), "x");
  ssm_.intercept([](const fake_ssm::call& asked) {
    if (asked.token.empty() || asked.key_id != "KEY1") return fake_ssm::reply{};
    return fake_ssm::reply{400, error_body("ExpiredTokenException", "expired"), {}};
  });
  EXPECT_EQ(open_path("/many", {.max_attempts = 1}).get().size(), 15U);
  EXPECT_EQ(endpoint_.requests(), 2);
  EXPECT_EQ(ssm_.call_count(), 3U) << "the first page is not asked for again";
}

TEST_F(container_test, ones_about_to_expire_are_not_used) {
  endpoint_.lifetime = 60;  // inside the mandatory window of 10 minutes
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(refreshed(var), "x");
  EXPECT_EQ(endpoint_.requests(), 2);
}

TEST_F(container_test, a_refusing_endpoint_is_named) {
  endpoint_.refuses = true;
  const error_info why = failure_of(open("/app/var"));
  EXPECT_EQ(why.kind, error_kind::credentials);
  EXPECT_NE(why.message.find("AWS_CONTAINER"), std::string::npos);
  EXPECT_EQ(why.message.find("the-token"), std::string::npos);
  EXPECT_EQ(ssm_.call_count(), 0U);
}

}  // namespace
}  // namespace lambda_cache::test
