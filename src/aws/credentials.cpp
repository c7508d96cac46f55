#include "aws/credentials.hpp"

#include "aws/crypto.hpp"
#include "aws/json.hpp"
#include "aws/text.hpp"
#include "aws/timestamps.hpp"
#include "aws/url.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace lambda_cache::aws {
namespace {

constexpr std::string_view relative_uri = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view full_uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view token_name = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view token_file_name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr std::string_view container_host = "169.254.170.2";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::credentials, std::move(message)));
}

core::secret_bytes to_secret(std::string_view text) {
  return {text.begin(), text.end()};
}

/// Moves an environment's text to memory that is wiped, and wipes the copy it came in.
core::secret_bytes take(std::string& text) {
  core::secret_bytes out = to_secret(text);
  wipe(text);
  return out;
}

std::string capitalized(std::string text) {
  if (!text.empty()) text.front() = text::to_upper(text.front());
  return text;
}

/// The AWS CLI before version 2.1 wrote "2026-01-31T12:00:00UTC".
std::optional<std::int64_t> parse_sso_date(std::string_view text) {
  if (!text.ends_with("UTC")) return parse_iso8601(text);
  return parse_iso8601(std::string(text.substr(0, text.size() - 3)) + "Z");
}

bool has_control(std::string_view text) noexcept {
  return std::ranges::any_of(text, text::is_control);
}

std::string not_a_header_value(std::string_view name) {
  return std::string(name) +
         " contains a line break or another control character: set it without one.";
}

std::string variable(const environment& env, std::string_view name) {
  return env(name).value_or(std::string());
}

/// The host of "127.0.0.1:9001" or "[::1]:9001".
std::string runtime_api_host(const environment& env) {
  const std::string address = variable(env, "AWS_LAMBDA_RUNTIME_API");
  if (address.empty()) return {};
  const auto parts = parse_url("http://" + address, "AWS_LAMBDA_RUNTIME_API");
  return parts ? parts->host : std::string();
}

bool may_be_asked(const url& where, const environment& env) {
  constexpr std::array<std::string_view, 3> hosts = {container_host, "169.254.170.23",
                                                     "fd00:ec2::23"};
  return where.tls || is_loopback(where.host) ||
         std::ranges::find(hosts, where.host) != hosts.end() || where.host == runtime_api_host(env);
}

core::result<container_source> source_of(const environment& env, const std::string& relative,
                                         const std::string& full) {
  container_source source;
  if (!relative.empty()) {
    if (!relative.starts_with('/') || !std::ranges::all_of(relative, text::is_visible))
      return refuse(std::string(relative_uri) + " must be a path that begins with '/', not " +
                    text::quoted(relative) + ".");
    source.host = container_host;
    source.target = relative;
    return source;
  }

  auto where = parse_url(full, full_uri);
  if (!where) {
    where.error().kind = error_kind::credentials;
    return core::fail(std::move(where.error()));
  }
  if (!may_be_asked(*where, env))
    return refuse(std::string(full_uri) + " has the host " + text::quoted(where->host) +
                  ": credentials are asked for over https, or on this machine, 169.254.170.2, "
                  "169.254.170.23 and [fd00:ec2::23] only.");
  source.tls = where->tls;
  source.host = where->host;
  source.port = where->port;
  source.target = where->path.empty() ? "/" : where->path;
  if (!where->query.empty()) source.target += "?" + where->query;
  return source;
}

}  // namespace

core::result<std::optional<credentials>> credentials_from_environment(const environment& env) {
  std::string id = variable(env, "AWS_ACCESS_KEY_ID");
  std::string secret = variable(env, "AWS_SECRET_ACCESS_KEY");
  std::string token = variable(env, "AWS_SESSION_TOKEN");
  if (id.empty() && secret.empty()) return std::nullopt;

  credentials keys;
  keys.access_key_id = id;
  keys.secret_access_key = take(secret);
  keys.session_token = take(token);
  if (id.empty())
    return refuse(
        "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not: set both or neither.");
  if (keys.secret_access_key.empty())
    return refuse(
        "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both or neither.");
  const auto as_text = [](const core::secret_bytes& bytes) {
    return std::string_view(bytes.data(), bytes.size());
  };
  if (has_control(id)) return refuse(not_a_header_value("AWS_ACCESS_KEY_ID"));
  if (has_control(as_text(keys.secret_access_key)))
    return refuse(not_a_header_value("AWS_SECRET_ACCESS_KEY"));
  if (has_control(as_text(keys.session_token)))
    return refuse(not_a_header_value("AWS_SESSION_TOKEN"));
  return keys;
}

