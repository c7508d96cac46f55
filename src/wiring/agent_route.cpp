#include "wiring/agent_route.hpp"

#include "aws/crypto.hpp"
#include "aws/text.hpp"
#include "aws/url.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::wiring {
namespace {

constexpr const char* variable = "LAMBDA_CACHE_AGENT";
constexpr std::string_view file_scheme = "file://";

/// A variable's text, wiped when it is no longer needed.
struct secret_text {
  std::string text;

  explicit secret_text(std::string value) : text(std::move(value)) {}
  secret_text(secret_text&&) = default;
  secret_text& operator=(secret_text&&) = delete;
  ~secret_text() { aws::wipe(text); }
};

core::result<aws::url> parse(const std::string& setting, const std::string& text) {
  const std::string example =
      ": give the URL of an agent on this machine, like http://127.0.0.1:2773.";
  const auto refuse = [&](const std::string& because) {
    return core::fail(
        core::make_error(error_kind::invalid_argument, setting + " " + because + example));
  };
  if (text.starts_with("unix:")) return refuse("names a socket, which is not supported here");
  auto url = aws::parse_url(text, setting);
  if (!url) {
    std::string why = std::move(url.error().message);
    why.pop_back();
    return core::fail(core::make_error(error_kind::invalid_argument, why + example));
  }
  const std::string shown = "is " + aws::text::quoted(text);
  if (url->tls) return refuse(shown + ", but agents do not speak TLS");
  // The token and the values go there in the clear.
  if (!aws::is_loopback(url->host)) return refuse(shown + ", which is not of this machine");
  if (!url->query.empty() || (!url->path.empty() && url->path != "/"))
    return refuse(shown + ", which has a path or a query");
  return url;
}

core::result<void> read_token(sources::agent_settings& into, const aws::environment& env) {
  for (const char* const name :
       {"AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"}) {
    auto found = env(name);
    if (!found || found->empty()) continue;
    const secret_text token(std::move(*found));
    into.token_variable = name;
    if (token.text.starts_with(file_scheme)) {
      into.token_file = token.text.substr(file_scheme.size());
      return {};
    }
    if (std::ranges::any_of(token.text, aws::text::is_control))
      return core::fail(core::make_error(
          error_kind::invalid_argument,
          std::string(name) +
              " has line ends or other control characters, so that it cannot be sent to the agent "
              "as a token: set it without them."));
    into.token.assign(token.text.begin(), token.text.end());
    return {};
  }
  return {};
}

}  // namespace

core::result<sources::agent_ptr> resolve_agent(const client_config& code,
                                               const aws::environment& env) {
  std::string setting = "agent_url";
  std::optional<std::string> text = code.agent_url;
  if (!text && !code.region && !code.endpoint_url) {
    setting = variable;
    text = env(variable);
  }
  if (!text || text->empty()) return sources::agent_ptr();
  const auto url = parse(setting, *text);
  if (!url) return core::fail(url.error());
  auto made = std::make_shared<sources::agent_settings>();
  made->setting = std::move(setting);
  made->at = {.tls = false, .host = url->host, .port = url->port};
  made->url = "http://" + net::describe(made->at);
  if (auto token = read_token(*made, env); !token) return core::fail(std::move(token.error()));
  return made;
}

bool goes_by_agent(const entry_spec& spec) noexcept {
  const entry_options& options = spec.options;
  return spec.service != "s3" && !options.region && !options.endpoint_url && !options.role &&
         !options.rotation_aware && !(spec.path && !spec.path->filters.empty());
}

}  // namespace lambda_cache::wiring
