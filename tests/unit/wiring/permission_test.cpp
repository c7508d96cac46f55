// What the role may not do is found out once, and never fails anybody but those it concerns.
#include "wired_fixture.hpp"

namespace lambda_cache::test {
namespace {

using core::second;

class permission_test : public wired_fixture {
 protected:
  permission_test() {
    for (const char* name : {"/a", "/b", "/c"})
      ssm_.put(name, std::string("value of ") + name);
  }
  std::vector<handle> all() { return {open("/a"), open("/b"), open("/c")}; }
  std::size_t calls_of(const std::string& operation) { return ssm_.calls_of(operation); }
};

TEST_F(permission_test, one_denied_name_fails_alone) {
  ssm_.deny("/b");
  const auto handles = all();
  auto got = get_all(handles);
  EXPECT_EQ(got[0].value().text(), "value of /a");
  EXPECT_EQ(got[2].value().text(), "value of /c");
  ASSERT_FALSE(got[1]);
  const error_info& why = got[1].error().info();
  EXPECT_EQ(why.kind, error_kind::access_denied);
  EXPECT_EQ(why.name, "/b");
  EXPECT_NE(why.message.find("/b"), std::string::npos);
  EXPECT_EQ(why.message.find("/a"), std::string::npos);
}

TEST_F(permission_test, a_denied_name_does_not_spoil_the_next_batch) {
  ssm_.deny("/b");
  const auto handles = all();
  (void)get_all(handles);
  pass(61 * second);
  const std::size_t before = calls_of("GetParameters");
  (void)get_all(handles);
  const auto calls = ssm_.calls();
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < calls.size(); ++i)
    pairs += calls[i].names.size() == 2 ? 1U : 0U;
  EXPECT_EQ(pairs, 1U) << "/a and /c together, /b by itself";
  EXPECT_GE(calls_of("GetParameters"), before + 1);
}

TEST_F(permission_test, a_role_without_get_parameters) {
  ssm_.deny("GetParameters");
  const auto handles = all();
  for (const auto& got : get_all(handles))
    EXPECT_TRUE(got) << got.error().what();
  EXPECT_EQ(calls_of("GetParameters"), 1U);
  EXPECT_EQ(calls_of("GetParameter"), 3U);
  pass(61 * second);
  for (const auto& got : get_all(handles))
    EXPECT_TRUE(got);
  EXPECT_EQ(calls_of("GetParameters"), 1U) << "it was remembered";
  EXPECT_EQ(calls_of("GetParameter"), 6U);
}

TEST_F(permission_test, a_role_without_get_parameter) {
  ssm_.deny("GetParameter");
  const handle one = open("/a", {.max_age = 10 * second});
  EXPECT_EQ(text(one), "value of /a");
  EXPECT_EQ(calls_of("GetParameter"), 1U);
  pass(11 * second);
  EXPECT_EQ(text(one), "value of /a");
  EXPECT_EQ(calls_of("GetParameter"), 1U) << "it was remembered";
  EXPECT_EQ(calls_of("GetParameters"), 2U);
}

TEST_F(permission_test, a_role_without_get_parameter_and_one_denied_name) {
  ssm_.deny("GetParameter");
  ssm_.deny("/b");
  const auto got = get_all(all());
  EXPECT_TRUE(got[0]);
  EXPECT_EQ(got[1].error().kind(), error_kind::access_denied);
  EXPECT_TRUE(got[2]);
}

TEST_F(permission_test, what_does_not_come_from_the_service_is_about_no_name) {
  // A page without a code of the service's: asking for each name alone would have the same end.
  ssm_.intercept([](const fake_ssm::call&) {
    return fake_ssm::reply{.status = 404, .body = "<html>Nothing here</html>", .headers = {}};
  });
  const auto handles = all();
  for (const auto& got : get_all(handles))
    EXPECT_EQ(got.error().kind(), error_kind::rejected);
  EXPECT_EQ(ssm_.call_count(), 1U);
  ssm_.answer_normally();
  pass(61 * second);
  for (const auto& got : get_all(handles))
    EXPECT_TRUE(got);
  EXPECT_EQ(ssm_.call_count(), 2U) << "together, as before";
}

TEST_F(permission_test, a_missing_name_is_named_and_the_others_come) {
  const auto got = get_all(std::vector{open("/a"), open("/none"), open("/c")});
  EXPECT_TRUE(got[0]);
  EXPECT_TRUE(got[2]);
  EXPECT_EQ(got[1].error().info().code, "ParameterNotFound");
  EXPECT_EQ(got[1].error().info().name, "/none");
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(permission_test, permissions_that_were_mended_are_found_out) {
  ssm_.deny("GetParameters");
  const auto handles = all();
  (void)get_all(handles);
  ssm_.allow("GetParameters");
  pass(301 * second);
  (void)get_all(handles);
  EXPECT_EQ(calls_of("GetParameters"), 2U);
}

}  // namespace
}  // namespace lambda_cache::test
