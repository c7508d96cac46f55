#include "wired_fixture.hpp"
#include "wiring/read_operation.hpp"

#include <thread>

namespace lambda_cache::test {
namespace {

using core::second;

class handle_test : public wired_fixture {};

TEST_F(handle_test, values_of_every_type) {
  ssm_.put("/app/text", "hello");
  ssm_.put("/app/secret", "s3cret", "SecureString");
  ssm_.put("/app/list", "a,b,,c", "StringList");
  EXPECT_EQ(text(open("/app/text")), "hello");
  const handle secret = open("/app/secret");
  EXPECT_EQ(secret.get().type(), "SecureString");
  EXPECT_EQ(secret.get().text(), "s3cret");
  const Value list = open("/app/list").copy();
  EXPECT_TRUE(list.is_list());
  EXPECT_EQ(list.list(), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(list.version(), 1);
}

TEST_F(handle_test, hits_make_no_call) {
  ssm_.put("/app/var", "one");
  const handle var = open("/app/var");
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(var.get().text(), "one");
  EXPECT_EQ(ssm_.call_count(), 1U);
  const statistics seen = cache().stats();
  EXPECT_EQ(seen.hits, 999U);
  EXPECT_EQ(seen.misses, 1U);
  EXPECT_EQ(seen.calls, 1U);
}

TEST_F(handle_test, expires_at_max_age_and_not_before) {
  ssm_.put("/app/var", "old");
  const handle var = open("/app/var", {.max_age = 3600 * second});
  EXPECT_EQ(text(var), "old");
  ssm_.put("/app/var", "new");
  pass(3500 * second);
  EXPECT_EQ(text(var), "old");
  pass(100 * second);
  EXPECT_EQ(text(var), "new");
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(handle_test, freshness_belongs_to_the_reader) {
  ssm_.put("/app/var", "old");
  const handle patient = open("/app/var", {.max_age = 1000 * second});
  const handle hasty = open("/app/var", {.max_age = 10 * second});
  EXPECT_EQ(text(patient), "old");
  ssm_.put("/app/var", "new");
  pass(100 * second);
  EXPECT_EQ(text(patient), "old");
  EXPECT_EQ(text(hasty), "new");
  EXPECT_EQ(text(patient), "new") << "both read one entry";
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(handle_test, max_age_zero_always_fetches_and_infinity_never_again) {
  ssm_.put("/app/var", "x");
  const handle forced = open("/app/var", {.max_age = 0});
  EXPECT_EQ(text(forced), "x");
  EXPECT_EQ(text(forced), "x");
  EXPECT_EQ(ssm_.call_count(), 2U);
  const handle eternal = open("/app/var", {.max_age = core::infinite});
  pass(1'000'000 * second);
  EXPECT_EQ(text(eternal), "x");
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(handle_test, refresh_brings_the_new_value_to_every_handle) {
  ssm_.put("/app/var", "old");
  const handle var = open("/app/var");
  const handle other = open("/app/var");
  EXPECT_EQ(text(var), "old");
  ssm_.put("/app/var", "new");
  EXPECT_EQ(refreshed(other), "new");
  EXPECT_EQ(text(var), "new");
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(handle_test, a_version_is_read_once_and_for_all) {
  ssm_.put("/app/var", "x");
  const handle pinned = open("/app/var:1", {.max_age = second});
  EXPECT_EQ(text(pinned), "x");
  pass(1'000'000 * second);
  EXPECT_EQ(text(pinned), "x");
  EXPECT_EQ(ssm_.call_count(), 1U);
  EXPECT_EQ(refreshed(pinned), "x");
  EXPECT_EQ(ssm_.call_count(), 2U) << "but a forced read asks";
  const handle label = open("/app/var:live", {.max_age = second});
  EXPECT_EQ(text(label), "x");
  pass(2 * second);
  EXPECT_EQ(text(label), "x");
  EXPECT_EQ(ssm_.call_count(), 4U) << "labels move";
}

TEST_F(handle_test, twins_never_meet) {
  ssm_.put("/prod/var", "prod");
  ssm_.put("/test/var", "test");
  EXPECT_EQ(text(open("/prod/var")), "prod");
  EXPECT_EQ(text(open("/test/var")), "test");
  ssm_.intercept([](const fake_ssm::call& asked) {
    return fake_ssm::reply{200,
                           R"({"Parameter":{"Name":"/twin","Type":"String","Version":1,"Value":")" +
                               asked.region + (asked.decrypt ? " clear" : " cipher") + "\"}}",
                           {}};
  });
  const handle here = open("/twin");
  const handle there = open("/twin", {.region = "us-east-1"});
  const handle cipher = open("/twin", {.decrypt = false});
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(text(here), "eu-west-1 clear");
    EXPECT_EQ(text(there), "us-east-1 clear");
    EXPECT_EQ(text(cipher), "eu-west-1 cipher");
  }
  EXPECT_EQ(ssm_.call_count(), 5U);
}

TEST_F(handle_test, invalidate_and_clear) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  var.invalidate();
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(ssm_.call_count(), 2U);
  cache().clear();
  EXPECT_EQ(var.peek(), nullptr);
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(ssm_.call_count(), 3U);
}

TEST_F(handle_test, peek_never_asks) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  EXPECT_EQ(var.peek(), nullptr);
  EXPECT_EQ(ssm_.call_count(), 0U);
  EXPECT_EQ(text(var), "x");
  const handle second_handle = open("/app/var");
  ASSERT_NE(second_handle.peek(), nullptr) << "what another handle fetched is at hand";
  EXPECT_EQ(second_handle.peek()->text(), "x");
  pass(61 * second);
  EXPECT_EQ(var.peek(), nullptr);
  EXPECT_EQ(ssm_.call_count(), 1U);
}

TEST_F(handle_test, reset_reads_the_configuration_anew) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  EXPECT_EQ(text(var), "x");
  env_["AWS_REGION"] = "us-east-1";
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(ssm_.call_count(), 1U);
  cache().reset();
  EXPECT_EQ(text(var), "x");
  ASSERT_EQ(ssm_.call_count(), 2U);
  EXPECT_EQ(ssm_.calls().back().region, "us-east-1");
}

TEST_F(handle_test, what_was_bound_before_a_reset_is_for_one_read) {
  ssm_.put("/app/var", "x");
  const handle var = open("/app/var");
  wiring::handle_state& state = *var.internals();
  // As when another thread resets between the two steps of a read.
  const auto bound = state.bind();
  env_["AWS_REGION"] = "us-east-1";
  cache().reset();
  const auto reading =
      wiring::read_operation::start(cache(), {bound.value().read(core::no_deadline)});
  ASSERT_TRUE(reading->wait(core::no_deadline));
  EXPECT_TRUE(state.take(state.slot(), *bound, reading->outcomes().front()));
  EXPECT_EQ(state.hit(), nullptr);
  EXPECT_EQ(text(var), "x");
  ASSERT_EQ(ssm_.call_count(), 2U);
  EXPECT_EQ(ssm_.calls().back().region, "us-east-1");
}

TEST_F(handle_test, a_thread_has_its_own_reference) {
  ssm_.put("/app/var", "old");
  const handle var = open("/app/var");
  const Value& mine = var.get();
  ssm_.put("/app/var", "new");
  std::thread([&] {
    EXPECT_EQ(refreshed(var), "new");
    EXPECT_EQ(var.get().text(), "new");
  }).join();
  EXPECT_EQ(mine.text(), "old") << "until this thread's next get()";
  EXPECT_EQ(var.get().text(), "new");
  EXPECT_EQ(cache().stats().hits, 1U + 1U) << "hits of ended threads count";
}

TEST_F(handle_test, handles_come_and_go_without_mixing_values) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = "/app/n" + std::to_string(i);
    ssm_.put(name, name);
    EXPECT_EQ(text(open(name)), name);  // the slot of the one before is used again
  }
  EXPECT_EQ(ssm_.call_count(), 50U);
}