core::result<std::optional<container_source>> container_from_environment(const environment& env) {
  const std::string relative = variable(env, relative_uri);
  const std::string full = variable(env, full_uri);
  if (relative.empty() && full.empty()) return std::nullopt;

  auto source = source_of(env, relative, full);
  if (!source) return core::fail(std::move(source.error()));
  source->authorization_file = variable(env, token_file_name);
  if (source->authorization_file.empty()) {
    std::string token = variable(env, token_name);
    const bool legal = !has_control(token);
    source->authorization = take(token);
    if (!legal) return refuse(not_a_header_value(token_name));
  }
  return std::move(*source);
}

core::result<credentials> parse_container_credentials(std::string_view json) {
  constexpr key_answer_origin container{
      .who = "the container's credentials endpoint",
      .id = "AccessKeyId",
      .secret = "SecretAccessKey",
      .token = "Token",
      .check_endpoint = "check AWS_CONTAINER_CREDENTIALS_FULL_URI",
      .check_role = "check that the function or task has a role"};
  return parse_key_answer(json, container);
}

core::result<credentials> parse_key_answer(std::string_view json, const key_answer_origin& from) {
  const std::string who(from.who);
  const json_document document(json);
  if (!document.valid())
    return core::fail(core::make_error(
        error_kind::protocol,
        capitalized(who + " answered with something that " + std::string(document.defect()) + ": " +
                    std::string(from.check_endpoint) + ".")));
  const auto missing = [&](std::string_view name) {
    return refuse("The answer of " + who + " has no " + std::string(name) + ": " +
                  std::string(from.check_role) + ".");
  };
  const boost::json::object* root = document.object();
  if (root != nullptr && !from.inside.empty()) {
    const boost::json::value* inner = find_member(*root, from.inside);
    root = inner == nullptr ? nullptr : inner->if_object();
  }
  if (root == nullptr) return missing(from.id);

  const auto id = find_text(*root, from.id);
  const auto secret = find_text(*root, from.secret);
  if (!id || !secret || id->empty() || secret->empty()) {
    // An endpoint that cannot help may say so with status 200.
    auto code = find_text(*root, "Code");
    if (!code) code = find_text(*root, "code");
    if (code && *code != "Success")
      return refuse(capitalized(who + " answered " + text::quoted(*code) + ": " +
                                std::string(from.check_role) + "."));
    return missing(id && !id->empty() ? from.secret : from.id);
  }
  const std::string_view token = find_text(*root, from.token).value_or(std::string_view());
  if (has_control(*id) || has_control(*secret) || has_control(token))
    return refuse(capitalized(who + " sent keys with control characters."));

  credentials keys;
  keys.access_key_id = *id;
  keys.secret_access_key = to_secret(*secret);
  keys.session_token = to_secret(token);
  if (const boost::json::value* end = find_member(*root, from.expiration)) {
    if (from.expiration_in_milliseconds) {
      const auto milliseconds = to_integer(*end);
      if (milliseconds) keys.expiration = *milliseconds / 1000;
    } else if (const auto expiration = find_text(*root, from.expiration)) {
      keys.expiration = parse_iso8601(*expiration);
    }
    if (!keys.expiration)
      return refuse("The answer of " + who +
                    " has an Expiration that is not a date like 2026-01-31T12:00:00Z.");
  }
  return keys;
}

core::result<sso_token> parse_sso_token(std::string_view json) {
  const json_document document(json);
  const boost::json::object* root = document.object();
  const auto token = root == nullptr ? std::nullopt : find_text(*root, "accessToken");
  const auto end = root == nullptr ? std::nullopt : find_text(*root, "expiresAt");
  const auto expiration = end ? parse_sso_date(*end) : std::nullopt;
  if (!token || token->empty() || has_control(*token) || !expiration)
    return refuse("The cached SSO token is not one.");
  return sso_token{to_secret(*token), *expiration};
}

core::result<credentials> parse_process_output(std::string_view json) {
  constexpr key_answer_origin process{.who = "the credential_process",
                                      .id = "AccessKeyId",
                                      .secret = "SecretAccessKey",
                                      .token = "SessionToken",
                                      .check_endpoint = "check the command",
                                      .check_role = "check the command"};
  const json_document document(json);
  if (const boost::json::object* root = document.object()) {
    const boost::json::value* version = find_member(*root, "Version");
    const auto number = version == nullptr ? std::nullopt : to_integer(*version);
    if (number != 1)
      return refuse(
          "The credential_process printed credentials of another Version than 1: check the "
          "command.");
  }
  auto keys = parse_key_answer(json, process);
  // It will print the same the next time: there is nothing to wait for.
  if (!keys) {
    keys.error().kind = error_kind::credentials;
    keys.error().retryable = false;
  }
  return keys;
}

}  // namespace lambda_cache::aws
