// Lets tests in other languages ask what an environment and its shared files lead to: one JSON
// object of variables per line in, the configuration and the plan of credentials per line out.
// With the argument "identity": whose the credentials of its own environment are, as STS says it.
// With the argument "proxies": one array of a URL and such an object per line in, the proxy for
// that URL per line out.
#include "aws/credential_plan.hpp"
#include "aws/url.hpp"
#include "sources/caller_identity.hpp"
#include "sources/credentials_chain.hpp"
#include "sources/tools.hpp"
#include "wiring/config.hpp"
#include "wiring/environment.hpp"
#include "wiring/proxies.hpp"

#include <boost/json.hpp>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace json = boost::json;
namespace aws = lambda_cache::aws;
namespace core = lambda_cache::core;
namespace wiring = lambda_cache::wiring;

namespace {

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};

json::object refusal(const lambda_cache::error_info& error) {
  return {{"error", std::string(to_string(error.kind))}, {"message", error.message}};
}

std::string text(const core::secret_bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

json::object describe(const aws::role_settings& role) {
  json::object out{{"role_arn", role.role_arn},
                   {"external_id", role.external_id},
                   {"session_name", role.session_name},
                   {"duration", nullptr}};
  if (role.duration) out["duration"] = *role.duration;
  return out;
}

json::object describe(const aws::credential_plan& plan) {
  return std::visit(
      overloaded{
          [](const aws::environment_plan&) -> json::object { return {{"how", "environment"}}; },
          [](const aws::container_plan&) -> json::object { return {{"how", "container"}}; },
          [](const aws::file_keys_plan& how) -> json::object {
            return {{"how", "file"},
                    {"id", how.keys.access_key_id},
                    {"secret", text(how.keys.secret_access_key)},
                    {"token", text(how.keys.session_token)}};
          },
          [](const aws::web_identity_plan& how) -> json::object {
            return {{"how", "web identity"},
                    {"token_file", how.token_file},
                    {"role", describe(how.role)}};
          },
          [](const aws::sso_plan& how) -> json::object {
            return {{"how", "sso"},
                    {"token_file", how.token_file_name},
                    {"region", how.region},
                    {"account", how.account_id},
                    {"role_name", how.role_name}};
          },
          [](const aws::process_plan& how) -> json::object {
            return {{"how", "process"},
                    {"words", json::array(how.arguments.begin(), how.arguments.end())}};
          },
          [](const aws::instance_plan& how) -> json::object {
            return {{"how", "instance"}, {"endpoint", host_header(how.endpoint)}};
          },
          [](const aws::assume_role_plan& how) -> json::object {
            return {{"how", "role"}, {"role", describe(how.role)}, {"base", describe(*how.base)}};
          }},
      plan.how);
}

json::object describe(const wiring::config& values) {
  return {{"region", values.region},
          {"ssm", values.endpoints.of("ssm").url},
          {"sts", values.endpoints.of("sts").url},
          {"sso", values.endpoints.of("sso").url},
          {"fips", values.endpoints.of("ssm").fips},
          {"dual_stack", values.endpoints.of("ssm").dual_stack},
          {"ca_bundle", values.ca_bundle},
          {"max_attempts", values.max_attempts}};
}

aws::environment environment_of(const json::object& variables) {
  return [&variables](std::string_view name) -> std::optional<std::string> {
    const json::value* found = variables.if_contains(name);
    if (found == nullptr) return std::nullopt;
    return json::value_to<std::string>(*found);
  };
}

json::object proxy_for(const json::array& question) {
  const auto url = aws::parse_url(json::value_to<std::string>(question.at(0)), "the URL");
  const auto proxies = wiring::resolve_proxies(environment_of(question.at(1).as_object()));
  if (!url) return refusal(url.error());
  if (!proxies) return refusal(proxies.error());
  const auto found = proxies->between({url->tls, url->host, url->port});
  if (found == nullptr) return {{"proxy", nullptr}};
  return {{"proxy", (found->at.tls ? "https://" : "http://") + describe(found->at)},
          {"authorization", text(found->authorization)},
          {"setting", found->setting}};
}

json::object answer(const json::object& variables) {
  const aws::environment env = environment_of(variables);
  const auto files = lambda_cache::sources::read_shared_config(env);
  if (!files) return {{"config", refusal(files.error())}, {"plan", refusal(files.error())}};
  const auto values = wiring::resolve_config({}, env, *files);
  json::object out{{"config", values ? describe(*values) : refusal(values.error())}};

  // As the chain does it: with the copy of the environment that the loop's thread gets.
  const auto settings = wiring::make_credentials_settings(env, wiring::config(), false);
  if (settings.broken) {
    out["plan"] = refusal(*settings.broken);
    return out;
  }
  const auto again = lambda_cache::sources::read_shared_config(settings.env);
  const auto plan =
      aws::plan_credentials({.env = settings.env,
                             .files = again ? *again : aws::shared_config(),
                             .has_environment_keys = settings.fixed.has_value(),
                             .has_container = settings.container || settings.container_broken});
  out["plan"] = plan ? describe(*plan) : refusal(plan.error());
  return out;
}

json::object identity() {
  const aws::environment env = wiring::process_environment();
  const auto files = lambda_cache::sources::read_shared_config(env);
  if (!files) return refusal(files.error());
  auto values = wiring::resolve_config({}, env, *files);
  if (!values) return refusal(values.error());
  values->sts_region = values->region;

  json::object out;
  lambda_cache::net::io_loop loop;
  const auto tools = std::make_shared<lambda_cache::sources::tools>(
      loop, lambda_cache::net::tls_settings{},
      wiring::make_credentials_settings(env, *values, true));
  loop.post([&] {
    ask_caller_identity(tools, tools->credentials, [&](lambda_cache::sources::identity_answer got) {
      const auto& who = got.who;
      out = who ? json::object{{"account", who->account}, {"arn", who->arn}} : refusal(who.error());
      out["from"] = tools->credentials.describe();
      // After what the call itself has posted.
      loop.post([&] { loop.stop(); });
    });
  });
  loop.run();
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  if (argc == 2 && std::string_view(argv[1]) == "identity") {
    std::cout << json::serialize(identity()) << '\n';
    return 0;
  }
  const bool proxies = argc == 2 && std::string_view(argv[1]) == "proxies";
  for (std::string line; std::getline(std::cin, line);) {
    const json::value asked = json::parse(line);
    std::cout << json::serialize(proxies ? proxy_for(asked.as_array()) : answer(asked.as_object()))
              << '\n';
  }
  return 0;
}
