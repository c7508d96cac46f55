#include "aws/ssm_codec.hpp"

#include "aws/json.hpp"
#include "aws/json_text.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace lambda_cache::aws {
namespace {

void append_decryption(core::secret_bytes& out, bool decrypt) {
  append(out, decrypt ? ",\"WithDecryption\":true}" : ",\"WithDecryption\":false}");
}

template <class Texts>
void append_json_strings(core::secret_bytes& out, const Texts& texts) {
  for (bool first = true; const std::string_view text : texts) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_json_string(out, text);
  }
}

std::unexpected<error_info> refuse(std::string_view operation, std::string_view reason) {
  std::string message = "The answer of ssm:";
  message.append(operation).append(" was not understood: ").append(reason).append(".");
  error_info info = core::make_error(error_kind::protocol, std::move(message));
  info.service = "ssm";
  info.operation = operation;
  return core::fail(std::move(info));
}

/// The optional text member; false if it is there and no string.
bool read_text(const boost::json::object& from, std::string_view name, std::string& out) {
  if (find_member(from, name) == nullptr) return true;
  const auto found = find_text(from, name);
  if (found) out = *found;
  return found.has_value();
}

/// What has the wrong form here is left out: the value is worth more than what is told about it.
std::shared_ptr<const core::value_details> read_details(const boost::json::object& from,
                                                        const parameter& of) {
  const auto made = std::make_shared<core::value_details>();
  made->name = of.name;
  made->selector = of.selector;
  made->data_type = find_text(from, "DataType").value_or("");
  if (const boost::json::value* changed = find_member(from, "LastModifiedDate"))
    made->changed_at = to_unix_milliseconds(*changed);
  if (const auto referred = find_text(from, "SourceResult"))
    made->source_result.assign(referred->begin(), referred->end());
  return made;
}

/// Why the object is no parameter; empty if it was read.
std::string_view read_parameter(const boost::json::object& from, parameter& out) {
  const auto name = find_text(from, "Name");
  const auto type = find_text(from, "Type");
  const auto value = find_text(from, "Value");
  if (!name) return "a parameter without a Name";
  if (!type) return "a parameter without a Type";
  if (!value) return "a parameter without a Value";
  out.name = *name;
  if (!read_text(from, "ARN", out.arn)) return "an ARN that is no text";
  if (!read_text(from, "Selector", out.selector)) return "a Selector that is no text";
  if (const boost::json::value* version = find_member(from, "Version")) {
    const auto number = to_integer(*version);
    if (!number) return "a Version that is no whole number";
    out.value.version = *number;
  }
  out.value.kind = *type == "StringList" ? core::value_kind::text_list : core::value_kind::text;
  out.value.type = *type;
  out.value.arn = out.arn;
  out.value.content.assign(value->begin(), value->end());
  out.value.details = read_details(from, out);
  return {};
}

/// The array member; an empty one if it is absent or null.
const boost::json::array* find_array(const boost::json::object& from, std::string_view name,
                                     std::string_view& defect) {
  const boost::json::value* member = find_member(from, name);
  if (member == nullptr) return nullptr;
  if (member->if_array() == nullptr) defect = "a list was expected";
  return member->if_array();
}

/// Why the list, if there is one, is none of parameters; empty if it was read.
std::string_view read_parameters(const boost::json::array* from, std::vector<parameter>& out) {
  if (from == nullptr) return {};
  out.reserve(from->size());
  for (const boost::json::value& entry : *from) {
    if (!entry.is_object()) return "a parameter that is no object";
    const std::string_view defect = read_parameter(entry.get_object(), out.emplace_back());
    if (!defect.empty()) return defect;
  }
  return {};
}

std::string_view without_slash(std::string_view name) noexcept {
  if (name.starts_with('/')) name.remove_prefix(1);
  return name;
}

/// "arn:aws:ssm:region:account:parameter/a/b" without what precedes "/a/b"; other text as it is.
std::string_view resource_name(std::string_view name) noexcept {
  constexpr std::string_view resource = ":parameter/";
  const std::size_t at = name.starts_with("arn:") ? name.find(resource) : std::string_view::npos;
  return at == std::string_view::npos ? name : name.substr(at + resource.size() - 1);
}

/// Splits ":selector" (with its colon) off a name or an ARN.
std::pair<std::string_view, std::string_view> split_selector(std::string_view name) noexcept {
  const std::size_t colon = resource_name(name).rfind(':');
  if (colon == std::string_view::npos) return {name, {}};
  const std::size_t at = name.size() - resource_name(name).size() + colon;
  return {name.substr(0, at), name.substr(at)};
}

bool same_base(const parameter& candidate, std::string_view base) noexcept {
  if (candidate.name == base || candidate.arn == base) return true;
  // An ARN names account and region, so it stands for itself unless the answer has none to compare.
  if (base.starts_with("arn:") && !candidate.arn.empty()) return false;
  // "/a" and "a" are one parameter, and the service may answer with the other spelling.
  return without_slash(candidate.name) == without_slash(resource_name(base));
}

}  // namespace

core::secret_bytes encode_get_parameter(std::string_view name, bool decrypt) {
  core::secret_bytes out;
  out.reserve(name.size() + 48);
  append(out, "{\"Name\":");
  append_json_string(out, name);
  append_decryption(out, decrypt);
  return out;
}

