#include "lambda/runtime_loop.hpp"

#include <lambda_cache/error.hpp>

#include "core/invocation.hpp"
#include "support/fake_runtime_api.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;
using work = std::vector<fake_runtime_api::invocation>;

int serve(fake_runtime_api& api, detail::invoker handler,
          std::function<void(const std::string&)> on_trace_id = {}) {
  return lambda::serve_invocations({api.address(), std::move(on_trace_id)},
                                   [&] { return std::move(handler); });
}

response echo(const request& event) {
  return response::success(event.payload);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void end_by_signal(peer& client) {
  ::kill(::getpid(), SIGTERM);
  client.wait_for_close();
}

TEST(runtime_loop, answers_one_invocation_after_the_other_on_one_connection) {
  fake_runtime_api api(work{{.payload = "one"}, {.payload = "two"}, {.payload = ""}},
                       {.when_done = end_by_signal});

  EXPECT_EQ(serve(api, echo), 0);
  EXPECT_EQ(api.connections(), 1);
  const auto answers = api.answers();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].target, "/2018-06-01/runtime/invocation/id-1/response");
  EXPECT_EQ(answers[0].body, "one");
  EXPECT_TRUE(has(answers[0].head, "Content-Type: application/json"));
  EXPECT_EQ(answers[1].target, "/2018-06-01/runtime/invocation/id-2/response");
  EXPECT_EQ(answers[1].body, "two");
  EXPECT_EQ(answers[2].body, "");
}

TEST(runtime_loop, ends_well_when_the_api_goes_away) {
  fake_runtime_api api(work{{.payload = "one"}});

  EXPECT_EQ(serve(api, echo), 0);
  EXPECT_EQ(api.answers().size(), 1U);
}

TEST(runtime_loop, hands_over_an_event_of_the_largest_size) {
  const std::string large(std::size_t{6} * 1024 * 1024 + 1024, 'x');
  fake_runtime_api api(work{{.payload = large}});

  EXPECT_EQ(serve(api, echo), 0);
  ASSERT_EQ(api.answers().size(), 1U);
  EXPECT_TRUE(api.answers()[0].body == large);
}

TEST(runtime_loop, makes_the_deadline_known_to_reads) {
  const auto end = std::chrono::system_clock::now() + 1h;
  const auto in_ms = std::chrono::duration_cast<std::chrono::milliseconds>(end.time_since_epoch());
  fake_runtime_api api(
      work{{.headers = "Lambda-Runtime-Deadline-Ms: " + std::to_string(in_ms.count()) + "\r\n"},
           {.headers = ""}});
  std::vector<core::deadline> seen;
  const auto before = std::chrono::steady_clock::now();
  serve(api, [&](const request& event) {
    seen.push_back(core::invocation_deadline());
    return echo(event);
  });

  ASSERT_EQ(seen.size(), 2U);
  EXPECT_GT(seen[0], before + 59min);
  EXPECT_LT(seen[0], before + 61min);
  EXPECT_EQ(seen[1], core::no_deadline);
}

TEST(runtime_loop, tells_the_trace_id_before_the_handler_runs) {
  fake_runtime_api api(work{{.headers = "Lambda-Runtime-Trace-Id: Root=1;Sampled=1\r\n"}, {}});
  std::vector<std::string> told;
  serve(
      api,
      [&](const request& event) {
        told.push_back("handler " + event.trace_id);
        return echo(event);
      },
      [&](const std::string& trace_id) { told.push_back(trace_id); });

  EXPECT_EQ(told, (std::vector<std::string>{"Root=1;Sampled=1", "handler Root=1;Sampled=1", "",
                                            "handler "}));
}

TEST(runtime_loop, a_failure_is_reported_as_the_handler_says) {
  fake_runtime_api api(work{{}});
  serve(api, [](const request&) { return response::failure("no", "my.type"); });

  ASSERT_EQ(api.answers().size(), 1U);
  const auto answer = api.answers()[0];
  EXPECT_EQ(answer.target, "/2018-06-01/runtime/invocation/id-1/error");
  EXPECT_TRUE(has(answer.head, "Lambda-Runtime-Function-Error-Type: my.type"));
  EXPECT_EQ(answer.body, R"({"errorMessage":"no","errorType":"my.type","stackTrace":[]})");
}

struct my_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST(runtime_loop, exceptions_become_errors_of_the_invocation_and_the_next_one_is_served) {
  fake_runtime_api api(work{{.payload = "own"}, {.payload = "std"}, {.payload = "int"}, {}});
  const int status = serve(api, [](const request& event) -> response {
    if (event.payload == "own") {
      error_info info;
      info.kind = error_kind::access_denied;
      info.code = "AccessDeniedException";
      info.message = "denied";
      throw error(info);
    }
    if (event.payload == "std") throw my_error("broke");
    if (event.payload == "int") throw 42;
    return echo(event);
  });

