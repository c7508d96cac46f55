#include "lambda/extensions_api.hpp"

#include "lambda/runtime_api.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::lambda {
namespace {

constexpr std::string_view version = "/2020-01-01/extension";
constexpr std::string_view identifier_header = "Lambda-Extension-Identifier";
constexpr int ok = 200;
constexpr std::size_t longest_shown = 200;

net::http_request make_request(const net::origin& api, std::string method, std::string_view path) {
  net::http_request made;
  made.method = std::move(method);
  made.to = api;
  made.target = std::string(version).append(path);
  // Refused the second time, where the first one counted.
  made.idempotent = true;
  return made;
}

void set_json(net::http_request& of, std::string_view body) {
  of.headers.push_back({"Content-Type", "application/json"});
  of.body.assign(body.begin(), body.end());
}

/// What may stand in a header or a log line.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, longest_shown));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

std::unexpected<error_info> refused(std::string_view what, const net::http_response& answer) {
  return core::fail(
      core::make_error(error_kind::protocol, "the Extensions API refused " + std::string(what) +
                                                 ": HTTP " + std::to_string(answer.status) + ' ' +
                                                 shown({answer.body.data(), answer.body.size()})));
}

}  // namespace

net::http_request register_request(const net::origin& api, std::string_view name,
                                   bool invocations) {
  auto made = make_request(api, "POST", "/register");
  made.headers.push_back({"Lambda-Extension-Name", shown(name)});
  set_json(made,
           invocations ? R"({"events":["INVOKE","SHUTDOWN"]})" : R"({"events":["SHUTDOWN"]})");
  return made;
}

net::http_request next_event_request(const net::origin& api, const registration& as) {
  auto made = make_request(api, "GET", "/event/next");
  made.headers.push_back({std::string(identifier_header), as.identifier});
  return made;
}

net::http_request extension_init_error_request(const net::origin& api, const registration& as,
                                               std::string_view type, std::string_view message) {
  auto made = make_request(api, "POST", "/init/error");
  made.headers.push_back({std::string(identifier_header), as.identifier});
  made.headers.push_back({"Lambda-Extension-Function-Error-Type", shown(type)});
  set_json(made, error_document(message, type));
  return made;
}

core::result<registration> parse_registration(const net::http_response& answer) {
  if (answer.status != ok) return refused("to register the extension", answer);
  registration out;
  out.identifier = answer.find(std::string(identifier_header));
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (out.identifier.empty() || !std::ranges::all_of(out.identifier, is_visible))
    return core::fail(core::make_error(error_kind::protocol,
                                       "the Extensions API registered the extension without an "
                                       "identifier"));
  return out;
}

core::result<extension_event> parse_event(const net::http_response& answer) {
  if (answer.status != ok) return refused("to give an event", answer);
  // Nothing else of the event is needed, and eventType is not a word that a value may hold: Lambda
  // writes the whole document itself.
  const std::string_view body(answer.body.data(), answer.body.size());
  constexpr std::string_view member = "\"eventType\"";
  std::size_t at = body.find(member);
  if (at != std::string_view::npos) {
    at = body.find_first_not_of(" \t\r\n:", at + member.size());
    const std::string_view value = at == std::string_view::npos ? "" : body.substr(at);
    if (value.starts_with("\"INVOKE\"")) return extension_event::invoke;
    if (value.starts_with("\"SHUTDOWN\"")) return extension_event::shutdown;
  }
  return core::fail(core::make_error(error_kind::protocol,
                                     "the Extensions API gave an event that is neither INVOKE nor "
                                     "SHUTDOWN: " +
                                         shown(body)));
}

}  // namespace lambda_cache::lambda
