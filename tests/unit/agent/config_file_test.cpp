#include "agent/config_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace lambda_cache::agent {
namespace {

using texts = std::vector<std::string>;

struct applied {
  serve_settings settings;
  texts notes;
};

applied apply(std::string_view text) {
  applied out;
  auto notes = apply_config(text, "a.toml", out.settings);
  EXPECT_TRUE(notes) << notes.error().message;
  if (notes) out.notes = std::move(*notes);
  return out;
}

std::string refusal(std::string_view text) {
  serve_settings settings;
  const auto notes = apply_config(text, "a.toml", settings);
  EXPECT_FALSE(notes) << text;
  if (notes) return "";
  EXPECT_EQ(notes.error().kind, error_kind::invalid_argument);
  return notes.error().message;
}

TEST(config_file_test, an_empty_file_changes_nothing) {
  const auto got = apply("\n# nothing\n");
  EXPECT_EQ(got.settings.agent.port, 2773);
  EXPECT_EQ(got.settings.max_entries, 1000U);
  EXPECT_FALSE(got.settings.validate_credentials);
  EXPECT_TRUE(got.notes.empty());
}

TEST(config_file_test, the_keys_of_the_secrets_manager_agent) {
  const auto got = apply(R"(
    log_level = "DEBUG"
    log_to_file = false
    http_port = 2774
    region = "eu-west-1"
    ttl_seconds = 30
    cache_size = 10
    ssrf_headers = ["X-My-Token"]
    ssrf_env_variables = ["MY_TOKEN"]
    path_prefix = "/secrets/"
    max_conn = 5
    ignore_transient_errors = false
    validate_credentials = true
    credentials_file_path = "/etc/keys"
  )");
  const settings& agent = got.settings.agent;
  EXPECT_EQ(agent.level, log_level::debug);
  EXPECT_TRUE(agent.tcp);
  EXPECT_EQ(agent.port, 2774);
  EXPECT_EQ(got.settings.region, "eu-west-1");
  EXPECT_EQ(agent.parameter_max_age, 30 * core::second);
  EXPECT_EQ(agent.secret_max_age, 30 * core::second);
  EXPECT_EQ(agent.object_max_age, 30 * core::second);
  EXPECT_EQ(got.settings.max_entries, 10U);
  EXPECT_EQ(agent.token_headers, texts{"X-My-Token"});
  EXPECT_EQ(got.settings.token_variables, texts{"MY_TOKEN"});
  EXPECT_EQ(agent.path_prefix, "/secrets/");
  EXPECT_EQ(agent.max_connections, 5U);
  EXPECT_FALSE(got.settings.ignore_transient_errors);
  EXPECT_EQ(agent.stale_if_error, 0);
  EXPECT_TRUE(got.settings.validate_credentials);
  EXPECT_EQ(got.settings.credentials_file, "/etc/keys");
  EXPECT_TRUE(got.notes.empty());
}

TEST(config_file_test, numbers_in_quotes) {
  const auto got = apply("http_port = \"65535\"\nttl_seconds = \"0\"\nmax_conn = \"1000\"");
  EXPECT_EQ(got.settings.agent.port, 65535);
  EXPECT_EQ(got.settings.agent.secret_max_age, 0);
  EXPECT_EQ(got.settings.agent.max_connections, 1000U);
}

TEST(config_file_test, no_port) {
  EXPECT_FALSE(apply("http_port = 0").settings.agent.tcp);
}

TEST(config_file_test, the_nested_form) {
  const auto got = apply(R"(
    [logging]
    log_level = "warn"
    log_to_file = true
    [capabilities.secrets_manager]
    enabled = true
    http_port = 2775
    region = "us-east-1"
    max_roles = 20
    [capabilities.secrets_manager.cache]
    ttl_seconds = 60
    cache_size = 7
    [capabilities.secrets_manager.security]
    ssrf_headers = ["A", "B"]
    ssrf_env_variables = ["C"]
    [capabilities.secrets_manager.prefetch]
    cache_buffer_ratio = 0.8
    max_jitter_seconds = 0
    secrets = [{ secret_id = "prod/db" }, { secret_id = "far", role_arn = "arn:aws:iam::1:role/r" }]
    filter_tags = [{ key = "Team" }]
    [capabilities.acm]
    enabled = false
    [[capabilities.acm.certificates]]
    certificate_arn = "arn:aws:acm:eu-west-1:1:certificate/x"
  )");
  EXPECT_EQ(got.settings.agent.level, log_level::warn);
  EXPECT_EQ(got.settings.agent.port, 2775);
  EXPECT_EQ(got.settings.region, "us-east-1");
  EXPECT_EQ(got.settings.agent.secret_max_age, 60 * core::second);
  EXPECT_EQ(got.settings.max_entries, 7U);
  EXPECT_EQ(got.settings.agent.token_headers, (texts{"A", "B"}));
  EXPECT_EQ(got.settings.token_variables, texts{"C"});
  EXPECT_EQ(got.settings.agent.prefetch, texts{"secret:prod/db"});
  // Each key that means nothing here is said.
  for (const char* const key :
       {"log_to_file", "max_roles", "cache_buffer_ratio", "'far'", "filter_tags", "acm"})
    EXPECT_TRUE(std::ranges::any_of(got.notes, [&](const auto& note) {
      return note.contains(key);
    })) << key;
  EXPECT_EQ(got.notes.size(), 6U);
}

TEST(config_file_test, the_flat_prefetch) {
  const auto got = apply("[[prefetch.secrets]]\nsecret_id = \"a\"\n");
  EXPECT_EQ(got.settings.agent.prefetch, texts{"secret:a"});
}

TEST(config_file_test, our_own_table) {
  const auto got = apply(R"(
    [lambda_cache]
    mode = "extension"
    tcp = false
    socket = "/run/x.sock"
    socket_mode = "0660"
    token_file = "/run/token"
    prefetch = ["ssm:/a", "ssm-path:/b/", "secret:c", "s3://d/e"]
    errors = "json"
    status_page = false
    metrics = false
    parameter_ttl_seconds = 4000
    secret_ttl_seconds = 1.5
    object_ttl_seconds = 0
    stale_if_error_seconds = 9
    refresh_ahead_seconds = 8
    timeout_seconds = 7
    max_attempts = 2
    max_entries = 100000
    max_megabytes = 2
    max_connections = 2000
    max_header_bytes = 2048
    idle_timeout_seconds = 6
    profile = "p"
    endpoint_url = "http://127.0.0.1:5000"
  )");
  const settings& agent = got.settings.agent;
  EXPECT_EQ(agent.mode, compatibility::extension);
  EXPECT_FALSE(agent.tcp);
  EXPECT_EQ(agent.socket_path, "/run/x.sock");
  EXPECT_EQ(agent.socket_mode, 0660U);
  EXPECT_EQ(got.settings.token_file, "/run/token");
  EXPECT_EQ(agent.prefetch, (texts{"ssm:/a", "ssm-path:/b/", "secret:c", "s3://d/e"}));
  EXPECT_TRUE(agent.json_errors);
  EXPECT_FALSE(agent.status_page);
  EXPECT_FALSE(agent.metrics);
  EXPECT_EQ(agent.parameter_max_age, 4000 * core::second);
  EXPECT_EQ(agent.secret_max_age, core::second * 3 / 2);
  EXPECT_EQ(agent.object_max_age, 0);
  EXPECT_EQ(agent.stale_if_error, 9 * core::second);
  EXPECT_EQ(agent.refresh_ahead, 8 * core::second);
  EXPECT_EQ(agent.parameter_timeout, 7 * core::second);
  EXPECT_EQ(agent.secret_timeout, 7 * core::second);
  EXPECT_EQ(got.settings.max_attempts, 2);
  EXPECT_EQ(got.settings.max_entries, 100'000U);
  EXPECT_EQ(got.settings.max_bytes, std::size_t{2} << 20);
  EXPECT_EQ(agent.max_connections, 2000U);
  EXPECT_EQ(agent.max_header_bytes, 2048U);
  EXPECT_EQ(agent.idle_timeout, 6 * core::second);
  EXPECT_EQ(got.settings.profile, "p");
  EXPECT_EQ(got.settings.endpoint_url, "http://127.0.0.1:5000");
}

TEST(config_file_test, our_own_table_has_the_last_word_wherever_it_stands) {
  const auto got = apply(
      "[lambda_cache]\nsecret_ttl_seconds = 1\n"
      "[capabilities.secrets_manager.cache]\nttl_seconds = 2\n");
  EXPECT_EQ(got.settings.agent.secret_max_age, core::second);
  EXPECT_EQ(got.settings.agent.parameter_max_age, 2 * core::second);
  EXPECT_EQ(
      apply("ttl_seconds = 3\n[lambda_cache]\nerrors = \"json\"").settings.agent.secret_max_age,
      3 * core::second);
}

TEST(config_file_test, permissions_are_octal) {
  EXPECT_EQ(apply("[lambda_cache]\nsocket_mode = 0o640").settings.agent.socket_mode, 0640U);
  for (const char* const wrong : {"640", "\"0888\"", "\"\"", "\"1777\"", "0o1777", "true"})
    EXPECT_TRUE(refusal("[lambda_cache]\nsocket_mode = " + std::string(wrong)).contains("octal"))
        << wrong;
}

TEST(config_file_test, what_is_out_of_range) {
  EXPECT_EQ(
      refusal("# first\nhttp_port = 80"),
      "a.toml:2: http_port is 80; it has to be a whole number from 1024 to 65535, or 0 for no "
      "port beside a socket.");
  EXPECT_EQ(
      refusal("log_level = \"loud\""),
      "a.toml:1: log_level is 'loud'; it has to be \"debug\", \"info\", \"warn\", \"error\" or "
      "\"none\".");
  for (const char* const wrong : {"http_port = 65536",
                                  "http_port = -1",
                                  "http_port = \"x\"",
                                  "http_port = 2773.5",
                                  "ttl_seconds = 3601",
                                  "ttl_seconds = -1",
                                  "cache_size = 0",
                                  "cache_size = 1001",
                                  "max_conn = 0",
                                  "max_conn = 1001",
                                  "max_roles = 21",
                                  "ssrf_headers = []",
                                  "ssrf_headers = [\"a b\"]",
                                  "ssrf_headers = \"a\"",
                                  "ssrf_env_variables = []",
                                  "ssrf_env_variables = [1]",
                                  "path_prefix = \"v1/\"",
                                  "region = \"Ireland\"",
                                  "log_to_file = \"yes\"",
                                  "validate_credentials = 1",
                                  "ignore_transient_errors = 0",
                                  "credentials_file_path = \"\"",
                                  "http_address = \"0.0.0.0\"",
                                  "log_level = 1979-05-27",
                                  "capabilities.secrets_manager.enabled = false",
                                  "capabilities.acm.enabled = true",
                                  "capabilities.secrets_manager = 1",
                                  "logging = true",
                                  "lambda_cache = []",
                                  "prefetch.cache_buffer_ratio = 0.05",
                                  "prefetch.max_jitter_seconds = 11",
                                  "prefetch.secrets = [{ key = \"a\" }]",
                                  "prefetch.secrets = [{ secret_id = \"a\", other = 1 }]",
                                  "prefetch.filter_tags = 1",
                                  "lambda_cache.mode = \"both\"",
                                  "lambda_cache.socket = \"relative\"",
                                  "lambda_cache.token_file = \"relative\"",
                                  "lambda_cache.prefetch = [\"/app/a\"]",
                                  "lambda_cache.prefetch = [\"ssm:\"]",
                                  "lambda_cache.errors = true",
                                  "lambda_cache.parameter_ttl_seconds = -0.5",
                                  "lambda_cache.secret_ttl_seconds = inf",
                                  "lambda_cache.object_ttl_seconds = nan",
                                  "lambda_cache.timeout_seconds = 0",
                                  "lambda_cache.max_attempts = 101",
                                  "lambda_cache.max_megabytes = 0",
                                  "lambda_cache.max_connections = 0",
                                  "lambda_cache.max_header_bytes = 10",
                                  "lambda_cache.idle_timeout_seconds = 0",
                                  "lambda_cache.endpoint_url = \"x\"",
                                  "lambda_cache.max_entries = 1000001"}) {
    const std::string message = refusal(wrong);
    EXPECT_TRUE(message.starts_with("a.toml:1: ")) << message;
    const std::string_view key =
        std::string_view(wrong).substr(0, std::string_view(wrong).find(' '));
    EXPECT_TRUE(message.contains(std::string(key))) << message;
  }
}

TEST(config_file_test, unknown_keys_and_what_was_meant) {
  EXPECT_EQ(refusal("\n\nhttp_prot = 1"), "a.toml:3: http_prot is no key: did you mean http_port?");
  EXPECT_EQ(refusal("socket = \"/x\""), "a.toml:1: socket is no key: it stands in [lambda_cache].");
  EXPECT_EQ(refusal("[lambda_cache]\nhttp_port = 2773"),
            "a.toml:2: lambda_cache.http_port is no key: it stands outermost.");
  EXPECT_EQ(refusal("[capabilities.secrets_manager]\nttl_seconds = 1"),
            "a.toml:2: capabilities.secrets_manager.ttl_seconds is no key: it stands in "
            "[capabilities.secrets_manager.cache].");
  EXPECT_EQ(refusal("[lambda_cache]\nprefech = []"),
            "a.toml:2: lambda_cache.prefech is no key: did you mean prefetch?");
  EXPECT_EQ(refusal("colour = 1"), "a.toml:1: colour is no key.");
  EXPECT_EQ(refusal("[capabilities.secret_manager]"),
            "a.toml:1: capabilities.secret_manager is no key.");
}

TEST(config_file_test, flat_and_nested_do_not_mix) {
  EXPECT_EQ(
      refusal("http_port = 2773\n[capabilities.secrets_manager]\nmax_conn = 1"),
      "a.toml:1: http_port belongs into [capabilities.secrets_manager] here: AWS's keys stand "
      "either outermost or in tables.");
  EXPECT_TRUE(refusal("[logging]\n[[prefetch.secrets]]\nsecret_id = \"a\"")
                  .contains("belongs into [capabilities.secrets_manager.prefetch]"));
}

TEST(config_file_test, no_toml) {
  EXPECT_TRUE(refusal("a = 1\nb = ").starts_with("a.toml:2: not TOML: "));
  EXPECT_TRUE(refusal("region = \"\xff\"").starts_with("a.toml:1: not TOML: "));
  EXPECT_TRUE(refusal("http_port = 2773\nhttp_port = 2774").starts_with("a.toml:2: not TOML: "));
  EXPECT_TRUE(refusal("r\u00e9gion = 1").starts_with("a.toml:1: "));
  EXPECT_TRUE(refusal("[ @").contains("not TOML"));
  EXPECT_TRUE(refusal(std::string((1 << 20) + 1, '#')).contains("at most 1048576"));
}

TEST(config_file_test, files_that_cannot_be_read) {
  serve_settings settings;
  const auto missing = apply_config_file("/nonexistent/a.toml", settings);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "Cannot read the configuration '/nonexistent/a.toml': No such file or directory.");
  const auto folder = apply_config_file("/", settings);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message, "Cannot read the configuration '/': Is a directory.");
}