  EXPECT_EQ(status, 0);
  const auto answers = api.answers();
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].body,
            R"({"errorMessage":"denied","errorType":"AccessDeniedException","stackTrace":[]})");
  EXPECT_TRUE(has(answers[1].body, "\"broke\""));
  EXPECT_TRUE(has(answers[1].head, "my_error"));
  EXPECT_TRUE(has(answers[2].body, "\"int\""));
  EXPECT_EQ(answers[3].target, "/2018-06-01/runtime/invocation/id-4/response");
}

TEST(runtime_loop, an_error_while_the_handler_is_made_is_an_initialisation_error) {
  fake_runtime_api api(work{{}});
  const int status = lambda::serve_invocations(
      {api.address(), {}}, []() -> detail::invoker { throw my_error("no config"); });

  EXPECT_EQ(status, 1);
  EXPECT_EQ(api.asked_for_next(), 0);
  ASSERT_EQ(api.answers().size(), 1U);
  EXPECT_EQ(api.answers()[0].target, "/2018-06-01/runtime/init/error");
  EXPECT_TRUE(has(api.answers()[0].body, R"("errorMessage":"no config")"));
}

TEST(runtime_loop, a_connection_that_died_meanwhile_costs_no_answer) {
  fake_runtime_api api(work{{.payload = "one"}, {.payload = "two"}}, {.drops_connections = true});
  serve(api, echo);

  ASSERT_EQ(api.answers().size(), 2U);
  EXPECT_EQ(api.answers()[1].body, "two");
}

TEST(runtime_loop, goes_on_after_an_answer_was_refused) {
  fake_runtime_api api(work{{.payload = "one"}, {.payload = "two"}}, {.answer_status = 413});

  EXPECT_EQ(serve(api, echo), 0);
  EXPECT_EQ(api.answers().size(), 2U);
}

TEST(runtime_loop, ends_when_the_api_is_beyond_repair) {
  fake_runtime_api api(work{{}, {}}, {.answer_status = 500});

  EXPECT_EQ(serve(api, echo), 1);
  EXPECT_EQ(api.answers().size(), 1U);
}

TEST(runtime_loop, ends_when_no_invocation_is_given) {
  fake_runtime_api api(work{{}}, {.next_status = 403});

  EXPECT_EQ(serve(api, echo), 1);
  EXPECT_TRUE(api.answers().empty());
}

TEST(runtime_loop, says_that_the_api_cannot_be_reached) {
  std::string address;
  {
    const fake_runtime_api gone(work{});
    address = gone.address();
  }
  ::testing::internal::CaptureStderr();
  const int status = lambda::serve_invocations({address, {}}, [] { return echo; });
  const std::string said = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(status, 1);
  EXPECT_TRUE(has(said, "the Runtime API cannot be reached")) << said;
}

TEST(runtime_loop, refuses_a_malformed_address) {
  EXPECT_EQ(lambda::serve_invocations({"http://x", {}}, [] { return echo; }), 1);
}

TEST(runtime_loop, ends_on_sigterm_while_it_waits) {
  fake_runtime_api api(work{{}}, {.when_done = end_by_signal});

  EXPECT_EQ(serve(api, echo), 0);
  EXPECT_EQ(api.answers().size(), 1U);
  EXPECT_EQ(api.asked_for_next(), 2);
}

TEST(runtime_loop, answers_the_running_invocation_before_it_ends_on_sigterm) {
  fake_runtime_api api(work{{.payload = "one"}, {.payload = "two"}});
  const int status = serve(api, [](const request& event) {
    ::kill(::getpid(), SIGTERM);
    return echo(event);
  });

  EXPECT_EQ(status, 0);
  ASSERT_EQ(api.answers().size(), 1U);
  EXPECT_EQ(api.answers()[0].body, "one");
  EXPECT_EQ(api.asked_for_next(), 1);
}

void own_handler(int /*signal*/) {}

TEST(runtime_loop, leaves_the_programs_own_sigterm_handler_alone) {
  struct sigaction own{};
  own.sa_handler = &own_handler;
  struct sigaction before{};
  ::sigaction(SIGTERM, &own, &before);
  bool was_own = false;
  fake_runtime_api api(work{{}});
  serve(api, [&](const request& event) {
    struct sigaction now{};
    ::sigaction(SIGTERM, nullptr, &now);
    was_own = now.sa_handler == &own_handler;
    return echo(event);
  });
  struct sigaction after{};
  ::sigaction(SIGTERM, &before, &after);

  EXPECT_TRUE(was_own);
  EXPECT_EQ(after.sa_handler, &own_handler);
}

TEST(runtime_loop, restores_the_default_of_sigterm) {
  fake_runtime_api api(work{{}});
  serve(api, echo);
  struct sigaction after{};
  ::sigaction(SIGTERM, nullptr, &after);

  EXPECT_EQ(after.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace lambda_cache::test
