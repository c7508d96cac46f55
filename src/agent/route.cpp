#include "agent/route.hpp"

#include "agent/failures.hpp"
#include "agent/list_items.hpp"
#include "agent/query.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lambda_cache::agent {
namespace {

/// GetParameters of ten names each: what a client may ask for at once.
constexpr std::size_t most_names = 200;
/// Bytes of what a client wrote that an error repeats.
constexpr std::size_t longest_shown = 200;

/// What a client did wrong, as a text or as JSON.
struct wrong {
  const wanted& asked;
  const settings& how;
  [[nodiscard]] route operator()(std::string_view message) const {
    return invalid_request(message, asked.json_errors || how.json_errors);
  }
};

std::optional<bool> truth(std::string_view text) {
  using aws::text::iequals;
  if (iequals(text, "true") || text == "1") return true;
  if (iequals(text, "false") || text == "0") return false;
  return std::nullopt;
}

/// What Cache-Control says about the age of the answer (RFC 9111 §5.2.1). Fractions of a second are
/// ours: the library passes its readers' max age on.
void read_cache_control(std::string_view rest, wanted& out) {
  while (!rest.empty()) {
    std::string_view one = take_item(rest);
    constexpr std::string_view max_age = "max-age=";
    if (aws::text::iequals(one, "no-cache")) out.refresh_now = true;
    if (!aws::text::iequals(one.substr(0, max_age.size()), max_age)) continue;
    one.remove_prefix(max_age.size());
    double seconds = 0;
    const auto [end, failed] = std::from_chars(one.data(), one.data() + one.size(), seconds);
    if (failed != std::errc() || end != one.data() + one.size() || !(seconds >= 0)) continue;
    const auto wanted_age =
        seconds < 1e9 ? static_cast<core::nanos>(seconds * core::second) : core::infinite;
    // The strictest counts. Nothing is younger than 0.
    if (wanted_age == 0)
      out.refresh_now = true;
    else
      out.max_age = std::min(wanted_age, out.max_age.value_or(core::infinite));
  }
}

std::string_view without_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

/// The options that every read has. True if the member was one of them; `defect` says what is wrong
/// with it.
bool take_common(const std::string& name, const std::string& value, wanted& out,
                 std::string& defect) {
  if (name == "refreshNow") {
    const auto now = truth(value);
    if (!now) defect = "invalid refreshNow value";
    out.refresh_now = out.refresh_now || now.value_or(false);
    return true;
  }
  if (name == "field" || name == "transform") {
    if (out.what != subject::parameter && out.what != subject::secret) return false;
    (name == "field" ? out.field : out.transform) = value;
    return true;
  }
  return false;
}

bool take_flag(const std::string& name, const std::string& value, bool& into, std::string& defect) {
  const auto flag = truth(value);
  if (!flag) defect = "invalid " + name + " value";
  into = flag.value_or(into);
  return true;
}

bool take_parameter(const std::string& name, const std::string& value, wanted& out,
                    std::string& defect) {
  if (name == "name") {
    if (out.what == subject::parameter) out.names.clear();
    out.names.push_back(value);
  } else if (name == "withDecryption") {
    return take_flag(name, value, out.decrypt, defect);
  } else if (out.what == subject::parameter && (name == "version" || name == "label")) {
    // Of both the first one counts, as with AWS's extension.
    if (out.version || out.label) return true;
    if (name == "label") {
      out.label = value;
      return true;
    }
    const auto number = aws::text::whole_number(value);
    if (!number || *number < 1) defect = "invalid version value";
    out.version = number;
  } else {
    return false;
  }
  return true;
}

bool take_path(const std::string& name, const std::string& value, wanted& out,
               std::string& defect) {
  if (name == "path")
    out.names.assign(1, value);
  else if (name == "recursive")
    return take_flag(name, value, out.recursive, defect);
  else if (name == "withDecryption")
    return take_flag(name, value, out.decrypt, defect);
  else
    return false;
  return true;
}

bool take_secret(const std::string& name, const std::string& value, wanted& out, bool id_in_path) {
  if (name == "secretId" && !id_in_path)
    out.names.assign(1, value);
  else if (name == "versionId")
    out.version_id = value;
  else if (name == "versionStage")
    out.version_stage = value;
  else
    return false;
  return true;
}

bool take_object(const std::string& name, const std::string& value, wanted& out) {
  if (name == "uri")
    out.names.assign(1, value);
  else if (name == "versionId")
    out.version_id = value;
  else
    return false;
  return true;
}

std::string_view required_name(subject what) {
  switch (what) {
    case subject::parameter:
    case subject::parameters:
      return "name";
    case subject::path:
      return "path";
    case subject::secret:
      return "secretId";
    case subject::object:
      break;
  }
  return "uri";
}

bool take(const std::string& name, const std::string& value, wanted& out, bool id_in_path,
          std::string& defect) {
  if (take_common(name, value, out, defect)) return true;
  switch (out.what) {
    case subject::parameter:
    case subject::parameters:
      return take_parameter(name, value, out, defect);
    case subject::path:
      return take_path(name, value, out, defect);
    case subject::secret:
      return take_secret(name, value, out, id_in_path);
    case subject::object:
      break;
  }
  return take_object(name, value, out);
}

/// AWS's extension passes over what it does not know; its agent refuses it, and so do requests that
/// are ours alone.
bool passes_over(subject what, const settings& how) {
  return how.mode == compatibility::extension &&
         (what == subject::parameter || what == subject::secret);
}

route read_of(subject what, const request_view& request, std::string_view query, std::string id,
              const settings& how) {
  wanted out;
  out.what = what;
  out.json_errors = accepts_json(request);
  out.if_none_match = request.find("If-None-Match").value_or(std::string_view());
  for (const header& each : request.headers)
    if (aws::text::iequals(each.name, "Cache-Control")) read_cache_control(each.value, out);
  const bool id_in_path = !id.empty();
  if (id_in_path) out.names.push_back(std::move(id));
  const wrong refuse{out, how};

  const auto parsed = parse_query(query);
  if (!parsed) return refuse(parsed.error().message);
  for (const auto& [name, value] : *parsed) {
    std::string defect;
    if (!take(name, value, out, id_in_path, defect) && !passes_over(what, how))
      return refuse("unknown parameter: " + aws::text::printable(name, longest_shown));
    if (!defect.empty()) return refuse(defect);
  }
  const std::string missing = "missing parameter " + std::string(required_name(what));
  if (out.names.empty()) return refuse(missing);
  if (std::ranges::any_of(out.names, &std::string::empty)) return refuse(missing);
  if (out.names.size() > most_names)
    return refuse("more than " + std::to_string(most_names) + " names in one request");
  if (!out.transform.empty() && out.transform != "json" && out.transform != "binary" &&
      out.transform != "auto")
    return refuse("invalid transform value: json, binary or auto");
  return out;
}

}  // namespace