TEST_F(handle_test, the_least_recently_used_goes_first) {
  config_.max_entries = 2;
  for (const char* name : {"/a", "/b", "/c"})
    ssm_.put(name, name);
  const handle a = open("/a");
  const handle b = open("/b");
  const handle c = open("/c");
  EXPECT_EQ(text(a), "/a");
  pass(2 * second);
  EXPECT_EQ(text(b), "/b");
  pass(2 * second);
  EXPECT_EQ(text(a), "/a");
  pass(2 * second);
  EXPECT_EQ(text(c), "/c");
  EXPECT_EQ(b.peek(), nullptr);
  EXPECT_NE(a.peek(), nullptr);
  EXPECT_EQ(cache().stats().entries, 2U);
  EXPECT_EQ(cache().stats().evictions, 1U);
}

TEST_F(handle_test, a_value_larger_than_the_cache_is_returned_and_not_kept) {
  config_.max_bytes = 1000;
  ssm_.put("/big", std::string(2000, 'x'));
  const handle big = open("/big");
  EXPECT_EQ(big.get().text().size(), 2000U);
  EXPECT_EQ(big.get().text().size(), 2000U);
  EXPECT_EQ(ssm_.call_count(), 2U);
  EXPECT_EQ(cache().stats().bytes, 0U);
}

TEST_F(handle_test, many_at_once_take_few_calls) {
  std::vector<handle> handles;
  for (int i = 0; i < 13; ++i) {
    const std::string name = "/many/" + std::to_string(i);
    ssm_.put(name, "v" + std::to_string(i));
    handles.push_back(open(name));
  }
  const auto got = get_all(handles);
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(got[i].value().text(), "v" + std::to_string(i));
  const auto calls = ssm_.calls();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].names.size() + calls[1].names.size(), 13U);
  EXPECT_EQ(std::max(calls[0].names.size(), calls[1].names.size()), 10U);
  EXPECT_EQ(get_all(handles).size(), 13U);
  EXPECT_EQ(ssm_.call_count(), 2U);
}

TEST_F(handle_test, the_same_name_twice_in_one_read) {
  ssm_.put("/app/var", "x");
  const std::vector<handle> twice{open("/app/var"), open("/app/var", {.max_age = second})};
  const auto got = get_all(twice);
  EXPECT_EQ(got[0].value().text(), "x");
  EXPECT_EQ(got[1].value().text(), "x");
  EXPECT_EQ(ssm_.call_count(), 1U);
}

}  // namespace
}  // namespace lambda_cache::test
