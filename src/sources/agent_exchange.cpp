#include "sources/agent_exchange.hpp"

#include "aws/error_codes.hpp"
#include "aws/text.hpp"
#include "sources/file_reader.hpp"

#include <optional>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr std::size_t longest_quote = 200;

/// X-Cache-Age is cut off behind the milliseconds, Age behind the seconds.
constexpr core::nanos fine = core::millisecond;
constexpr core::nanos coarse = core::second;

error_info about(error_info why, const agent_question& what) {
  why.service = what.service;
  if (why.operation.empty()) why.operation = what.operation;
  why.name = what.name;
  return why;
}

std::string subject(const agent_question& what) {
  return what.name.empty() ? std::string(what.service) + ":" + std::string(what.operation)
                           : std::string(what.name);
}

std::string the_agent(const agent_settings& of) {
  return "the agent at " + of.url + " (" + of.setting + ")";
}

std::string reading(const agent_question& what) {
  return "Reading " + subject(what) + " failed: ";
}

error_info by_agent(const agent_settings& of, const aws::service_reply& reply,
                    const agent_question& what, error_kind kind, const std::string& because) {
  error_info out = core::make_error(kind, reading(what) + the_agent(of) + " " + because);
  out.http_status = reply.status;
  return about(std::move(out), what);
}

error_info as_told(const aws::agent_refusal& by, error_kind kind, int status,
                   const agent_question& what) {
  error_info out =
      core::make_error(kind, by.message.empty() ? reading(what) + by.code + "." : by.message);
  out.code = by.code;
  out.operation = by.operation;
  out.request_id = by.request_id;
  out.http_status = status;
  out.retryable = by.retryable.value_or(out.retryable);
  return about(std::move(out), what);
}

/// Codes that agents have for what no service said.
error_kind kind_by_own_code(std::string_view code) {
  if (code == "TimeoutError") return error_kind::timeout;
  if (code == "ConnectionError") return error_kind::connection;
  return aws::kind_by_code(code);
}

std::string token_advice(const agent_settings& of) {
  if (of.token_variable.empty())
    return "none of AWS_TOKEN, AWS_SESSION_TOKEN and AWS_CONTAINER_AUTHORIZATION_TOKEN is set "
           "here: "
           "set AWS_TOKEN to what the agent expects.";
  return "it has to be the agent's own: check that " + of.token_variable +
         " is the same here as where the agent was started.";
}

/// A refusal that is no JSON: the agent's own, or one of AWS's extension.
agent_failure explain_text(const agent_settings& of, const aws::service_reply& reply,
                           const agent_question& what) {
  const std::string said = aws::text::printable(reply.body, longest_quote);
  const auto make = [&](error_kind kind, const std::string& because) {
    return by_agent(of, reply, what, kind, because);
  };
  const auto says = [&](std::string_view text) { return aws::text::icontains(said, text); };
  if (reply.status == 401 || reply.status == 403 || says("token"))
    return {make(error_kind::credentials,
                 "refused the token (" + aws::text::quoted(said) + "): " + token_advice(of))};
  if (says("not ready"))
    return {make(error_kind::service,
                 "is not ready yet (" + aws::text::quoted(said) +
                     "). AWS's extension answers from the first invocation on: read later, or use "
                     "lambda-cache's extension."),
            true};
  if (reply.status == 429)
    return {make(error_kind::throttled,
                 "has all the connections it takes: raise its max_conn, or use fewer processes."),
            true};
  if (says("unexpected error"))
    return {make(error_kind::service,
                 "does not say why (" + aws::text::quoted(said) +
                     "): AWS's extension tells causes in its log only. Look there, check name and "
                     "permissions, or use lambda-cache's extension.")};
  const std::string answered =
      "answered HTTP status " + std::to_string(reply.status) + " (" + aws::text::quoted(said) + ")";
  if (reply.status >= 500) return {make(error_kind::service, answered + "."), true};
  return {make(error_kind::rejected, answered + ": check that it is a lambda-cache agent.")};
}

}  // namespace

core::result<net::http_request> ask_agent(const agent_settings& of, const std::string& target,
                                          core::nanos max_age) {
  net::http_request out;
  out.method = "GET";
  out.to = of.at;
  out.target = target;
  out.direct = true;
  out.headers = {{"Accept", "application/json"}, {"User-Agent", "lambda-cache"}};
  if (max_age == 0)
    out.headers.push_back({"Cache-Control", "no-cache"});
  else if (max_age != core::infinite)
    out.headers.push_back({"Cache-Control", "max-age=" + aws::age_text(max_age)});
  core::secret_bytes read;
  if (!of.token_file.empty()) {
    auto token = read_token_file(of.token_file, of.token_variable);
    if (!token) return core::fail(std::move(token.error()));
    read = std::move(*token);
  }
  const core::secret_bytes& token = of.token_file.empty() ? of.token : read;
  // The client wipes it.
  if (!token.empty())
    out.headers.push_back(
        {"X-Aws-Parameters-Secrets-Token", std::string(token.begin(), token.end())});
  return out;
}

core::nanos age_of(const net::http_response& got) noexcept {
  if (const auto age = aws::parse_age(got.find("x-cache-age"), fine)) return *age;
  return aws::parse_age(got.find("age"), coarse).value_or(0);
}

bool is_stale(const net::http_response& got) noexcept {
  return aws::text::iequals(got.find("x-cache"), "stale");
}

error_info stale_error(const agent_settings& of, const agent_question& what) {
  return about(core::make_error(error_kind::service,
                                reading(what) + the_agent(of) +
                                    " has only an old value, because AWS throttles it or cannot be "
                                    "reached. Its log says why."),
               what);
}

agent_failure explain_refusal(const agent_settings& of, const aws::service_reply& reply,
                              const agent_question& what) {
  auto told = aws::decode_agent_refusal(reply.body);
  if (!told) return explain_text(of, reply, what);
  if (!told->kind) {
    // AWS's agent: the service's code and words, or its own for what went wrong on the way.
    error_info why = aws::classify(reply, what.service, what.operation, what.name);
    if (why.code == "TimeoutError" || why.code == "ConnectionError")
      why.kind = kind_by_own_code(why.code);
    return {std::move(why)};
  }
  return {as_told(*told, *told->kind, reply.status, what)};
}

error_info explain_miss(const aws::agent_miss& of, const agent_question& what) {
  return as_told(of.why, of.why.kind.value_or(kind_by_own_code(of.why.code)), of.status, what);
}

error_info explain_silence(const agent_settings& of, error_info why, const agent_question& what) {
  if (why.kind == error_kind::connection || why.kind == error_kind::timeout ||
      why.kind == error_kind::protocol) {
    std::string cause = std::move(why.message);
    if (cause.ends_with('.')) cause.pop_back();
    why.message = reading(what) + the_agent(of) + " does not answer as it should: " + cause +
                  ". Start it, correct " + of.setting +
                  ", or unset that to read from AWS directly.";
  } else {
    why.message = reading(what) + why.message;
  }
  return about(std::move(why), what);
}

}  // namespace lambda_cache::sources
