#include "cli/value_text.hpp"

#include "aws/json_text.hpp"
#include "core/object_data.hpp"

#include <algorithm>

namespace lambda_cache::cli {
namespace {

using core::value_kind;

std::unexpected<error_info> unfit(std::string_view name, std::string_view why) {
  error_info info =
      core::make_error(error_kind::invalid_argument, std::string(name) + " " + std::string(why) +
                                                         ", which a line cannot hold: use --json.");
  info.name = name;
  return core::fail(std::move(info));
}

void append_facts(json_writer& out, const core::value_data& value) {
  if (!value.type.empty()) out.key("type").text(value.type);
  if (value.version != 0) out.key("version").number(value.version);
  if (!value.version_id.empty()) out.key("version_id").text(value.version_id);
  if (!value.arn.empty()) out.key("arn").text(value.arn);
}

/// JSON without the spaces and line breaks between its parts.
core::secret_bytes compact(std::string_view json) {
  core::secret_bytes out;
  out.reserve(json.size());
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_text && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
    out.push_back(c);
    if (c == '"') in_text = !in_text;
    if (in_text && c == '\\') out.push_back(json[++i]);  // there is one: it has been checked
  }
  return out;
}

void append_content(json_writer& out, const wiring::view_options& as,
                    const core::value_data& value) {
  if (value.kind == value_kind::text_list) {
    out.key("value").begin_list();
    for (const std::string_view item : core::split_list(value.view()))
      out.text(item);
    out.end_list();
  } else if (as.how == transform::json && as.field.empty()) {
    const core::secret_bytes json = compact(value.view());
    out.key("value").raw({json.data(), json.size()});
  } else if (value.kind == value_kind::bytes) {
    out.key("value_base64").base64(value.view());
  } else {
    out.key("value").text(value.view());
  }
}

/// Its ETag and size; a value that was looked into has none any more.
const core::object_data* object_of(const wanted& of, const core::value_data& value) {
  const bool as_it_came = value.kind == value_kind::file || of.view.field.empty();
  if (of.asked.kind != name_kind::object || !as_it_came) return nullptr;
  return static_cast<const core::object_data*>(&value);
}

wiring::view_options view_of_member(const wanted& of, std::string_view name) {
  wiring::view_options as = of.view;
  if (as.how == transform::automatic && name.ends_with(".json")) as.how = transform::json;
  return as;
}

core::result<void> append_line(core::secret_bytes& out, std::string_view name,
                               const core::value_data& value) {
  if (value.kind == value_kind::bytes) return unfit(name, "is bytes");
  if (value.view().find_first_of("\n\r") != std::string_view::npos)
    return unfit(name, "has line breaks");
  aws::append(out, name);
  out.push_back('\t');
  aws::append(out, value.view());
  out.push_back('\n');
  return {};
}

}  // namespace

void append_plain(core::secret_bytes& out, const core::value_data& value) {
  if (value.kind == value_kind::bytes) return aws::append(out, value.view());
  const std::size_t start = out.size();
  aws::append(out, value.view());
  // No item has a comma: that is what stands between them.
  if (value.kind == value_kind::text_list)
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), ',', '\n');
  out.push_back('\n');
}

core::result<void> append_lines(core::secret_bytes& out, const wanted& of,
                                const core::value_data& value, bool alone) {
  if (value.kind != value_kind::several) return append_line(out, of.asked.given, value);
  std::string before;
  if (!alone) before = "ssm:" + of.asked.name + (of.asked.name.ends_with('/') ? "" : "/");
  for (const core::named_value& each : value.members)
    if (auto fits = append_line(out, before + each.name, *each.value.internals()); !fits)
      return fits;
  return {};
}

void append_json(json_writer& out, const wanted& of, const core::value_data& value) {
  out.begin_object().key("name").text(of.asked.given);
  if (value.kind == value_kind::several) {
    out.key("values").begin_object();
    for (const core::named_value& each : value.members) {
      const core::value_data& member = *each.value.internals();
      out.key(each.name).begin_object();
      append_content(out, view_of_member(of, each.name), member);
      append_facts(out, member);
      out.end_object();
    }
    out.end_object();
  } else {
    append_content(out, of.view, value);
    append_facts(out, value);
    if (const auto* object = object_of(of, value)) {
      if (!object->etag.empty()) out.key("etag").text(object->etag);
      out.key("size").number(static_cast<std::int64_t>(object->size));
    }
  }
  out.end_object();
}

core::secret_bytes json_line(std::span<const wanted> all,
                             std::span<const wiring::value_ptr> values) {
  json_writer out;
  if (all.size() == 1) {
    append_json(out, all.front(), *values.front());
  } else {
    out.begin_object();
    for (std::size_t i = 0; i < all.size(); ++i) {
      out.key(all[i].asked.given);
      append_json(out, all[i], *values[i]);
    }
    out.end_object();
  }
  out.bytes().push_back('\n');
  return std::move(out.bytes());
}

}  // namespace lambda_cache::cli
