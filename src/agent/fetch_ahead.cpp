#include "agent/fetch_ahead.hpp"

#include "agent/entries.hpp"
#include "agent/log.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace lambda_cache::agent {
namespace {

struct kind_of_name {
  std::string_view prefix;
  subject what;
  bool is_part_of_name = false;
};
constexpr std::array<kind_of_name, 4> kinds = {{{"ssm:", subject::parameter},
                                                {"ssm-path:", subject::path},
                                                {"secret:", subject::secret},
                                                {"s3://", subject::object, true}}};

core::nanos max_age_of(subject what, const settings& how) {
  if (what == subject::secret) return how.secret_max_age;
  if (what == subject::object) return how.object_max_age;
  return how.parameter_max_age;
}

}  // namespace

core::result<wanted> wanted_of_name(std::string_view name, const settings& how) {
  const auto* kind = std::ranges::find_if(
      kinds, [&](const kind_of_name& each) { return name.starts_with(each.prefix); });
  if (kind == kinds.end())
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "--prefetch " + aws::text::quoted(name) +
            " names nothing: it has to be ssm:/app/a, ssm-path:/app/, secret:db or s3://b/k."));
  wanted out;
  out.what = kind->what;
  out.names = {std::string(kind->is_part_of_name ? name : name.substr(kind->prefix.size()))};
  out.decrypt = true;
  if (auto spec = spec_of(out, out.names.front(), how); !spec)
    return core::fail(std::move(spec.error()));
  return out;
}

fetch_ahead::fetch_ahead(const settings& how, wiring::wired_cache& in,
                         std::span<const std::string> names) {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(how.prefetch_timeout);
  std::vector<wiring::read_item> items;
  for (const std::string& name : names) {
    const auto what = wanted_of_name(name, how);
    if (!what || max_age_of(what->what, how) == 0) continue;
    const auto spec = spec_of(*what, what->names.front(), how);
    if (!spec) continue;
    const auto bound = in.bind(*spec);
    if (!bound) {
      log(log_level::warn, "not fetched ahead: " + bound.error().message, {{"name", name}});
      continue;
    }
    items.push_back(bound->read(core::no_deadline));
    items.back().request.deadline = std::min(items.back().request.deadline, end);
    names_.push_back(name);
  }
  if (!items.empty()) reading_ = wiring::read_operation::start(in, std::move(items));
}

fetch_ahead::~fetch_ahead() {
  if (reading_) reading_->give_up();
}

bool fetch_ahead::poll() {
  if (!reading_) return true;
  if (!reading_->poll()) return false;
  tell();
  reading_.reset();
  return true;
}

void fetch_ahead::tell() {
  std::size_t fetched = 0;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const cache::outcome& got = reading_->outcomes()[i];
    if (got.value)
      ++fetched;
    else
      log(log_level::warn, "not fetched ahead: " + got.failure->message, {{"name", names_[i]}});
  }
  log(log_level::info,
      "fetched ahead: " + std::to_string(fetched) + " of " + std::to_string(names_.size()));
}

}  // namespace lambda_cache::agent
