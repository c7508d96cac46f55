#include "agent/bodies.hpp"

#include "aws/base64.hpp"
#include "aws/json_text.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

namespace lambda_cache::agent {
namespace {

using aws::append;
using aws::append_json_string;

/// For values whose source tells no more: those of the test kit.
const core::value_details& details_of(const core::value_data& value) {
  static const core::value_details none;
  return value.details ? *value.details : none;
}

void append_text_or_null(core::secret_bytes& out, std::string_view text) {
  if (text.empty())
    append(out, "null");
  else
    append_json_string(out, text);
}

/// "2022-11-16T08:22:40.362Z"; fractions are left out where they are none, as Go writes times.
void append_time(core::secret_bytes& out, std::optional<std::int64_t> unix_milliseconds) {
  if (!unix_milliseconds) return append(out, "null");
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> moment{chrono::milliseconds(*unix_milliseconds)};
  const auto day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{moment - day};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "\"%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  append(out, text.data());
  if (int fraction = static_cast<int>(time.subseconds().count()); fraction != 0) {
    std::snprintf(text.data(), text.size(), ".%03d", fraction);
    std::string_view shown = text.data();
    while (shown.ends_with('0'))
      shown.remove_suffix(1);
    append(out, shown);
  }
  append(out, "Z\"");
}

void append_stages(core::secret_bytes& out, const std::vector<std::string>& stages) {
  out.push_back('[');
  for (bool first = true; const std::string& stage : stages) {
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, stage);
  }
  out.push_back(']');
}

void append_base64_string(core::secret_bytes& out, std::string_view bytes) {
  out.push_back('"');
  aws::append_base64(out, bytes);
  out.push_back('"');
}

bool is_binary(const core::value_data& value) {
  return value.kind == core::value_kind::bytes;
}

void append_extension_secret(core::secret_bytes& out, const core::value_data& value) {
  const core::value_details& more = details_of(value);
  append(out, "{\"ARN\":");
  append_text_or_null(out, value.arn);
  append(out, ",\"CreatedDate\":");
  append_time(out, more.changed_at);
  append(out, ",\"Name\":");
  append_text_or_null(out, more.name);
  append(out, ",\"SecretBinary\":");
  if (is_binary(value))
    append_base64_string(out, value.view());
  else
    append(out, "null");
  append(out, ",\"SecretString\":");
  if (is_binary(value))
    append(out, "null");
  else
    append_json_string(out, value.view());
  append(out, ",\"VersionId\":");
  append_text_or_null(out, value.version_id);
  append(out, ",\"VersionStages\":");
  if (more.stages.empty())
    append(out, "null");
  else
    append_stages(out, more.stages);
  append(out, ",\"ResultMetadata\":{}}");
}

void append_agent_secret(core::secret_bytes& out, const core::value_data& value) {
  const core::value_details& more = details_of(value);
  append(out, "{\"ARN\":");
  append_json_string(out, value.arn);
  append(out, ",\"Name\":");
  append_json_string(out, more.name);
  append(out, ",\"VersionId\":");
  append_json_string(out, value.version_id);
  if (is_binary(value)) {
    append(out, ",\"SecretBinary\":");
    append_base64_string(out, value.view());
  } else {
    append(out, ",\"SecretString\":");
    append_json_string(out, value.view());
  }
  if (!more.stages.empty()) {
    append(out, ",\"VersionStages\":");
    append_stages(out, more.stages);
  }
  if (more.changed_at) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), ",\"CreatedDate\":\"%lld.%03lld\"",
                  static_cast<long long>(*more.changed_at / 1000),
                  static_cast<long long>(*more.changed_at % 1000));
    append(out, text.data());
  }
  out.push_back('}');
}

}  // namespace

void append_parameter(core::secret_bytes& out, const core::value_data& value) {
  const core::value_details& more = details_of(value);
  out.reserve(out.size() + value.content.size() + 256 + more.source_result.size());
  append(out, "{\"ARN\":");
  append_text_or_null(out, value.arn);
  append(out, ",\"DataType\":");
  append_text_or_null(out, more.data_type);
  append(out, ",\"LastModifiedDate\":");
  append_time(out, more.changed_at);
  append(out, ",\"Name\":");
  append_text_or_null(out, more.name);
  append(out, ",\"Selector\":");
  append_text_or_null(out, more.selector);
  append(out, ",\"SourceResult\":");
  append_text_or_null(out, {more.source_result.data(), more.source_result.size()});
  append(out, ",\"Type\":");
  append_text_or_null(out, value.type);
  append(out, ",\"Value\":");
  append_json_string(out, value.view());
  append(out, ",\"Version\":");
  append(out, std::to_string(value.version));
  out.push_back('}');
}

void append_parameter_answer(core::secret_bytes& out, const core::value_data& value) {
  append(out, "{\"Parameter\":");
  append_parameter(out, value);
  append(out, ",\"ResultMetadata\":{}}");
}

void append_secret_answer(core::secret_bytes& out, const core::value_data& value,
                          compatibility mode) {
  out.reserve(out.size() + value.content.size() * 4 / 3 + 384);
  if (mode == compatibility::agent)
    append_agent_secret(out, value);
  else
    append_extension_secret(out, value);
}

}  // namespace lambda_cache::agent
