// Calls with several attempts, over real connections.
#include "net/retry.hpp"

#include "unit/net/client_fixture.hpp"

namespace lambda_cache::net {
namespace {

using namespace std::string_literals;

struct outcome {
  answer got;
  retry_report report;
};

struct retried_calls : client_test {
  retry_budget budget;

  static retry_options quick() {
    retry_options options;
    options.limits = patient();
    options.attempt_timeout = never;
    options.deadline = in(never);
    options.base_delay = 1ms;
    return options;
  }
  static verdict judge_status(answer& got) {
    if (!got) return got.error().retryable ? verdict::back_off : verdict::finish;
    if (got->status == 403) return verdict::retry_once;
    return got->status >= 500 ? verdict::back_off : verdict::finish;
  }

  std::future<outcome> start(const scripted_server& server, const retry_options& options,
                             retried_call::make_request make = nullptr) {
    if (!http) make_client();
    if (!make) make = [&server](int) { return core::result<http_request>(request_to(server)); };
    auto promise = std::make_shared<std::promise<outcome>>();
    auto result = promise->get_future();
    loop.run([&] {
      call = retried_call::start(*loop, *http, budget, options, std::move(make), judge_status,
                                 [promise](answer got, retry_report report) {
                                   promise->set_value({std::move(got), report});
                                 });
    });
    return result;
  }
  ~retried_calls() override {
    loop.run([this] { call.reset(); });
  }

