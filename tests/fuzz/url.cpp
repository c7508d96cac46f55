// URLs and endpoints of the configuration. Input: the URL on a line, a region.
#include "aws/url.hpp"

#include "aws/endpoints.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

void check_refusal(const error_info& why, std::string_view text) {
  require_readable(why.message);
  require(why.kind == error_kind::invalid_argument, "the argument is wrong");
  require(!text.contains('@') || !why.message.contains(canary), "an error shows no password");
}

void check_url(std::string_view text) {
  const auto parts = aws::parse_url(text, "URL");
  if (!parts) return check_refusal(parts.error(), text);
  require(parts->port != 0 && !parts->host.empty(), "a URL has host and port");
  for (const std::string* part : {&parts->host, &parts->path, &parts->query})
    require(std::ranges::all_of(*part, aws::text::is_visible), "a URL is visible");
  require(!parts->host.contains('@') && !parts->host.contains('/'), "a host is one");
  const std::string header = aws::host_header(*parts);
  const std::string again_text = (parts->tls ? "https://" : "http://") + header + parts->path +
                                 (parts->query.empty() ? "" : "?" + parts->query);
  const auto again = aws::parse_url(again_text, "URL");
  require(again && again->tls == parts->tls && again->host == parts->host &&
              again->port == parts->port && again->path == parts->path &&
              again->query == parts->query,
          "a URL that is written is read again");
  (void)aws::is_loopback(parts->host);
}

void check_endpoint(std::string_view region, const aws::endpoint_options& options) {
  for (const std::string_view service : {"ssm", "secretsmanager", "s3", "sts", "portal.sso"}) {
    const auto found = aws::resolve_endpoint(service, region, options);
    if (!found) {
      check_refusal(found.error(), options.url);
      continue;
    }
    require(aws::is_region(region) && !found->host.empty() && found->port != 0,
            "an endpoint is one");
    require(!found->base_path.ends_with('/'), "a base path has no slash at its end");
    require(std::ranges::all_of(found->host_header, aws::text::is_visible), "a host is visible");
    require(!options.url.empty() || (found->is_aws && found->tls), "AWS's own endpoints use TLS");
  }
}

}  // namespace

void url(std::string_view input) {
  const std::string_view text = take_line(input);
  check_url(text);
  (void)aws::is_loopback(text);
  for (const bool flag : {false, true}) {
    check_endpoint(input, {.url = {}, .fips = flag, .dual_stack = !flag});
    check_endpoint("eu-west-1", {.url = std::string(text), .fips = flag, .dual_stack = false});
  }
  require(!aws::partition_of(input).empty(), "every region is in a partition");
}

}  // namespace lambda_cache::fuzz
