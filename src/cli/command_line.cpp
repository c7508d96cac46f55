#include "cli/command_line.hpp"

#include "aws/arn.hpp"
#include "aws/text.hpp"
#include "cli/output.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iostream>
#include <utility>

namespace lambda_cache::cli {
namespace {

constexpr const char* name_help =
    "ssm:/app/x   a parameter; ssm:/app/x:3 one version, ssm:/app/x:label, or an ARN\n"
    "ssm-path:/app/   all parameters below a path\n"
    "secret:db    a secret by name or ARN\n"
    "s3://b/key   an object";

CLI::Validator not_negative() {
  return {[](std::string& text) {
            double seconds = 0;
            const bool good =
                CLI::detail::lexical_cast(text, seconds) && std::isfinite(seconds) && seconds >= 0;
            return good ? std::string() : "'" + text + "' is not a number of at least 0";
          },
          "SECONDS"};
}

/// Permissions as chmod takes them; CLI11 gets them in decimal.
CLI::Validator octal_mode() {
  return {[](std::string& text) {
            unsigned mode = 0;
            bool good = !text.empty() && text.size() <= 4;
            for (const char c : text) {
              good = good && c >= '0' && c <= '7';
              mode = mode * 8 + static_cast<unsigned>(c - '0');
            }
            if (!good || mode > 0777) return "'" + text + "' are no permissions like 0660";
            text = std::to_string(mode);
            return std::string();
          },
          "OCTAL"};
}

CLI::Validator absolute_path() {
  return {[](std::string& text) {
            return text.starts_with('/') ? std::string() : "'" + text + "' does not begin with '/'";
          },
          "PATH"};
}

/// A positive, finite number.
CLI::Validator more_than_zero() {
  return {[](std::string& text) {
            double seconds = 0;
            const bool good =
                CLI::detail::lexical_cast(text, seconds) && std::isfinite(seconds) && seconds > 0;
            return good ? std::string() : "'" + text + "' is not a number of more than 0";
          },
          "SECONDS"};
}

CLI::Validator account_id() {
  return {[](std::string& text) {
            const bool good = text.size() == 12 && aws::text::all_digits(text);
            return good ? std::string() : "'" + text + "' is not an account id of 12 digits";
          },
          "ID"};
}

CLI::Validator arn_of(const char* service) {
  return {[service](std::string& text) {
            const auto parts = aws::split_arn(text);
            const bool good = parts && parts->service == service;
            return good ? std::string() : "'" + text + "' is not an ARN of " + service;
          },
          "ARN"};
}

constexpr const char* access_group = "Access";

void add_place(CLI::App& to, access_options& out) {
  to.add_option("--region", out.region,
                "region, else AWS_REGION, AWS_DEFAULT_REGION, the profile's")
      ->group(access_group);
  to.add_option("--profile", out.profile,
                "profile of the shared config; its credentials before those of the environment")
      ->group(access_group);
  to.add_option("--endpoint-url", out.endpoint_url,
                "asked instead of every AWS service, e.g. http://127.0.0.1:5000")
      ->group(access_group);
}

void add_limits(CLI::App& to, access_options& out) {
  to.add_option("--timeout-seconds", out.timeout_seconds,
                "longest time of one read, all attempts included (10; objects 900)")
      ->check(more_than_zero())
      ->group(access_group);
  to.add_option("--max-attempts", out.max_attempts, "attempts per call (3, or AWS_MAX_ATTEMPTS)")
      ->check(CLI::Range(1, 100))
      ->group(access_group);
}

void add_access(CLI::App& to, access_options& out) {
  add_place(to, out);
  auto* role = to.add_option("--role-arn", out.role_arn, "role to assume for reading the values")
                   ->group(access_group);
  to.add_option("--external-id", out.external_id, "external id for --role-arn")
      ->needs(role)
      ->group(access_group);
  add_limits(to, out);
}

CLI::App& add_get(CLI::App& to, get_request& out) {
  CLI::App& get = *to.add_subcommand("get", "print values as they are stored");
  get.add_option("NAME", out.names, name_help)->required();
  get.add_flag("--json", out.json, "one line of JSON: name, value, type, version, ...");
  auto* watch = get.add_flag("--watch", out.watch, "go on, and print again what has changed");
  get.add_option("--every", out.every_seconds, "seconds between two looks of --watch (60)")
      ->needs(watch)
      ->check(more_than_zero());
  get.add_option("--field", out.field, "what to pick from a JSON value: password, hosts.0.name");
  get.add_option("--transform", out.transform,
                 "json: check that it is; binary: base64 to bytes; auto: by the name's end")
      ->check(CLI::IsMember({"json", "binary", "auto"}));
  get.add_option("--label", out.label, "of a parameter: the version that has this label");
  get.add_option("--version-id", out.version_id, "of a secret or an object: this version");
  get.add_option("--version-stage", out.version_stage, "of a secret, e.g. AWSPREVIOUS");
  get.add_option("--output", out.output_file, "file for the content of an object, mode 0600");
  add_access(get, out.access);
  get.footer(
      "One value is printed as it is: text and a line break, a StringList one item a line, bytes\n"
      "and objects without anything added. Several, or a path: lines of name, tab, value.\n"
      "Status: 0 read; 1 not read, nothing was printed; 2 wrong use; 128 + signal.");
  return get;
}

void add_subject(CLI::App& to, subject& out) {
  to.add_option("NAME", out.names, name_help);
  to.add_option("--function", out.function,
                "module.handler: what a Python function's code declares, from this directory");
  to.add_option("--python", out.python, "interpreter for --function, else VIRTUAL_ENV's, python3");
}

CLI::App& add_doctor(CLI::App& to, doctor_request& out) {
  CLI::App& doctor = *to.add_subcommand("doctor", "say what a function would meet, and why");
  add_subject(doctor, out.of);
  doctor.add_flag("--json", out.json, "as JSON");
  add_access(doctor, out.access);
  doctor.footer(
      "Credentials, region, endpoints; each value read or why not (never the value); the IAM\n"
      "policy for them; calls of a cold start.\n"
      "Status: 0 all is well; 1 something could not be read; 2 wrong use.");
  return doctor;
}

CLI::App& add_policy(CLI::App& to, policy_request& out) {
  CLI::App& policy = *to.add_subcommand("policy", "print the IAM policy that reading values takes");
  add_subject(policy, out.of);
  policy.add_option("--account", out.account, "account id for the ARNs, else STS is asked")
      ->check(account_id());
  policy.add_option("--for-role", out.for_role,
                    "what this role needs, which is assumed for some of the values");
  policy.add_option("--kms-key", out.kms_keys, "key of your own that encrypts values")
      ->check(arn_of("kms"));
  add_access(policy, out.access);
  policy.footer("Status: 0 printed; 1 the account is not known; 2 wrong use.");
  return policy;
}

void add_listening(CLI::App& to, serve_request& out) {
  const std::string group = "Listening";
  auto* port = to.add_option("--port", out.port, "on 127.0.0.1 and ::1 (2773); 0: a free one")
                   ->check(CLI::Range(0, 65535))
                   ->group(group);
  auto* socket =
      to.add_option("--socket", out.socket, "Unix socket as well: its permissions are the guard")
          ->group(group);
  to.add_option("--socket-mode", out.socket_mode, "its permissions in octal (0600)")
      ->transform(octal_mode())
      ->needs(socket)
      ->group(group);
  to.add_flag("!--no-tcp", out.tcp, "no port, the socket alone")->excludes(port)->group(group);
  to.add_option("--token-file", out.token_file,
                "file with the token that requests have to carry; else AWS_TOKEN,\n"
                "AWS_SESSION_TOKEN or AWS_CONTAINER_AUTHORIZATION_TOKEN: the token, or\n"
                "file:// and the path of its file")
      ->group(group);
  to.add_option("--max-connections", out.max_connections, "at a time (800)")
      ->check(CLI::Range(1, 100'000))
      ->group(group);
}

void add_keeping(CLI::App& to, serve_request& out) {
  const std::string group = "Values";
  to.add_option("--prefetch", out.prefetch,
                "NAME to fetch before it is asked for; as often as there are names")
      ->type_size(1)
      ->allow_extra_args(false)
      ->group(group);
  to.add_option("--ttl", out.ttl_seconds, "how old a value may be (300); 0: none is kept")
      ->check(not_negative())
      ->group(group);
  to.add_option("--stale-if-error", out.stale_if_error_seconds,
                "how much older while AWS fails for a passing reason (300)")
      ->check(not_negative())
      ->group(group);
  to.add_option("--refresh-ahead", out.refresh_ahead_seconds,
                "fetch anew in the background when read this long before the end (0)")
      ->check(not_negative())
      ->group(group);
  to.add_option("--cache-size", out.cache_size, "most values that are kept (1000)")
      ->check(CLI::Range(0, 1'000'000))
      ->group(group);
  to.add_option("--cache-megabytes", out.cache_megabytes, "most MiB that they may take (64)")
      ->check(CLI::Range(1, 65536))
      ->group(group);
}

/// On and off by two names, or not said.
void add_switch(CLI::App& to, const char* names, std::optional<bool>& out, const char* help) {
  to.add_flag_function(names, [&out](std::int64_t count) { out = count > 0; }, help);
}

CLI::App& add_serve(CLI::App& to, serve_request& out) {
  CLI::App& serve = *to.add_subcommand("serve", "answer other programs over local HTTP");
  serve.add_option("--config", out.config_file,
                   "TOML file: that of the AWS Secrets Manager Agent, and [lambda_cache]");
  serve
      .add_option("--mode", out.mode,
                  "whose answers it gives: agent, the AWS Secrets Manager Agent's (default);\n"
                  "extension, the AWS Parameters and Secrets Lambda Extension's")
      ->check(CLI::IsMember({"agent", "extension"}));
  serve.add_option("--path-prefix", out.path_prefix, "of secrets asked for by path (/v1/)")
      ->check(absolute_path());
  serve
      .add_option("--errors", out.errors,
                  "compatible: as AWS's (default); json: always with code and real status")
      ->check(CLI::IsMember({"compatible", "json"}));
  add_switch(serve, "--status-page,!--no-status-page", out.status_page,
             "what is kept, never a value, for a browser at / (on)");
  add_switch(serve, "--metrics,!--no-metrics", out.metrics, "for Prometheus at /metrics (on)");
  serve.add_option("--log-level", out.log_level, "none, error, warn, info (default) or debug")
      ->transform(CLI::IsMember({"none", "error", "warn", "info", "debug"}, CLI::ignore_case));
  add_listening(serve, out);
  add_keeping(serve, out);
  add_place(serve, out.access);
  add_limits(serve, out.access);
  serve.footer(
      "These options count before the file, the file before the environment.\n"
      "SIGTERM and SIGINT end it when the requests under way are answered; the second one at "
      "once.\n"
      "SIGHUP, where there is no terminal, makes it forget values and credentials.\n"
      "Status: 0 ended by a signal; 1 it could not start; 2 wrong use.");
  return serve;
}

/// Started by Lambda, without a word: nobody has to find it in the list of commands.
void add_extension(CLI::App& to) {
  to.add_subcommand("extension", "be a Lambda extension: `serve` beside a function")
      ->group("")
      ->footer("Told by environment variables; see docs/agent.md.");
}

}  // namespace

parsed_command parse_command_line(int argc, const char* const* argv) {
  CLI::App app("Reads parameters, secrets and objects of AWS as lambda-cache does in a function.",
               "lambda-cache");
  app.set_version_flag("--version", "lambda-cache " LAMBDA_CACHE_VERSION);
  app.set_help_flag("-h,--help", "this text, or that of a command");
  app.require_subcommand(1);
  get_request get;
  doctor_request doctor;
  policy_request policy;
  const CLI::App& of_get = add_get(app, get);
  const CLI::App& of_doctor = add_doctor(app, doctor);
  const CLI::App& of_policy = add_policy(app, policy);
  serve_request serve;
  const CLI::App& of_serve = add_serve(app, serve);
  add_extension(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem, std::cout, std::cerr);
    const bool named = !app.get_subcommands().empty();
    complain((named || problem.get_name() != "RequiredError"
                  ? std::string(problem.what())
                  : std::string("name a command first: get, doctor, policy or serve")) +
             " (lambda-cache --help)");
    return wrong_use;
  }
  if (of_get.parsed()) return get;
  if (of_doctor.parsed()) return doctor;
  if (of_policy.parsed()) return policy;
  if (of_serve.parsed()) return serve;
  return extension_request{};
}

}  // namespace lambda_cache::cli
