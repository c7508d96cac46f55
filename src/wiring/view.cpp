#include "wiring/view.hpp"

#include "aws/base64.hpp"
#include "aws/json_field.hpp"
#include "aws/text.hpp"

#include <utility>

namespace lambda_cache::wiring {
namespace {

std::unexpected<error_info> unfit(std::string_view name, const std::string& why) {
  error_info info =
      core::make_error(error_kind::transform,
                       "The value of " + std::string(name) + " cannot be read as asked: " + why +
                           ". Check the value, or the transform and field options.");
  info.name = name;
  return core::fail(std::move(info));
}

value_ptr with_content(const core::value_data& of, core::value_kind kind,
                       core::secret_bytes content) {
  auto made = std::make_shared<core::value_data>();
  made->kind = kind;
  made->content = std::move(content);
  made->type = of.type;
  made->arn = of.arn;
  made->version = of.version;
  made->version_id = of.version_id;
  return made;
}

transform by_name(const view_options& how, std::string_view name) {
  if (name.ends_with(".json")) return transform::json;
  if (!how.field.empty() && !name.ends_with(".binary")) return transform::json;
  return name.ends_with(".binary") ? transform::binary : transform::none;
}

core::result<value_ptr> look_at_each(const view_options& how, const core::value_data& several,
                                     std::string_view path) {
  auto made = std::make_shared<core::value_data>();
  made->kind = several.kind;
  made->members.reserve(several.members.size());
  const std::string_view below = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  view_options one{how.how, how.field, {}};
  for (const core::named_value& each : several.members) {
    if (how.how == transform::automatic) one.how = by_name(how, each.name);
    auto seen = look_at(one, each.value.internals(), std::string(below) + '/' + each.name);
    if (!seen) return core::fail(std::move(seen.error()));
    made->members.push_back({each.name, Value(std::move(*seen))});
  }
  return made;
}

}  // namespace

core::result<view_options> make_view(view_options how, std::string_view name) {
  if (how.how == transform::automatic) how.how = by_name(how, name);
  if (how.field.empty()) return how;
  if (how.how == transform::binary)
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "field picks from JSON and cannot go with the transform to bytes: leave one of them out."));
  if (how.field.starts_with('.') || how.field.ends_with('.') ||
      how.field.find("..") != std::string::npos)
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "field=" + aws::text::quoted(how.field) +
            " has an empty member: it should look like 'password' or 'database.password'."));
  how.how = transform::json;
  return how;
}

core::result<view_options> make_path_view(view_options how) {
  // A field picks from JSON, whatever the names.
  if (how.how == transform::automatic && how.field.empty()) return how;
  return make_view(std::move(how), {});
}

core::result<value_ptr> look_at(const view_options& how, const value_ptr& value,
                                std::string_view name) {
  if (value->kind == core::value_kind::several && how.how != transform::none)
    return look_at_each(how, *value, name);
  switch (how.how) {
    case transform::none:
    case transform::automatic:
      return value;
    case transform::json: {
      auto picked = aws::pick_field(value->view(), how.field);
      if (!picked.defect.empty()) return unfit(name, picked.defect);
      if (how.field.empty()) return value;
      return with_content(*value, core::value_kind::text, std::move(picked.text));
    }
    case transform::binary: {
      if (value->kind == core::value_kind::bytes) return value;
      auto bytes = aws::decode_base64(value->view());
      if (!bytes) return unfit(name, "it is not base64");
      return with_content(*value, core::value_kind::bytes, std::move(*bytes));
    }
  }
  return value;
}

value_ptr default_of(const view_options& how) {
  core::value_data made;
  made.content.assign(how.default_value->begin(), how.default_value->end());
  made.type = "default";
  return std::make_shared<const core::value_data>(std::move(made));
}

}  // namespace lambda_cache::wiring