  std::shared_ptr<retried_call> call;
};

/// Answers with one status after the other, then with 200.
scripted_server::script statuses(std::vector<int> failing) {
  auto at = std::make_shared<std::atomic<std::size_t>>(0);
  return [failing, at](peer& client) {
    for (;;) {
      client.read_request();
      const auto number = at->fetch_add(1);
      const int status = number < failing.size() ? failing[number] : 200;
      client.answer(status, std::to_string(status));
    }
  };
}

TEST_F(retried_calls, success_takes_one_attempt) {
  scripted_server server(statuses({}));
  const auto ended = start(server, quick()).get();
  expect_text(ended.got, "200");
  EXPECT_EQ(ended.report.attempts, 1);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(retried_calls, passing_errors_are_tried_again) {
  scripted_server server(statuses({503, 500}));
  const auto before = core::now();
  const auto ended = start(server, quick()).get();
  expect_text(ended.got, "200");
  EXPECT_EQ(ended.report.attempts, 3);
  EXPECT_EQ(server.requests(), 3);
  EXPECT_GE(ended.report.request_start.mono, before.mono);
  EXPECT_LT(budget.tokens(), retry_budget::capacity);
}

TEST_F(retried_calls, the_last_answer_is_handed_on_when_attempts_are_used_up) {
  scripted_server server(statuses({503, 502, 500}));
  const auto ended = start(server, quick()).get();
  expect_text(ended.got, "500");
  EXPECT_EQ(ended.report.attempts, 3);
}

TEST_F(retried_calls, definite_errors_are_not_tried_again) {
  scripted_server server(statuses({400}));
  expect_text(start(server, quick()).get().got, "400");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(retried_calls, a_mended_cause_is_tried_once) {
  scripted_server server(statuses({403}));
  auto options = quick();
  options.max_attempts = 1;
  std::vector<int> made;
  const auto ended = start(server, options, [&](int attempt) {
                       made.push_back(attempt);
                       return core::result<http_request>(request_to(server));
                     }).get();
  expect_text(ended.got, "200");
  EXPECT_EQ(made, (std::vector{1, 2}));

  scripted_server stubborn(statuses({403, 403}));
  expect_text(start(stubborn, options).get().got, "403");
  EXPECT_EQ(stubborn.requests(), 2);
}

TEST_F(retried_calls, a_request_that_cannot_be_made_ends_the_call) {
  scripted_server server(statuses({}));
  const auto ended = start(server, quick(), [](int) -> core::result<http_request> {
                       return core::fail(core::make_error(error_kind::credentials, "no keys"));
                     }).get();
  expect_error(ended.got, error_kind::credentials, "no keys");
  EXPECT_EQ(ended.report.attempts, 0);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(retried_calls, the_attempt_timeout_is_named_and_tried_again) {
  scripted_server server([](peer& client) {
    client.read_request();
    if (client.number() == 1) client.answer(200, "second");
    client.wait_for_close();
  });
  auto options = quick();
  options.attempt_timeout = soon;
  options.max_attempts = 1;
  expect_error(start(server, options).get().got, error_kind::timeout, "attempt timeout of 50 ms");
  options.attempt_timeout = never;
  expect_text(start(server, options).get().got, "second");
}

TEST_F(retried_calls, a_timed_out_attempt_is_followed_by_another) {
  scripted_server server([](peer& client) {
    client.read_request();
    if (client.number() > 0) client.answer(200, "late but fine");
    client.wait_for_close();
  });
  auto options = quick();
  options.attempt_timeout = 500ms;
  expect_text(start(server, options).get().got, "late but fine");
}

TEST_F(retried_calls, the_deadline_is_named_and_final) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.wait_for_close();
  });
  auto options = quick();
  options.deadline = in(soon);
  const auto ended = start(server, options).get();
  expect_error(ended.got, error_kind::timeout, "within the deadline");
  EXPECT_EQ(ended.report.attempts, 1);
  options.deadline = in(-1h);
  const auto late = start(server, options).get();
  expect_error(late.got, error_kind::timeout, "deadline had passed");
  EXPECT_EQ(late.report.attempts, 0);
}

TEST_F(retried_calls, can_be_cancelled_during_an_attempt) {
  gate requested;
  scripted_server server([&](peer& client) {
    client.read_request();
    requested.open();
    client.wait_for_close();
  });
  auto ended = start(server, quick());
  ASSERT_TRUE(requested.wait());
  loop.run([&] {
    call->cancel();
    call->cancel();
  });
  expect_error(ended.get().got, error_kind::cancelled, "");
  EXPECT_EQ(http->open_connections(), 0U);
}

/// Waits until the call sleeps between two attempts: its only connection is idle again.
struct sleeping_calls : retried_calls {
  std::future<outcome> start_and_fail(const scripted_server& server) {
    auto options = quick();
    options.base_delay = std::chrono::hours(24);
    options.max_delay = std::chrono::hours(24);
    options.deadline = in(std::chrono::hours(1000));
    auto judged = std::make_shared<std::promise<void>>();
    auto was_judged = judged->get_future();
    if (!http) make_client();
    auto promise = std::make_shared<std::promise<outcome>>();
    auto result = promise->get_future();
    loop.run([&] {
      call = retried_call::start(
          *loop, *http, budget, options,
          [&server](int) { return core::result<http_request>(request_to(server)); },
          [judged](answer& got) {
            judged->set_value();
            return judge_status(got);
          },
          [promise](answer got, retry_report report) {
            promise->set_value({std::move(got), report});
          });
    });
    was_judged.wait();
    return result;
  }
};

TEST_F(sleeping_calls, can_be_cancelled) {
  scripted_server server(statuses({503}));
  auto ended = start_and_fail(server);
  loop.run([this] { call->cancel(); });
  expect_error(ended.get().got, error_kind::cancelled, "");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(sleeping_calls, an_earlier_deadline_hands_on_the_last_answer_at_once) {
  scripted_server server(statuses({503}));
  auto ended = start_and_fail(server);
  loop.run([this] { call->set_deadline(in(soon)); });
  const auto result = ended.get();
  expect_text(result.got, "503");
  EXPECT_EQ(result.report.attempts, 1);
}

TEST_F(sleeping_calls, may_be_destroyed_with_the_loop) {
  scripted_server server(statuses({503}));
  auto ended = start_and_fail(server);
  loop.stop();
  call.reset();
  http.reset();
}

TEST_F(retried_calls, a_deadline_moved_during_an_attempt_counts_for_it) {
  scripted_server server([](peer& client) {
    client.read_request();
    client.wait_for_close();
  });
  auto ended = start(server, quick());
  loop.run([this] { call->set_deadline(in(soon)); });
  expect_error(ended.get().got, error_kind::timeout, "within the deadline");
  loop.run([this] { call->set_deadline(in(soon)); });
  loop.run([this] { call->cancel(); });
}

TEST_F(retried_calls, live_on_when_nobody_holds_them) {
  scripted_server server(statuses({503, 503}));
  auto ended = start(server, quick());
  loop.run([this] { call.reset(); });
  expect_text(ended.get().got, "200");
}

}  // namespace
}  // namespace lambda_cache::net
