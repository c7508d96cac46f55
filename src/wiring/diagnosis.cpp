#include "wiring/diagnosis.hpp"

#include "aws/endpoints.hpp"
#include "net/tls_trust.hpp"
#include "sources/caller_identity.hpp"
#include "sources/credentials_chain.hpp"
#include "wiring/config.hpp"
#include "wiring/environment.hpp"

#include <array>
#include <memory>
#include <utility>

namespace lambda_cache::wiring {
namespace {

constexpr std::array asked_services = {"ssm", "secretsmanager", "s3", "sts"};

struct configuration {
  aws::environment env;
  aws::shared_config files;
  config values;
};

core::result<configuration> read_configuration() {
  configuration out;
  out.env = process_environment();
  auto files = sources::read_shared_config(out.env);
  if (!files) return core::fail(std::move(files.error()));
  out.files = std::move(*files);
  auto values = resolve_config({}, out.env, out.files);
  if (!values) return core::fail(std::move(values.error()));
  out.values = std::move(*values);
  out.values.sts_region = out.values.region;
  return out;
}

std::string region_source(const configuration& from) {
  for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (const auto text = from.env(name); text && !text->empty()) return name;
  return "profile '" + aws::chosen_profile(from.env).value_or("default") + "'";
}

service_route route_of(const char* service, const config& values) {
  service_route out;
  out.service = service;
  const bool has_values = std::string_view(service) == "ssm" || out.service == "secretsmanager";
  if (values.agent && has_values) {
    out.url = values.agent->url;
    return out;
  }
  const auto endpoint = aws::resolve_endpoint(service, values.region, values.endpoints.of(service));
  if (!endpoint) {
    out.problem = endpoint.error().message;
    return out;
  }
  out.url = (endpoint->tls ? "https://" : "http://") + endpoint->host_header + endpoint->base_path;
  out.is_aws = endpoint->is_aws;
  if (const auto by = values.proxies.between({endpoint->tls, endpoint->host, endpoint->port}))
    out.proxy = net::describe(*by);
  if (!endpoint->tls) return out;
  const net::tls_trust trust({values.ca_bundle, values.system_bundle});
  const std::string system =
      values.system_bundle.empty() ? "the system's certificates" : values.system_bundle;
  switch (trust.first_for(endpoint->host)) {
    case net::trust_anchors::ca_bundle:
      out.trust = values.ca_bundle;
      break;
    case net::trust_anchors::system_store:
      out.trust = system;
      break;
    case net::trust_anchors::amazon_roots:
      out.trust = "built-in Amazon roots, else " + system;
      break;
  }
  return out;
}

}  // namespace

core::result<surroundings> look_around() {
  const auto read = read_configuration();
  if (!read) return core::fail(read.error());
  surroundings out;
  out.region = read->values.region;
  if (!out.region.empty()) out.region_from = region_source(*read);
  for (const char* const service : asked_services)
    out.routes.push_back(route_of(service, read->values));
  return out;
}

identity_report ask_identity() {
  const auto read = read_configuration();
  if (!read) return {{}, core::fail(read.error()), {}};
  identity_report out{{}, identity{}, {}};
  // A loop of its own, which runs here: whatever it holds has ended when this returns.
  net::io_loop loop;
  const auto tools = std::make_shared<sources::tools>(
      loop, net::tls_settings{read->values.ca_bundle, read->values.system_bundle},
      make_credentials_settings(read->env, read->values, true), read->values.proxies);
  loop.post([&] {
    ask_caller_identity(tools, tools->credentials, [&](sources::identity_answer got) {
      out.provider = tools->credentials.describe();
      out.clock_difference = got.clock_difference;
      if (got.who)
        out.who = identity{std::move(got.who->account), std::move(got.who->arn)};
      else
        out.who = core::fail(std::move(got.who.error()));
      // After what the call itself has posted.
      loop.post([&] { loop.stop(); });
    });
  });
  loop.run();
  return out;
}

}  // namespace lambda_cache::wiring