core::secret_bytes encode_get_parameters(std::span<const std::string_view> names, bool decrypt) {
  core::secret_bytes out;
  append(out, "{\"Names\":[");
  append_json_strings(out, names);
  out.push_back(']');
  append_decryption(out, decrypt);
  return out;
}

core::secret_bytes encode_get_parameters_by_path(const parameter_path& of, bool decrypt,
                                                 std::string_view next_token) {
  core::secret_bytes out;
  append(out, "{\"Path\":");
  append_json_string(out, of.path);
  append(out, of.recursive ? ",\"Recursive\":true" : ",\"Recursive\":false");
  append(out, ",\"MaxResults\":");
  append(out, std::to_string(max_parameters_per_page));
  if (!of.filters.empty()) {
    append(out, ",\"ParameterFilters\":[");
    for (bool first = true; const parameter_filter& filter : of.filters) {
      append(out, std::exchange(first, false) ? "{\"Key\":" : ",{\"Key\":");
      append_json_string(out, filter.key);
      append(out, filter.begins_with ? ",\"Option\":\"BeginsWith\",\"Values\":["
                                     : ",\"Option\":\"Equals\",\"Values\":[");
      append_json_strings(out, filter.values);
      append(out, "]}");
    }
    out.push_back(']');
  }
  if (!next_token.empty()) {
    append(out, ",\"NextToken\":");
    append_json_string(out, next_token);
  }
  append_decryption(out, decrypt);
  return out;
}

core::result<parameter> decode_get_parameter(std::string_view body) {
  constexpr std::string_view operation = "GetParameter";
  const json_document document(body);
  if (const auto defect = document.object_defect(); !defect.empty())
    return refuse(operation, "it " + std::string(defect));
  const boost::json::value* member = find_member(*document.object(), "Parameter");
  if (member == nullptr || !member->is_object())
    return refuse(operation, "it has no object Parameter");
  parameter out;
  const std::string_view defect = read_parameter(member->get_object(), out);
  if (!defect.empty()) return refuse(operation, defect);
  return out;
}

core::result<parameters> decode_get_parameters(std::string_view body) {
  constexpr std::string_view operation = "GetParameters";
  const json_document document(body);
  if (const auto defect = document.object_defect(); !defect.empty())
    return refuse(operation, "it " + std::string(defect));
  std::string_view defect;
  const auto* found = find_array(*document.object(), "Parameters", defect);
  const auto* invalid = find_array(*document.object(), "InvalidParameters", defect);
  if (!defect.empty()) return refuse(operation, defect);
  if (found == nullptr && invalid == nullptr)
    return refuse(operation, "it has neither Parameters nor InvalidParameters");

  parameters out;
  defect = read_parameters(found, out.found);
  if (!defect.empty()) return refuse(operation, defect);
  if (invalid != nullptr) {
    for (const boost::json::value& entry : *invalid) {
      const boost::json::string* name = entry.if_string();
      if (name == nullptr) return refuse(operation, "an invalid parameter that is no text");
      out.invalid.emplace_back(name->data(), name->size());
    }
  }
  return out;
}

core::result<parameter_page> decode_get_parameters_by_path(std::string_view body) {
  constexpr std::string_view operation = "GetParametersByPath";
  const json_document document(body);
  if (const auto defect = document.object_defect(); !defect.empty())
    return refuse(operation, "it " + std::string(defect));
  std::string_view defect;
  const auto* found = find_array(*document.object(), "Parameters", defect);
  parameter_page out;
  if (defect.empty() && found == nullptr) defect = "it has no list Parameters";
  if (defect.empty()) defect = read_parameters(found, out.found);
  if (defect.empty() && !read_text(*document.object(), "NextToken", out.next_token))
    defect = "a NextToken that is no text";
  if (!defect.empty()) return refuse(operation, defect);
  return out;
}

const parameter* find_answer(std::span<const parameter> found, std::string_view request_name) {
  const auto [base, selector] = split_selector(request_name);
  const parameter* newest = nullptr;
  for (const parameter& candidate : found) {
    if (!same_base(candidate, base)) continue;
    // The service echoes the selector. Emulators do not; a version tells itself apart all the same.
    if (!selector.empty() && candidate.selector == selector) return &candidate;
    if (!candidate.selector.empty()) continue;
    if (!selector.empty() && selector.substr(1) == std::to_string(candidate.value.version))
      return &candidate;
    if (newest == nullptr || candidate.value.version > newest->value.version) newest = &candidate;
  }
  return selector.empty() ? newest : nullptr;
}

const parameter* find_answer(const parameters& answer, std::string_view request_name) {
  if (std::ranges::find(answer.invalid, request_name) != answer.invalid.end()) return nullptr;
  if (const parameter* found = find_answer(std::span(answer.found), request_name)) return found;

  const auto [base, selector] = split_selector(request_name);
  if (selector.empty() || text::all_digits(selector.substr(1))) return nullptr;
  const parameter* only = nullptr;
  for (const parameter& candidate : answer.found) {
    if (!candidate.selector.empty() || !same_base(candidate, base)) continue;
    if (only != nullptr) return nullptr;  // which of them has the label cannot be told
    only = &candidate;
  }
  return only;
}

}  // namespace lambda_cache::aws