/// Every key of the example, put into force.
std::string example_in_force() {
  std::ifstream file(LAMBDA_CACHE_EXAMPLE_CONFIG);
  std::string out;
  for (std::string line; std::getline(file, line);) {
    const bool is_key = line.starts_with("# ") && line.contains(" = ") &&
                        std::ranges::all_of(line.substr(2, line.find(" = ") - 2), [](char c) {
                          return (c >= 'a' && c <= 'z') || c == '_';
                        });
    out += (is_key ? line.substr(2) : line) + '\n';
  }
  return out;
}

TEST(config_file_test, the_example_holds_every_key_and_the_defaults) {
  serve_settings as_it_is;
  ASSERT_TRUE(apply_config_file(LAMBDA_CACHE_EXAMPLE_CONFIG, as_it_is));
  const std::string text = example_in_force();
  for (const config_key& key : config_keys()) {
    const bool nested = key.section.starts_with("capabilities") || key.section == "logging";
    const bool is_old = key.name == "http_address" || key.name == "max_roles";
    if (nested || is_old) continue;
    EXPECT_TRUE(text.contains('\n' + std::string(key.name) + " = ")) << key.name;
  }
  const auto got = apply(text);
  EXPECT_TRUE(got.notes.empty());
  const settings fresh;
  const settings& agent = got.settings.agent;
  EXPECT_EQ(agent.mode, fresh.mode);
  EXPECT_EQ(agent.tcp, fresh.tcp);
  EXPECT_EQ(agent.port, fresh.port);
  EXPECT_EQ(agent.socket_mode, fresh.socket_mode);
  EXPECT_EQ(agent.token_headers, fresh.token_headers);
  EXPECT_EQ(agent.parameter_max_age, fresh.parameter_max_age);
  EXPECT_EQ(agent.secret_max_age, fresh.secret_max_age);
  EXPECT_EQ(agent.object_max_age, fresh.object_max_age);
  EXPECT_EQ(agent.stale_if_error, fresh.stale_if_error);
  EXPECT_EQ(agent.refresh_ahead, fresh.refresh_ahead);
  EXPECT_EQ(agent.path_prefix, fresh.path_prefix);
  EXPECT_EQ(agent.json_errors, fresh.json_errors);
  EXPECT_EQ(agent.status_page, fresh.status_page);
  EXPECT_EQ(agent.metrics, fresh.metrics);
  EXPECT_EQ(agent.max_connections, fresh.max_connections);
  EXPECT_EQ(agent.max_header_bytes, fresh.max_header_bytes);
  EXPECT_EQ(agent.idle_timeout, fresh.idle_timeout);
  EXPECT_EQ(agent.level, fresh.level);
  EXPECT_EQ(got.settings.token_variables, serve_settings{}.token_variables);
  EXPECT_EQ(got.settings.max_entries, serve_settings{}.max_entries);
  EXPECT_EQ(got.settings.max_bytes, serve_settings{}.max_bytes);
  EXPECT_EQ(got.settings.validate_credentials, serve_settings{}.validate_credentials);
}

}  // namespace
}  // namespace lambda_cache::agent
