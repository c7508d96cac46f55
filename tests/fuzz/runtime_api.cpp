// What Lambda's Runtime API says. Input: its address on a line, then an HTTP answer.
#include "lambda/runtime_api.hpp"

#include "fuzz/target.hpp"
#include "net/response_parser.hpp"

namespace lambda_cache::fuzz {
namespace {

void check_address(std::string_view text) {
  const auto api = lambda::parse_runtime_api(text);
  if (!api) return require_readable(api.error().message);
  require(!api->host.empty() && api->port != 0 && !api->tls, "an address is host and port");
  require(std::ranges::all_of(api->host, aws::text::is_visible), "a host is visible");
}

}  // namespace

void runtime_api(std::string_view input) {
  check_address(take_line(input));
  net::response_parser parser{net::http_limits{}};
  if (!parser.put(input) || !parser.put_end()) return;
  const auto invocation = lambda::parse_next(parser.take());
  if (!invocation) return require_discreet(invocation.error());
  const std::string& id = invocation->request_id;
  require(!id.empty() && std::ranges::all_of(id, aws::text::is_visible) &&
              id.find_first_of("/?#") == std::string::npos,
          "a request id is a part of a path");
  require(invocation->deadline.time_since_epoch().count() >= 0, "a deadline is a time");
}

}  // namespace lambda_cache::fuzz
