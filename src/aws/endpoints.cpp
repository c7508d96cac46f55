#include "aws/endpoints.hpp"

#include "aws/partitions.hpp"
#include "aws/text.hpp"
#include "aws/url.hpp"

#include <algorithm>
#include <optional>

namespace lambda_cache::aws {
namespace {

/// "-<word>-<number>", as in the "-east-1" of "us-gov-east-1".
bool is_region_tail(std::string_view tail) noexcept {
  if (!tail.starts_with('-')) return false;
  tail.remove_prefix(1);
  const std::size_t dash = tail.find('-');
  if (dash == 0 || dash == std::string_view::npos) return false;
  const auto is_word = [](char c) { return text::is_alnum(c) || c == '_'; };
  return std::ranges::all_of(tail.substr(0, dash), is_word) &&
         text::all_digits(tail.substr(dash + 1));
}

const partition& find_partition(std::string_view region) noexcept {
  for (const partition& candidate : partitions) {
    const bool global =
        region.starts_with(candidate.id) && region.substr(candidate.id.size()) == "-global";
    const bool regional = !candidate.region_prefix.empty() &&
                          region.starts_with(candidate.region_prefix) &&
                          is_region_tail(region.substr(candidate.region_prefix.size()));
    if (global || regional) return candidate;
  }
  return partitions.front();
}

bool is_aws_host(std::string_view host) noexcept {
  const auto under = [host](std::string_view suffix) {
    return host.size() > suffix.size() && host.ends_with(suffix) &&
           host[host.size() - suffix.size() - 1] == '.';
  };
  return std::ranges::any_of(partitions, [&](const partition& candidate) {
    return under(candidate.suffix) || under(candidate.dual_stack_suffix);
  });
}

std::string join(std::string_view label, std::string_view region, std::string_view suffix) {
  std::string host(label);
  host.append(".").append(region).append(".").append(suffix);
  return host;
}

/// The services' own rules where they differ from "service[-fips].region.suffix".
std::optional<std::string> aws_host(std::string_view service, std::string_view region,
                                    const endpoint_options& options) {
  const partition& home = find_partition(region);
  std::string label(service);
  if (options.fips) label += "-fips";

  if (service == "s3") {
    if (options.fips && home.id == "aws-cn") return std::nullopt;
    if (options.dual_stack) label += ".dualstack";
    return join(label, region, home.suffix);
  }
  bool dual_stack_domain = options.dual_stack;
  if (service == "secretsmanager" && home.suffix == "amazonaws.com")
    dual_stack_domain = false;  // the ordinary host has IPv6 addresses there
  if (service == "secretsmanager" && home.id == "aws-cn" && !options.fips)
    dual_stack_domain = false;
  const bool always_fips =
      home.id == "aws-us-gov" && (service == "ssm" || service == "sts" || service == "portal.sso");
  if (always_fips && !dual_stack_domain) label = service;
  return join(label, region, dual_stack_domain ? home.dual_stack_suffix : home.suffix);
}

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

core::result<endpoint> custom_endpoint(const endpoint_options& options) {
  if (options.fips)
    return refuse(
        "FIPS endpoints cannot be combined with an endpoint URL: "
        "unset AWS_USE_FIPS_ENDPOINT or the URL.");
  if (options.dual_stack)
    return refuse(
        "Dual-stack endpoints cannot be combined with an endpoint URL: "
        "unset AWS_USE_DUALSTACK_ENDPOINT or the URL.");
  auto parts = parse_url(options.url, "The endpoint URL (option endpoint_url or AWS_ENDPOINT_URL)");
  if (!parts) return core::fail(std::move(parts.error()));
  if (options.url.find('?') != std::string::npos)
    return refuse(
        "The endpoint URL (option endpoint_url or AWS_ENDPOINT_URL) must not have a query (?).");

  endpoint out;
  out.tls = parts->tls;
  out.host = parts->host;
  out.port = parts->port;
  out.host_header = host_header(*parts);
  out.base_path = std::move(parts->path);
  while (out.base_path.ends_with('/'))
    out.base_path.pop_back();
  out.is_aws = is_aws_host(out.host);
  return out;
}

}  // namespace

core::result<endpoint> resolve_endpoint(std::string_view service, std::string_view region,
                                        const endpoint_options& options) {
  if (region.empty()) return refuse("No region is known: set AWS_REGION or pass the region.");
  if (!is_region(region))
    return refuse(text::quoted(region) + " is not a region; it should look like eu-west-1.");
  if (!options.url.empty()) return custom_endpoint(options);

  auto host = aws_host(service, region, options);
  if (!host)
    return refuse("Service " + std::string(service) + " has no FIPS endpoint in " +
                  std::string(region) + ": unset AWS_USE_FIPS_ENDPOINT.");
  endpoint out;
  out.host = std::move(*host);
  out.host_header = out.host;
  out.is_aws = true;
  return out;
}

std::string_view partition_of(std::string_view region) noexcept {
  return find_partition(region).id;
}

bool is_region(std::string_view region) noexcept {
  const auto legal = [](char c) { return text::is_lower(c) || text::is_digit(c) || c == '-'; };
  return !region.empty() && region.size() <= 63 && std::ranges::all_of(region, legal) &&
         region.front() != '-' && region.back() != '-';
}

}  // namespace lambda_cache::aws
