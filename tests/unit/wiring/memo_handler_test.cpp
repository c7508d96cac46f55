// Results of functions in a handler's context, beside values that are fetched.
#include <lambda_cache/lambda_cache.hpp>

#include "memo_fixture.hpp"
#include "support/fake_ssm.hpp"
#include "wired_fixture.hpp"

#include <cstdlib>
#include <map>

namespace lambda_cache::test {
namespace {

struct event {
  std::string payload;
};
using rates = std::map<std::string, double>;

class memo_handler_test : public memo_test {
 protected:
  memo_handler_test() {
    ::setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "not a real one", 1);
    ssm_.put("/app/var", "value");
  }

  fake_ssm ssm_;
  client asking_{client_config{.region = "eu-west-1", .endpoint_url = ssm_.url()}};
};

TEST_F(memo_handler_test, a_result_is_kept_from_call_to_call) {
  const auto load = [this] {
    ++calls_;
    return rates{{"EUR", 1.5}};
  };
  const auto handler =
      with(function::cache(load, {.entry_name = "rates", .max_age = 100s}, cache_))(
          [](const event&, Context& context) { return context.get<rates>("rates").at("EUR"); });
  EXPECT_EQ(handler(event{}), 1.5);
  EXPECT_EQ(handler(event{}), 1.5);
  EXPECT_EQ(calls_, 1);
  pass(100s);
  EXPECT_EQ(handler(event{}), 1.5);
  EXPECT_EQ(calls_, 2);
}

TEST_F(memo_handler_test, text_is_read_as_text) {
  const auto handler =
      with(function::cache([] { return std::string("hi"); }, {.entry_name = "greeting"}, cache_))(
          [](const event&, Context& context) { return std::string(context.text("greeting")); });
  EXPECT_EQ(handler(event{}), "hi");
}

TEST_F(memo_handler_test, a_memoised_function_keeps_its_own_results) {
  const auto load = memoize([this] { return ++calls_; }, {.max_age = forever}, cache_);
  const auto handler = with(function::cache(load, "n"))(
      [](const event&, Context& context) { return context.get<int>("n"); });
  EXPECT_EQ(handler(event{}), 1);
  EXPECT_EQ(*load(), 1);
  load.clear();
  EXPECT_EQ(handler(event{}), 2);
}

TEST_F(memo_handler_test, the_function_runs_while_values_are_fetched) {
  std::promise<void> asked;
  std::promise<void> computing;
  const std::shared_future<void> is_computing = computing.get_future().share();
  ssm_.intercept([&](const fake_ssm::call&) {
    asked.set_value();
    is_computing.wait();
    return fake_ssm::reply{};
  });
  const auto load = [&] {
    computing.set_value();
    return asked.get_future().wait_for(60s) == std::future_status::ready;
  };
  const auto handler =
      with(function::cache(load, {.entry_name = "both"}, cache_),
           ssm::cache({.parameter = "/app/var"}, asking_))([](const event&, Context& context) {
        return context.get<bool>("both") && context.text("var") == "value";
      });
  EXPECT_TRUE(handler(event{}));
}

TEST_F(memo_handler_test, what_the_function_throws_passes_through) {
  const auto handler = with(
      function::cache([]() -> int { throw passing_failure("no"); }, {.entry_name = "n"}, cache_),
      ssm::cache({.parameter = "/app/var"}, asking_))([](const event&, Context&) { return 0; });
  EXPECT_THROW((void)handler(event{}), passing_failure);
}

class max_age_test : public wired_fixture {};

TEST_F(max_age_test, comes_from_the_environment_once) {
  env_["LAMBDA_CACHE_TTL_SECONDS"] = "5";
  EXPECT_EQ(cache().default_max_age(), 5 * core::second);
  env_["LAMBDA_CACHE_TTL_SECONDS"] = "7";
  EXPECT_EQ(cache().default_max_age(), 5 * core::second);
  ssm_.put("/app/var", "x");
  EXPECT_EQ(text(open("/app/var")), "x");
  EXPECT_EQ(cache().default_max_age(), 5 * core::second);
  cache().reset();
  EXPECT_EQ(cache().default_max_age(), 7 * core::second);
}

TEST_F(max_age_test, needs_nothing_else_of_the_configuration) {
  env_.clear();
  env_["AWS_REGION"] = "no region!";
  EXPECT_EQ(cache().default_max_age(), 60 * core::second);
}

TEST_F(max_age_test, a_wrong_one_is_named) {
  env_["LAMBDA_CACHE_TTL_SECONDS"] = "soon";
  const auto got = cache().default_max_age();
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message.find("LAMBDA_CACHE_TTL_SECONDS='soon'"), std::string::npos);
}

}  // namespace
}  // namespace lambda_cache::test
