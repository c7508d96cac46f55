#include <lambda_cache/handler.hpp>

#include "core/invocation.hpp"
#include "fake_handles.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;

struct event {
  std::string payload;
};

class with_test : public ::testing::Test {
 protected:
  with_test() {
    rounds.clear();
    prefetched.clear();
    is_in_lambda = false;
  }
};

TEST_F(with_test, reads_what_is_missing_in_one_round) {
  const auto handler = with(single("a", fetching("/a", "1")), single("b", fetching("/b", "2")))(
      [](const event& request, Context& context) {
        return request.payload + std::string(context.text("a")) + std::string(context.text("b"));
      });

  EXPECT_EQ(handler(event{"x"}), "x12");
  EXPECT_EQ(rounds, (std::vector<std::vector<std::string>>{{"/a", "/b"}}));
}

TEST_F(with_test, asks_for_nothing_that_is_cached) {
  const auto handler = with(single("a", cached("/a", "1")),
                            single("b", fetching("/b", "2")))([](const event&, Context& context) {
    return std::string(context.text("a")) + std::string(context.text("b"));
  });

  EXPECT_EQ(handler(event{}), "12");
  EXPECT_EQ(handler(event{}), "12");
  EXPECT_EQ(rounds, (std::vector<std::vector<std::string>>{{"/b"}}));
}

TEST_F(with_test, reads_nothing_when_it_is_declared) {
  const auto handler =
      with(single("a", fetching("/a", "1")))([](const event&, Context&) { return 0; });

  EXPECT_TRUE(rounds.empty());
}

TEST_F(with_test, starts_loading_in_lambda_when_a_handler_is_wrapped) {
  const auto handler = [](const event&, Context&) { return 0; };
  binding never = single("never", fetching("/never", "1"));
  never.prefetch = false;
  binding always = single("always", fetching("/always", "2"));
  always.prefetch = true;
  const auto declared = with(single("a", fetching("/a", "3")), never, always);
  EXPECT_TRUE(prefetched.empty()) << "there is no handler yet";
  (void)declared(handler);
  EXPECT_EQ(prefetched, (std::vector<std::string>{"/always"}));
  prefetched.clear();
  is_in_lambda = true;
  (void)declared(handler);
  EXPECT_EQ(prefetched, (std::vector<std::string>{"/a", "/always"}));
}

TEST_F(with_test, takes_generic_handlers) {
  const auto handler = with(single("a", cached("/a", "1")))(
      [](const auto& request, auto& context) { return request.size() + context.text("a").size(); });

  EXPECT_EQ(handler(std::string("four")), 5U);
}

TEST_F(with_test, takes_handlers_that_want_the_request_by_value) {
  const auto handler = with(single("a", cached("/a", "1")))(
      [](event request, Context&) { return std::move(request.payload); });

  EXPECT_EQ(handler(event{"given"}), "given");
}

TEST_F(with_test, hands_the_request_on_as_it_is) {
  const event given{"x"};
  const auto handler = with(single("a", cached("/a", "1")))(
      [&](const event& request, Context&) { return &request == &given; });

  EXPECT_TRUE(handler(given));
}

TEST_F(with_test, takes_a_handler_that_changes_the_request) {
  event given{"x"};
  const auto handler = with(single("a", cached("/a", "1")))(
      [](event& request, Context& context) { request.payload += context.text("a"); });
  handler(given);

  EXPECT_EQ(given.payload, "x1");
}

int plain_function(const event&, Context& context) {
  return static_cast<int>(context.text("a").size());
}

TEST_F(with_test, takes_functions_and_function_objects) {
  const auto declared = with(single("a", cached("/a", "123")));

  EXPECT_EQ(declared(plain_function)(event{}), 3);
  EXPECT_EQ(declared(&plain_function)(event{}), 3);
  EXPECT_EQ(declared(std::function(plain_function))(event{}), 3);
}

TEST_F(with_test, a_move_only_handler_becomes_copyable) {
  auto handler = with(single("a", cached("/a", "1")))(
      [owned = std::make_unique<int>(41)](const event&, Context& context) {
        return *owned + static_cast<int>(context.text("a").size());
      });
  const std::function<int(const event&)> first = handler;
  const auto second = first;

  static_assert(std::is_copy_constructible_v<decltype(handler)>);
  EXPECT_EQ(second(event{}), 42);
  EXPECT_EQ(handler(event{}), 42);
}

TEST_F(with_test, copies_share_the_handler_and_its_state) {
  const auto handler = with(single("a", cached("/a", "1")))(
      [count = 0](const event&, Context&) mutable { return ++count; });
  const std::function<int(const event&)> copy = handler;

  EXPECT_EQ(handler(event{}), 1);
  EXPECT_EQ(copy(event{}), 2);
}

