#include "wiring/entry_spec.hpp"

#include "aws/arn.hpp"
#include "aws/endpoints.hpp"
#include "aws/parameter_name.hpp"
#include "aws/s3_uri.hpp"
#include "aws/secret_id.hpp"
#include "aws/text.hpp"
#include "sources/file_names.hpp"
#include "sources/object_file.hpp"

#include <utility>

namespace lambda_cache::wiring {
namespace {

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

/// What every service's declaration may say, checked and taken over.
core::result<entry_spec> finished(entry_spec spec, entry_options options) {
  const auto& region = options.region;
  if (region && !aws::is_region(*region))
    return refuse("region=" + aws::text::quoted(*region) +
                  " is not a region; it should look like eu-west-1.");
  if (region && !spec.region.empty() && spec.region != *region)
    return refuse("The ARN " + spec.locator + " is of region " + spec.region + ", but region='" +
                  *region + "' was asked for: leave one of them out.");
  if (auto checked = aws::check_role(options.role); !checked)
    return core::fail(std::move(checked.error()));
  if (options.max_age && options.refresh_ahead)
    if (auto fits = check_refresh_ahead(*options.refresh_ahead, *options.max_age); !fits)
      return core::fail(std::move(fits.error()));
  if (options.endpoint_url) {
    const auto checked = aws::resolve_endpoint(spec.service, region.value_or("us-east-1"),
                                               {.url = *options.endpoint_url});
    if (!checked) return core::fail(checked.error());
  }
  spec.options = std::move(options);
  return spec;
}

/// The name with what `version` or `label` chose behind it.
core::result<std::string> with_selector(std::string_view name, const entry_options& options) {
  if (!options.version && !options.label) return std::string(name);
  if (options.version && options.label)
    return refuse("version and label both choose a version of " + std::string(name) +
                  ": give one of them.");
  if (options.version && *options.version < 1)
    return refuse("version=" + std::to_string(*options.version) +
                  " cannot be: the versions of a parameter are counted from 1.");
  if (options.label && (options.label->empty() || aws::text::all_digits(*options.label) ||
                        aws::illegal_character(*options.label, "")))
    return refuse("label=" + aws::text::quoted(*options.label) +
                  " cannot be: a label is made of letters, digits, '_', '.' and '-', and not of "
                  "digits only.");
  const std::string selector = options.version ? std::to_string(*options.version) : *options.label;
  const auto parsed = aws::parse_parameter_name(name);
  if (!parsed) return core::fail(parsed.error());
  if (!parsed->selector.empty())
    return refuse(std::string(name) + " chooses ':" + parsed->selector + "' already: leave out " +
                  (options.version ? "version" : "label") + ", or the selector.");
  return std::string(name) + ':' + selector;
}

}  // namespace

core::result<void> check_refresh_ahead(core::nanos ahead, core::nanos max_age) {
  if (ahead == 0 || ahead < max_age) return {};
  return core::fail(core::make_error(
      error_kind::invalid_argument,
      "refresh_ahead is not less than the max age, so that every read would refresh: give less, or "
      "a longer max age."));
}

core::result<entry_spec> parameter_spec(std::string_view name, entry_options options) {
  auto selected = with_selector(name, options);
  if (!selected) return core::fail(std::move(selected.error()));
  auto parsed = aws::parse_parameter_name(*selected);
  if (!parsed) return core::fail(std::move(parsed.error()));
  entry_spec spec;
  spec.service = "ssm";
  spec.locator = std::move(parsed->request_name);
  spec.base = std::move(parsed->base);
  spec.given_name = spec.base;
  spec.selector = std::move(parsed->selector);
  spec.pinned = parsed->pinned;
  spec.short_name = std::move(parsed->short_name);
  spec.region = std::move(parsed->region);
  return finished(std::move(spec), std::move(options));
}

core::result<entry_spec> path_spec(std::string_view path, entry_options options) {
  auto checked = aws::make_parameter_path(path, options.recursive, std::move(options.filters));
  if (!checked) return core::fail(std::move(checked.error()));
  entry_spec spec;
  spec.service = "ssm";
  spec.locator = checked->path;
  spec.base = checked->path;
  spec.selector = checked->selection();
  spec.short_name = checked->short_name();
  spec.path = std::move(*checked);
  return finished(std::move(spec), std::move(options));
}

core::result<entry_spec> secret_spec(std::string_view name, entry_options options) {
  auto parsed = aws::parse_secret_id(name, options.version_id, options.version_stage);
  if (!parsed) return core::fail(std::move(parsed.error()));
  entry_spec spec;
  spec.service = "secretsmanager";
  spec.locator = parsed->locator();
  spec.base = parsed->id;
  spec.given_name = parsed->given_name();
  spec.selector = parsed->selector();
  spec.pinned = parsed->pinned();
  spec.short_name = std::move(parsed->short_name);
  spec.region = std::move(parsed->region);
  return finished(std::move(spec), std::move(options));
}

core::result<entry_spec> object_spec(std::string_view uri, entry_options options) {
  auto parsed = aws::parse_s3_uri(uri);
  if (!parsed) return core::fail(std::move(parsed.error()));
  if (options.version_id && options.version_id->empty())
    return refuse("version_id is empty: leave it out for the newest version.");
  if (options.as_bytes && options.file_name)
    return refuse("as_bytes keeps " + parsed->text +
                  " in memory, where it has no file name: leave one of them out.");
  entry_spec spec;
  spec.service = "s3";
  spec.short_name = std::move(parsed->short_name);
  if (!options.as_bytes) {
    spec.file_name = options.file_name.value_or(spec.short_name);
    if (spec.file_name.empty())
      return refuse(parsed->text + " ends in '/', which gives no file name: give an entry_name.");
    auto fine = sources::check_file_name("entry_name", spec.file_name);
    if (!fine) return core::fail(std::move(fine.error()));
  }
  if (options.file_name) spec.short_name = *options.file_name;
  spec.locator = std::move(parsed->text);
  spec.base = spec.locator;
  spec.given_name = spec.locator;
  spec.pinned = options.version_id.has_value();
  return finished(std::move(spec), std::move(options));
}

}  // namespace lambda_cache::wiring
