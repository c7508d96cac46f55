// Several names that are read through an agent.
#include "agent_fixture.hpp"

#include <atomic>
#include <cstdio>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace lambda_cache::test {
namespace {

using core::second;
using call = fake_agent::call;
using reply = fake_agent::reply;
class agent_several_test : public agent_fixture {
 protected:
  /// Misses all of them in one round.
  std::vector<cache::outcome> read_all(const std::vector<std::string>& names,
                                       std::optional<core::nanos> max_age = {}) {
    std::vector<wiring::read_item> items;
    for (const std::string& name : names) {
      auto bound = cache().bind(*wiring::parameter_spec(name, {}));
      EXPECT_TRUE(bound) << bound.error().message;
      items.push_back(bound->read(core::no_deadline, max_age));
    }
    const auto reading = wiring::read_operation::start(cache(), std::move(items));
    EXPECT_TRUE(reading->wait(core::no_deadline));
    return std::move(reading->outcomes());
  }
  static std::string text_of(const cache::outcome& of) {
    return of.ok() ? std::string(of.value->as<core::value_data>()->view()) : "(no value)";
  }
};

TEST_F(agent_several_test, names_that_miss_together_are_one_request) {
  always({.body = R"({"Parameters":[)" + parameter_object("/a", "1") + "," +
                  parameter_object("/b", "2") +
                  R"(],"InvalidParameters":["/none"],"Errors":[{"Name":"/none","Status":400,)"
                  R"("Code":"ParameterNotFound","Kind":"not_found","Message":"there is no /none.",)"
                  R"("Retryable":false},{"Name":"/denied","Status":400,)"
                  R"("Code":"AccessDeniedException","Kind":"access_denied",)"
                  R"("Message":"Add kms:Decrypt and ssm:GetParameters.","Retryable":false}]})",
          .headers = age_headers("2.000")});
  const auto got = read_all({"/a", "/b", "/none", "/denied"});
  EXPECT_EQ(text_of(got[0]), "1");
  EXPECT_EQ(text_of(got[1]), "2");
  ASSERT_TRUE(got[2].failure);
  EXPECT_EQ(got[2].failure->kind, error_kind::not_found);
  EXPECT_EQ(got[2].failure->code, "ParameterNotFound");
  EXPECT_EQ(got[2].failure->name, "/none");
  EXPECT_EQ(got[2].failure->message, "there is no /none.");
  ASSERT_TRUE(got[3].failure);
  EXPECT_EQ(got[3].failure->kind, error_kind::access_denied);
  EXPECT_EQ(got[3].failure->http_status, 400);
  EXPECT_EQ(got[3].failure->service, "ssm");
  EXPECT_EQ(got[3].failure->operation, "GetParameters");
  ASSERT_EQ(agent_.call_count(), 1U);
  EXPECT_EQ(last_call().target,
            "GET /systemsmanager/parameters/get-many?withDecryption=true&name=%2Fa&name=%2Fb&"
            "name=%2Fnone&name=%2Fdenied");
}

TEST_F(agent_several_test, a_kind_that_is_not_told_follows_from_the_code) {
  always({.body = R"({"Parameters":[)" + parameter_object("/a", "1") +
                  R"(],"InvalidParameters":[],"Errors":[{"Name":"/b","Status":504,)"
                  R"("Code":"TimeoutError","Message":"too late","Retryable":true}]})"});
  const auto got = read_all({"/a", "/b"});
  ASSERT_TRUE(got[1].failure);
  EXPECT_EQ(got[1].failure->kind, error_kind::timeout);
  EXPECT_TRUE(got[1].failure->retryable);
}

TEST_F(agent_several_test, an_agent_that_knows_one_name_at_a_time) {
  agent_.answer([](const call& asked) -> reply {
    if (asked.target.find("get-many") != std::string::npos)
      return {.status = 404, .body = "404 page not found"};
    const std::string name = asked.target.ends_with("%2Fa") ? "/a" : "/b";
    return {.body = parameter_body(name, "of " + name)};
  });
  const auto got = read_all({"/a", "/b"});
  EXPECT_EQ(text_of(got[0]), "of /a");
  EXPECT_EQ(text_of(got[1]), "of /b");
  EXPECT_EQ(agent_.call_count(), 3U);
  (void)read_all({"/a", "/b"}, 0);
  EXPECT_EQ(agent_.call_count(), 5U) << "which is remembered";
}

TEST_F(agent_several_test, a_forced_one_does_not_force_the_others) {
  agent_.answer([](const call& asked) -> reply {
    const std::string name = asked.target.ends_with("%2Fa") ? "/a" : "/b";
    return {.body = parameter_body(name, "x")};
  });
  auto forced = cache().bind(*wiring::parameter_spec("/a", {.max_age = 0}));
  auto usual = cache().bind(*wiring::parameter_spec("/b", {}));
  ASSERT_TRUE(forced && usual);
  const auto reading = wiring::read_operation::start(
      cache(), {forced->read(core::no_deadline), usual->read(core::no_deadline)});
  EXPECT_TRUE(reading->wait(core::no_deadline));
  const auto calls = agent_.calls();
  ASSERT_EQ(calls.size(), 2U);
  for (const call& each : calls)
    EXPECT_EQ(each.header("Cache-Control"),
              each.target.ends_with("%2Fa") ? "no-cache" : "max-age=60");
}

TEST_F(agent_several_test, which_of_several_is_stale_is_asked_for_one_by_one) {
  agent_.answer([](const call& asked) -> reply {
    if (asked.target.find("get-many") != std::string::npos)
      return {.body = R"({"Parameters":[)" + parameter_object("/a", "1") + "," +
                      parameter_object("/b", "2") + R"(],"InvalidParameters":[],"Errors":[]})",
              .headers = age_headers("100.000", "STALE")};
    if (asked.target.ends_with("%2Fa"))
      return {.body = parameter_body("/a", "1"), .headers = age_headers("100.000", "STALE")};
    return {.body = parameter_body("/b", "2"), .headers = age_headers("3.000")};
  });
  const auto got = read_all({"/a", "/b"});
  EXPECT_EQ(got[0].from, cache::origin::stale);
  EXPECT_EQ(got[1].from, cache::origin::fetched);
  EXPECT_EQ(agent_.call_count(), 3U);
}

}  // namespace
}  // namespace lambda_cache::test