TEST_F(with_test, is_callable_with_fitting_requests_only) {
  const auto handler = with(single("a", cached("/a", "1")))([](const event&, Context&) {});

  static_assert(std::is_invocable_v<decltype(handler), const event&>);
  static_assert(!std::is_invocable_v<decltype(handler), int>);
  static_assert(std::is_void_v<std::invoke_result_t<decltype(handler), event>>);
}

TEST_F(with_test, values_outlive_a_change_of_the_cache_during_the_call) {
  const handle var = cached("/a", "a value that is longer than any small string's buffer");
  const auto handler = with(single("a", var))([&](const event&, Context& context) {
    const std::string_view before = context.text("a");
    var.internals()->cached = make_value("another one");
    return std::string(before);
  });

  EXPECT_EQ(handler(event{}), "a value that is longer than any small string's buffer");
  EXPECT_EQ(handler(event{}), "another one");
}

TEST_F(with_test, a_handler_may_call_another_one) {
  const auto inner = with(single("b", cached("/b", "2")))(
      [](const event&, Context& context) { return std::string(context.text("b")); });
  const auto outer =
      with(single("a", cached("/a", "1")))([&](const event& request, Context& context) {
        const auto& held = context.value("a");
        return inner(request) + std::string(held.text());
      });

  EXPECT_EQ(outer(event{}), "21");
}

// --- errors ---

struct reply {
  std::string text;
  std::string type;
  static reply failure(const std::string& message, const std::string& kind) {
    return {message, kind};
  }
};

TEST_F(with_test, throws_what_a_read_failed_for) {
  const auto denied = make_failure(error_kind::access_denied, "no /b", "AccessDeniedException");
  bool called = false;
  const auto handler = with(single("a", fetching("/a", "1")), single("b", failing("/b", denied)))(
      [&](const event&, Context&) { called = true; });

  try {
    handler(event{});
    FAIL() << "nothing was thrown";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::access_denied);
    EXPECT_EQ(failure.info().code, "AccessDeniedException");
    EXPECT_STREQ(failure.what(), "no /b");
  }
  EXPECT_FALSE(called);
}

TEST_F(with_test, tells_every_failure_once) {
  const auto first = make_failure(error_kind::not_found, "no /a");
  const auto second = make_failure(error_kind::access_denied, "no /b");
  const auto handler = with(single("a", failing("/a", first)), single("b", failing("/b", second)),
                            single("c", failing("/c", second)))([](const event&, Context&) {});

  try {
    handler(event{});
    FAIL() << "nothing was thrown";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::not_found);
    EXPECT_STREQ(failure.what(), "no /a; no /b");
  }
}

TEST_F(with_test, a_failed_read_becomes_the_failure_of_the_response_type) {
  const auto denied = make_failure(error_kind::access_denied, "no /a", "AccessDeniedException");
  const auto handler =
      with(single("a", failing("/a", denied)))([](const event&, Context&) { return reply{}; });

  const reply answer = handler(event{});
  EXPECT_EQ(answer.text, "no /a");
  EXPECT_EQ(answer.type, "AccessDeniedException");
}

TEST_F(with_test, a_failure_of_our_own_has_our_type) {
  const auto late = make_failure(error_kind::timeout, "too late");
  const auto handler =
      with(single("a", failing("/a", late)))([](const event&, Context&) { return reply{}; });

  EXPECT_EQ(handler(event{}).type, "lambda_cache.timeout");
}

TEST_F(with_test, a_wrong_name_in_the_handler_is_a_failure_too) {
  const auto handler = with(single("var", cached("/a", "1")))([](const event&, Context& context) {
    return reply{std::string(context.text("vra")), "fine"};
  });

  const reply answer = handler(event{});
  EXPECT_EQ(answer.type, "lambda_cache.invalid_argument");
  EXPECT_EQ(answer.text, "no entry 'vra'; this handler has: var");
}

TEST_F(with_test, exceptions_of_the_handler_pass_through) {
  const auto handler = with(single("a", cached("/a", "1")))(
      [](const event&, Context&) -> reply { throw std::out_of_range("of the handler"); });

  EXPECT_THROW(handler(event{}), std::out_of_range);
}

TEST_F(with_test, works_again_after_a_failure) {
  const handle var = failing("/a", make_failure(error_kind::service, "down"));
  const auto handler = with(single("a", var))(
      [](const event&, Context& context) { return reply{std::string(context.text("a")), ""}; });
  EXPECT_EQ(handler(event{}).text, "down");

  var.internals()->fetch = [] { return result(make_value("up")); };
  EXPECT_EQ(handler(event{}).text, "up");
}

// --- wrong use ---

template <class... Bindings>
std::string refusal(Bindings... bindings) {
  try {
    (void)with(std::move(bindings)...);
  } catch (const error& refused) {
    EXPECT_EQ(refused.kind(), error_kind::invalid_argument);
    return refused.what();
  }
  return "";
}

TEST_F(with_test, refuses_one_name_for_two_values) {
  EXPECT_EQ(refusal(single("a", cached("/x/a", "1")), single("a", cached("/y/a", "2"))),
            "two values would be injected as 'a': give one of them another entry_name");
}

