#include "cli/command_line.hpp"

#include "aws/arn.hpp"
#include "aws/text.hpp"
#include "cli/output.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
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

void add_access(CLI::App& to, access_options& out) {
  const std::string group = "Access";
  to.add_option("--region", out.region,
                "region, else AWS_REGION, AWS_DEFAULT_REGION, the profile's")
      ->group(group);
  to.add_option("--profile", out.profile,
                "profile of the shared config; its credentials before those of the environment")
      ->group(group);
  to.add_option("--endpoint-url", out.endpoint_url,
                "asked instead of every AWS service, e.g. http://127.0.0.1:5000")
      ->group(group);
  auto* role = to.add_option("--role-arn", out.role_arn, "role to assume for reading the values")
                   ->group(group);
  to.add_option("--external-id", out.external_id, "external id for --role-arn")
      ->needs(role)
      ->group(group);
  to.add_option("--timeout-seconds", out.timeout_seconds,
                "longest time of one read, all attempts included (10; objects 900)")
      ->check(more_than_zero())
      ->group(group);
  to.add_option("--max-attempts", out.max_attempts, "attempts per call (3, or AWS_MAX_ATTEMPTS)")
      ->check(CLI::Range(1, 100))
      ->group(group);
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
  add_policy(app, policy);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem, std::cout, std::cerr);
    const bool named = !app.get_subcommands().empty();
    complain((named || problem.get_name() != "RequiredError"
                  ? std::string(problem.what())
                  : std::string("name a command first: get, doctor or policy")) +
             " (lambda-cache --help)");
    return wrong_use;
  }
  if (of_get.parsed()) return get;
  if (of_doctor.parsed()) return doctor;
  return policy;
}

}  // namespace lambda_cache::cli
