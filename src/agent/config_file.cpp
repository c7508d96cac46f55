#include "agent/config_file.hpp"

#include "agent/config_keys.hpp"
#include "agent/config_values.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <system_error>
#include <utility>

namespace lambda_cache::agent {
namespace {

using notes_list = std::vector<std::string>;

// Where values may be nested, besides [lambda_cache]. Those that hold no key themselves as well.
constexpr std::array<std::string_view, 6> sections = {"logging",
                                                      "capabilities",
                                                      "capabilities.secrets_manager",
                                                      "capabilities.secrets_manager.cache",
                                                      "capabilities.secrets_manager.security",
                                                      prefetch_section};
constexpr std::string_view certificates = "capabilities.acm";
constexpr std::string_view flat_prefetch = "prefetch";

std::string shown(const toml_value& value) {
  if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  if (const auto* whole = value.as<std::int64_t>()) return std::to_string(*whole);
  if (const auto* number = value.as<double>()) {
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%g", *number);
    return out.data();
  }
  if (const auto* text = value.as<std::string>()) return aws::text::quoted(*text);
  if (value.as<toml_value::list>()) return "a list";
  if (value.as<toml_value::table>()) return "a table";
  return "a date or a time";
}

/// Letters that have to be changed, added or taken away.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t before = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = before + (a[i] == b[j] ? 0 : 1);
      before = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, before + 1});
    }
  }
  return row.back();
}

std::string place_of(const config_key& key) {
  return key.section.empty() ? std::string("outermost") : "in [" + std::string(key.section) + ']';
}

/// What an unknown key may have been meant to be.
std::string guess(std::string_view section, std::string_view key) {
  constexpr std::size_t longest = 64;
  if (key.size() > longest) return {};
  const auto all = config_keys();
  // In a nested file the place in a table is meant.
  const bool nested = !section.empty() && section != own_section;
  for (const config_key& each : all)
    if (each.name == key && (!nested || !each.section.empty()))
      return ": it stands " + place_of(each) + '.';
  const config_key* best = nullptr;
  std::size_t nearest = 1 + key.size() / 3;
  for (const config_key& each : all)
    if (const std::size_t far = distance(key, each.name);
        far < nearest || (far == nearest && (!best || each.section == section))) {
      nearest = far;
      best = &each;
    }
  if (!best) return {};
  return ": did you mean " + std::string(best->name) +
         (best->section == section ? "" : " (" + place_of(*best) + ')') + '?';
}

class reading {
 public:
  reading(std::string_view name, serve_settings& into) : name_(name), into_(into) {}

  core::result<notes_list> read(const toml_value::table& all) {
    const bool nested = std::ranges::any_of(
        all, [](const toml_item& each) { return is_section(each.key) && each.key != own_section; });
    const toml_item* own = nullptr;
    for (const toml_item& each : all) {
      if (each.key == own_section)
        own = &each;
      else if (auto taken = take("", each, nested); !taken)
        return core::fail(std::move(taken.error()));
    }
    // It has the last word.
    if (own)
      if (auto taken = take("", *own, nested); !taken) return core::fail(std::move(taken.error()));
    return std::move(notes_);
  }

 private:
  static bool is_section(std::string_view name) {
    return name == own_section || std::ranges::find(sections, name) != sections.end();
  }

  [[nodiscard]] std::unexpected<error_info> refuse(const toml_item& at, std::string_view full,
                                                   std::string_view what) const {
    return core::fail(core::make_error(error_kind::invalid_argument,
                                       std::string(name_) + ':' + std::to_string(at.line) + ": " +
                                           aws::text::printable(full, 128) + std::string(what)));
  }

  core::result<void> take(std::string_view section, const toml_item& item, bool nested) {
    const std::string full = (section.empty() ? "" : std::string(section) + '.') + item.key;
    if (full == certificates) return take_certificates(item, full);
    const bool is_prefetch = full == flat_prefetch;
    if (is_prefetch && nested)
      return refuse(item, full, " belongs into [" + std::string(prefetch_section) + "] here.");
    if (is_prefetch || is_section(full)) {
      const auto* table = item.value.as<toml_value::table>();
      if (!table) return refuse(item, full, " is " + shown(item.value) + "; it has to be a table.");
      for (const toml_item& each : *table)
        if (auto taken = take(is_prefetch ? prefetch_section : full, each, nested); !taken)
          return taken;
      return {};
    }
    const config_rule* rule = find(section, item.key);
    if (!rule) {
      const std::string meant = guess(section, item.key);
      return refuse(item, full, " is no key" + (meant.empty() ? std::string(".") : meant));
    }
    if (section.empty() && nested && !rule->section.empty())
      return refuse(item, full,
                    " belongs into [" + std::string(rule->section) +
                        "] here: AWS's keys stand either outermost or in tables.");
    if (!rule->apply(item.value, into_, notes_))
      return refuse(
          item, full,
          " is " + shown(item.value) + "; it has to be " + std::string(rule->legal) + '.');
    return {};
  }

  /// What AWS's provider does with certificates is no part of this program.
  core::result<void> take_certificates(const toml_item& item, std::string_view full) {
    const auto* table = item.value.as<toml_value::table>();
    const bool* enabled = nullptr;
    if (table)
      for (const toml_item& each : *table)
        if (each.key == "enabled") enabled = each.value.as<bool>();
    if (enabled && *enabled)
      return refuse(
          item, full,
          ".enabled is true: certificates are not fetched here; leave them to AWS's agent.");
    notes_.push_back(std::string(full) + " means nothing here: certificates are not fetched.");
    return {};
  }

  static const config_rule* find(std::string_view section, std::string_view key) {
    for (const auto rules : {aws_config_rules(), own_config_rules()})
      for (const config_rule& each : rules)
        if (each.name == key && (each.section == section || (each.flat && section.empty())))
          return &each;
    return nullptr;
  }

  std::string_view name_;
  serve_settings& into_;
  notes_list notes_;
};

}  // namespace

std::vector<config_key> config_keys() {
  std::vector<config_key> out;
  for (const auto rules : {aws_config_rules(), own_config_rules()})
    for (const config_rule& each : rules) {
      if (each.flat) out.push_back({"", each.name, each.legal});
      if (!each.section.empty()) out.push_back({each.section, each.name, each.legal});
    }
  return out;
}

core::result<std::vector<std::string>> apply_config(std::string_view text, std::string_view name,
                                                    serve_settings& into) {
  auto parsed = parse_toml(text, name);
  if (!parsed) return core::fail(std::move(parsed.error()));
  return reading(name, into).read(*parsed);
}

core::result<std::vector<std::string>> apply_config_file(const std::string& path,
                                                         serve_settings& into) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(longest_toml + 1, '\0');
  if (file.is_open()) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         "Cannot read the configuration " + aws::text::quoted(path) + ": " +
                             std::generic_category().message(errno == 0 ? EIO : errno) + '.'));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return apply_config(text, path, into);
}

}  // namespace lambda_cache::agent
