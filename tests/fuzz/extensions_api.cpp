// What Lambda's Extensions API says. Input: an HTTP answer, taken as one to a registration and as
// an event.
#include "lambda/extensions_api.hpp"

#include "fuzz/target.hpp"
#include "net/response_parser.hpp"

namespace lambda_cache::fuzz {

void extensions_api(std::string_view input) {
  net::response_parser parser{net::http_limits{}};
  if (!parser.put(input) || !parser.put_end()) return;
  const net::http_response answer = parser.take();

  if (const auto made = lambda::parse_registration(answer))
    require(
        !made->identifier.empty() && std::ranges::all_of(made->identifier, aws::text::is_visible),
        "an identifier is a header's value");
  else
    require_readable(made.error().message);

  if (const auto event = lambda::parse_event(answer)) {
    const std::string_view body(answer.body.data(), answer.body.size());
    require(
        body.contains(*event == lambda::extension_event::invoke ? "\"INVOKE\"" : "\"SHUTDOWN\""),
        "an event is one that was told");
  } else {
    require_readable(event.error().message);
  }
}

}  // namespace lambda_cache::fuzz
