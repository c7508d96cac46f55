#include "cli/function_entries.hpp"

#include "aws/json.hpp"
#include "aws/text.hpp"
#include "cli/program.hpp"
#include "wiring/config.hpp"
#include "wiring/environment.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>
#include <utility>

namespace lambda_cache::cli {
namespace {

namespace json = boost::json;

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

std::optional<std::string> text_of(const json::object& from, std::string_view name) {
  const auto text = aws::find_text(from, name);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<std::int64_t> number_of(const json::object& from, std::string_view name) {
  const auto* value = aws::find_member(from, name);
  return value != nullptr ? aws::to_integer(*value) : std::nullopt;
}

bool flag_of(const json::object& from, std::string_view name, bool otherwise) {
  const auto* value = aws::find_member(from, name);
  return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

/// Each is a list of key, whether a beginning is enough, values.
std::vector<aws::parameter_filter> filters_of(const json::object& from) {
  std::vector<aws::parameter_filter> out;
  const auto* given = aws::find_member(from, "filters");
  if (given == nullptr || !given->is_array()) return out;
  for (const json::value& each : given->get_array()) {
    if (!each.is_array() || each.get_array().size() != 3) continue;
    const json::array& parts = each.get_array();
    if (!parts[0].is_string() || !parts[1].is_bool() || !parts[2].is_array()) continue;
    aws::parameter_filter filter{.key = std::string(parts[0].get_string()),
                                 .values = {},
                                 .begins_with = parts[1].get_bool()};
    for (const json::value& value : parts[2].get_array())
      if (value.is_string()) filter.values.emplace_back(value.get_string());
    out.push_back(std::move(filter));
  }
  return out;
}

wiring::entry_options options_of(const json::object& from) {
  wiring::entry_options out;
  out.region = text_of(from, "region");
  out.endpoint_url = text_of(from, "endpoint_url");
  out.role.role_arn = text_of(from, "role_arn").value_or("");
  out.role.external_id = text_of(from, "external_id").value_or("");
  out.role.session_name = text_of(from, "role_session_name").value_or("");
  if (const auto* seconds = aws::find_member(from, "timeout_seconds");
      seconds != nullptr && seconds->is_number())
    out.timeout = wiring::seconds_to_nanos(seconds->to_number<double>());
  if (const auto attempts = number_of(from, "max_attempts"))
    out.max_attempts = static_cast<int>(*attempts);
  out.decrypt = flag_of(from, "with_decryption", true);
  if (const auto version = number_of(from, "version")) out.version = *version;
  out.label = text_of(from, "label");
  out.recursive = flag_of(from, "recursive", true);
  out.filters = filters_of(from);
  out.version_id = text_of(from, "version_id");
  out.version_stage = text_of(from, "version_stage");
  out.rotation_aware = flag_of(from, "rotation_aware", false);
  return out;
}

core::result<asked_name> name_of(const json::object& from) {
  const std::string service = text_of(from, "service").value_or("");
  asked_name out;
  out.name = text_of(from, "name").value_or("");
  if (service == "ssm") {
    out.kind = name_kind::parameter;
    out.given = "ssm:" + out.name;
  } else if (service == "ssm path") {
    out.kind = name_kind::path;
    out.given = "ssm-path:" + out.name;
  } else if (service == "secretsmanager") {
    out.kind = name_kind::secret;
    out.given = "secret:" + out.name;
  } else if (service == "s3") {
    out.kind = name_kind::object;
    out.given = out.name;
  } else {
    return refuse("The Python package knows a service that this program does not know (" +
                  aws::text::quoted(service) + "): use the two in one version.");
  }
  return out;
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

std::string chosen_python(const std::string& asked) {
  if (!asked.empty()) return asked;
  const auto of_venv = wiring::process_environment()("VIRTUAL_ENV");
  if (of_venv && !of_venv->empty()) {
    std::string inside = *of_venv + "/bin/python";
    if (::access(inside.c_str(), X_OK) == 0) return inside;
  }
  return "python3";
}

}  // namespace

core::result<std::vector<declared_entry>> parse_declared(std::string_view text,
                                                         const std::string& handler) {
  const aws::json_document parsed(text);
  const json::object* const root = parsed.object();
  if (root == nullptr)
    return refuse("--function " + handler + ": the answer of the Python package is no JSON.");
  if (const auto wrong = text_of(*root, "error"))
    return refuse("--function " + handler + ": " + *wrong);
  const auto* const entries = aws::find_member(*root, "entries");
  if (entries == nullptr || !entries->is_array())
    return refuse("--function " + handler + ": the answer of the Python package has no entries.");
  std::vector<declared_entry> out;
  for (const json::value& each : entries->get_array()) {
    if (!each.is_object()) continue;
    auto name = name_of(each.get_object());
    if (!name) return core::fail(std::move(name.error()));
    out.push_back({std::move(*name), options_of(each.get_object()),
                   flag_of(each.get_object(), "optional", false)});
  }
  return out;
}

core::result<std::vector<declared_entry>> declared_by(const std::string& handler,
                                                      const std::string& python) {
  const std::string command = chosen_python(python);
  auto ran = run_program({command, "-m", "lambda_cache._declared", handler});
  if (!ran) return core::fail(std::move(ran.error()));
  if (ran->status != 0) {
    const std::string why = last_line(ran->errors);
    return refuse(
        "--function " + handler + ": " + command +
        " could not run the Python package lambda_cache" +
        (why.empty() ? ", and ended with status " + std::to_string(ran->status) : ": " + why) +
        ". Install it for that Python, or choose another with --python.");
  }
  return parse_declared(ran->output, handler);
}

}  // namespace lambda_cache::cli
