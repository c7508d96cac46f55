// A Lambda function with settings from Parameter Store. `make demo` runs it.
//
// Its answer says what the function saw; the event {"refresh": true} makes it ask for the greeting
// anew.
#include <lambda_cache/lambda_cache.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace lc = lambda_cache;

namespace {

constexpr auto greeting_name = "/demo/app/greeting";

// Enough JSON for this example; a real function has a library for it.
std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') json += '\\';
    json += each;
  }
  return json + '"';
}

bool wants_refresh(std::string_view event) {
  const auto key = event.find("\"refresh\"");
  const auto value = event.find_first_not_of(" \t\r\n:", key == event.npos ? key : key + 9);
  return value != event.npos && event.substr(value).starts_with("true");
}

// What may be shown of a secret: enough to recognise it, too little to use it.
std::string mask(std::string_view secret) {
  std::string masked(secret.substr(0, 2));
  return masked.append(secret.size() - masked.size(), '*');
}

auto make_handler() {
  // Values that miss together are fetched together: three parameters, one call. How long they are
  // good for is the default, LAMBDA_CACHE_TTL_SECONDS.
  const auto answer = lc::with(lc::ssm::cache({.parameter = greeting_name}),
                               lc::ssm::cache({.parameter = "/demo/app/token"}),
                               lc::ssm::cache({.parameter = "/demo/app/regions"}))(
      [greeting = lc::ssm::parameter(greeting_name)](const lc::request& event,
                                                     lc::Context& context) {
        const lc::Value shown =
            wants_refresh(event.payload) ? greeting.refresh() : context.value("greeting");
        std::string regions;
        for (const auto region : context.list("regions"))
          regions += (regions.empty() ? "" : ",") + quoted(region);
        return "\"greeting\":" + quoted(shown.text()) +
               ",\"token\":" + quoted(mask(context.text("token"))) + ",\"regions\":[" + regions +
               "]";
      });

  // Around it, so that what the handler waits for counts as well.
  return [answer](const lc::request& event) {
    const auto started = std::chrono::steady_clock::now();
    const std::string fields = answer(event);
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - started;
    return "{" + fields + ",\"handler_ms\":" + std::to_string(spent.count()) + "}";
  };
}

}  // namespace

int main() {
  return lc::run(make_handler);
}