TEST_F(with_test, refuses_a_value_with_the_name_of_a_mapping) {
  EXPECT_NE(refusal(mapping("a", {{"x", cached("/x", "1")}}), single("a", cached("/a", "2"))), "");
}

TEST_F(with_test, refuses_one_name_twice_in_a_mapping) {
  EXPECT_EQ(refusal(mapping("all", {{"a", cached("/x/a", "1")}, {"a", cached("/y/a", "2")}})),
            "entry 'all' would hold 'a' twice: give the values names of their own");
}

TEST_F(with_test, one_name_may_be_in_two_mappings) {
  EXPECT_EQ(refusal(mapping("x", {{"a", cached("/x/a", "1")}}),
                    mapping("y", {{"a", cached("/y/a", "2")}})),
            "");
}

TEST_F(with_test, refuses_to_inject_nothing) {
  EXPECT_NE(refusal(), "");
  EXPECT_NE(refusal(binding{}), "");
  EXPECT_NE(refusal(single("", cached("/a", "1"))), "");
}

// --- the invocation ---

struct full_request {
  std::string request_id = "id-1";
  std::string function_arn = "arn:aws:lambda:eu-west-1:1:function:f";
  std::string xray_trace_id = "Root=1";
  std::chrono::system_clock::time_point deadline;
};

TEST_F(with_test, tells_the_handler_about_its_invocation) {
  const full_request request{.deadline = std::chrono::system_clock::now() + 1min};
  const auto handler = with(single("a", cached("/a", "1")))([&](const auto&, Context& context) {
    EXPECT_EQ(context.request_id(), "id-1");
    EXPECT_EQ(context.function_arn(), "arn:aws:lambda:eu-west-1:1:function:f");
    EXPECT_EQ(context.trace_id(), "Root=1");
    EXPECT_EQ(context.deadline(), request.deadline);
    EXPECT_GT(*context.time_remaining(), 1s);
    EXPECT_LE(*context.time_remaining(), 1min);
  });
  handler(request);
}

TEST_F(with_test, knows_nothing_where_the_request_says_nothing) {
  const auto handler = with(single("a", cached("/a", "1")))([](const event&, Context& context) {
    EXPECT_EQ(context.request_id(), "");
    EXPECT_FALSE(context.deadline().has_value());
    EXPECT_FALSE(context.time_remaining().has_value());
    EXPECT_EQ(core::invocation_deadline(), core::no_deadline);
  });
  handler(event{});
}

TEST_F(with_test, the_deadline_counts_for_reads_before_and_inside_the_handler) {
  core::deadline at_fetch = core::no_deadline;
  const handle var = fetching("/a", "");
  var.internals()->fetch = [&] {
    at_fetch = core::invocation_deadline();
    return result(make_value("1"));
  };
  const auto handler = with(single("a", var))(
      [](const full_request&, Context&) { return core::invocation_deadline(); });
  const auto before = std::chrono::steady_clock::now();
  const auto inside = handler(full_request{.deadline = std::chrono::system_clock::now() + 1h});

  EXPECT_GT(at_fetch, before + 59min);
  EXPECT_LT(at_fetch, before + 61min);
  EXPECT_EQ(inside, at_fetch);
  EXPECT_EQ(core::invocation_deadline(), core::no_deadline);
}

TEST_F(with_test, a_deadline_at_the_epoch_is_none) {
  const auto handler = with(single("a", cached("/a", "1")))(
      [](const full_request&, Context& context) { return context.deadline().has_value(); });

  EXPECT_FALSE(handler(full_request{.deadline = {}}));
}

TEST_F(with_test, a_deadline_that_has_passed_is_one) {
  const auto handler = with(single("a", cached("/a", "1")))([](const auto&, Context& context) {
    EXPECT_EQ(context.time_remaining(), 0ms);
    return core::invocation_deadline() <= std::chrono::steady_clock::now();
  });

  EXPECT_TRUE(handler(full_request{.deadline = std::chrono::system_clock::now() - 1h}));
  EXPECT_TRUE(handler(full_request{.deadline = std::chrono::system_clock::time_point::min()}));
}

TEST_F(with_test, a_deadline_at_the_end_of_time_is_no_limit) {
  const auto handler = with(single("a", cached("/a", "1")))(
      [](const full_request&, Context&) { return core::invocation_deadline(); });

  EXPECT_EQ(handler(full_request{.deadline = std::chrono::system_clock::time_point::max()}),
            core::no_deadline);
}

TEST_F(with_test, a_deadline_of_the_outer_scope_holds_where_the_request_has_none) {
  const invocation_scope scope(std::chrono::system_clock::now() + 1h);
  const auto handler = with(single("a", cached("/a", "1")))(
      [](const event&, Context&) { return core::invocation_deadline(); });

  EXPECT_NE(handler(event{}), core::no_deadline);
}

}  // namespace
}  // namespace lambda_cache::test
