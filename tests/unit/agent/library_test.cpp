// The library's reads through the real agent.
#include "agent_fixture.hpp"
#include "core/value_data.hpp"
#include "wiring/read_operation.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace lambda_cache::agent {
namespace {

class library_test : public agent_fixture {
 protected:
  void start_both(settings how = {}) {
    start(std::move(how));
    reader_ = std::make_shared<wiring::wired_cache>(
        client_config{.agent_url = "http://127.0.0.1:" + std::to_string(served_->port())},
        [](std::string_view name) -> std::optional<std::string> {
          if (name == "AWS_TOKEN") return "t0ken";
          return std::nullopt;
        });
  }
  void TearDown() override {
    reader_.reset();
    agent_fixture::TearDown();
  }

  std::vector<cache::outcome> read(const std::vector<core::result<wiring::entry_spec>>& all,
                                   std::optional<core::nanos> max_age = {}) {
    std::vector<wiring::read_item> items;
    for (const auto& each : all) {
      auto bound = reader_->bind(*each);
      EXPECT_TRUE(bound) << bound.error().message;
      items.push_back(bound->read(core::no_deadline, max_age));
    }
    const auto reading = wiring::read_operation::start(*reader_, std::move(items));
    EXPECT_TRUE(reading->wait(core::no_deadline));
    return std::move(reading->outcomes());
  }
  static std::string text_of(const cache::outcome& of) {
    if (!of.ok()) return of.failure->message;
    return std::string(of.value->as<core::value_data>()->view());
  }
  std::string parameter(const std::string& name, std::optional<core::nanos> max_age = {}) {
    return text_of(read({wiring::parameter_spec(name, {})}, max_age).front());
  }

  std::shared_ptr<wiring::wired_cache> reader_;
};

TEST_F(library_test, every_kind_of_value) {
  cloud_.put_parameter("/app/a", "1");
  cloud_.put_parameter("/app/b", "2");
  cloud_.put_secret("db", "s");
  for (const compatibility mode : {compatibility::agent, compatibility::extension}) {
    start_both({.mode = mode});
    const auto got = read({wiring::parameter_spec("/app/a", {}),
                           wiring::parameter_spec("/app/b", {}), wiring::secret_spec("db", {}),
                           wiring::path_spec("/app", {}), wiring::parameter_spec("/none", {})});
    EXPECT_EQ(text_of(got[0]), "1");
    EXPECT_EQ(text_of(got[1]), "2");
    EXPECT_EQ(text_of(got[2]), "s");
    ASSERT_TRUE(got[3].ok()) << text_of(got[3]);
    EXPECT_EQ(got[3].value->as<core::value_data>()->members.size(), 2U);
    ASSERT_FALSE(got[4].ok());
    EXPECT_EQ(got[4].failure->kind, error_kind::not_found);
    EXPECT_EQ(got[4].failure->name, "/none");
    EXPECT_EQ(reader_->stats().calls, 3U) << "parameters together, the secret, the path";
    reader_.reset();
  }
}

TEST_F(library_test, ages_of_both_caches_are_one) {
  cloud_.put_parameter("/a", "old");
  start_both();
  EXPECT_EQ(parameter("/a"), "old");
  cloud_.put_parameter("/a", "new");
  cloud_.move(std::chrono::seconds(40));
  EXPECT_EQ(parameter("/a"), "old");
  cloud_.move(std::chrono::seconds(20));
  EXPECT_EQ(parameter("/a"), "new") << "the agent's own 300 s do not count";
  cloud_.put_parameter("/a", "newer");
  EXPECT_EQ(parameter("/a", 0), "newer");
}

TEST_F(library_test, an_outage_behind_the_agent) {
  cloud_.put_parameter("/a", "old");
  start_both();
  EXPECT_EQ(parameter("/a"), "old");
  cloud_.fail("", error_kind::connection);
  cloud_.move(std::chrono::seconds(61));
  const auto tolerant = read({wiring::parameter_spec("/a", {})});
  EXPECT_EQ(text_of(tolerant[0]), "old");
  EXPECT_EQ(tolerant[0].from, cache::origin::stale);
  const auto strict = read({wiring::parameter_spec("/a", {.stale_if_error = 0})});
  ASSERT_FALSE(strict[0].ok());
  EXPECT_EQ(strict[0].failure->kind, error_kind::service);
  EXPECT_TRUE(strict[0].failure->retryable);
}

}  // namespace
}  // namespace lambda_cache::agent