bool is_open_to_all(const request_view& request) noexcept {
  const std::string_view path = without_slash(split_target(request.target).path);
  return path == "/ping" || path == "/healthz";
}

bool accepts_json(const request_view& request) noexcept {
  const auto accepted = request.find("Accept");
  return accepted && aws::text::icontains(*accepted, "application/json");
}

route route_of(const request_view& request, const settings& how) {
  if (request.method != "GET") return text_response(405, "Not allowed");
  const target asked = split_target(request.target);
  const std::string_view whole = asked.path;
  const std::string_view query = asked.query;
  if (how.mode == compatibility::agent && whole.starts_with(how.path_prefix) &&
      how.path_prefix.size() > 1) {
    // Not decoded, as with AWS's agent: an ARN stands there as it is.
    const std::string_view id = whole.substr(how.path_prefix.size());
    if (id.empty())
      return invalid_request("missing secret ID", accepts_json(request) || how.json_errors);
    return read_of(subject::secret, request, query, std::string(id), how);
  }
  const std::string_view path = without_slash(whole);
  if (path == "/systemsmanager/parameters/get")
    return read_of(subject::parameter, request, query, {}, how);
  if (path == "/secretsmanager/get") return read_of(subject::secret, request, query, {}, how);
  if (path == "/systemsmanager/parameters/get-many")
    return read_of(subject::parameters, request, query, {}, how);
  if (path == "/systemsmanager/parameters/by-path")
    return read_of(subject::path, request, query, {}, how);
  if (path == "/s3/get") return read_of(subject::object, request, query, {}, how);
  if (path == "/ping") return page::ping;
  if (path == "/healthz") return page::health;
  if (path == "/metrics" && how.metrics) return page::metrics;
  if (path == "/" && how.status_page) return page::status;
  if (path == "/status.json" && how.status_page) return page::status_data;
  return text_response(404, "Not found");
}

}  // namespace lambda_cache::agent
