#include "wiring/wired_cache.hpp"

#include "cache/key.hpp"
#include "sources/ssm_source.hpp"
#include "wiring/environment.hpp"
#include "wiring/fork_guard.hpp"
#include "wiring/io_service.hpp"
#include "wiring/thread_slots.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {

/// One reading of the configuration and what was built on it.
struct wired_cache::configured {
  config values;
  std::shared_ptr<sources::tools> tools;

  struct wired_source {
    std::string key;
    std::shared_ptr<sources::ssm_source> source;
  };
  std::vector<wired_source> sources;
};

namespace {

cache::limits limits_of(const client_config& code) {
  cache::limits bounds;
  if (code.max_entries) bounds.max_entries = *code.max_entries;
  if (code.max_bytes) bounds.max_bytes = *code.max_bytes;
  return bounds;
}

/// The tools end on the loop's thread, where they live.
std::shared_ptr<sources::tools> make_tools(io_service& io, const config& values,
                                           const aws::environment& env) {
  return {new sources::tools(io.loop(), {values.ca_bundle, values.system_bundle},
                             credentials_chain(env)),
          [&io](sources::tools* done) { io.run_on_loop([done] { delete done; }); }};
}

error_info no_region(const std::string& name) {
  error_info why = core::make_error(
      error_kind::invalid_argument,
      "No region for " + name +
          ": set AWS_REGION (Lambda does), or give the option region='eu-west-1'.");
  why.name = name;
  return why;
}

}  // namespace

read_item bound_entry::read(core::deadline invocation,
                            std::optional<core::nanos> other_max_age) const {
  read_item item;
  item.request.target = entry;
  item.request.max_age = other_max_age.value_or(max_age);
  item.request.stale_if_error = stale_if_error;
  item.request.max_attempts = max_attempts;
  const auto now = std::chrono::steady_clock::now();
  core::deadline end = core::no_deadline;
  if (timeout < core::no_deadline.time_since_epoch().count() - now.time_since_epoch().count())
    end = now + std::chrono::nanoseconds(timeout);
  if (invocation != core::no_deadline && invocation - core::invocation_margin < end) {
    end = invocation - core::invocation_margin;
    item.limited_by = time_limit::invocation;
  }
  item.request.deadline = end;
  return item;
}

wired_cache::wired_cache(client_config code, aws::environment env)
    : code_(std::move(code)), env_(env ? std::move(env) : process_environment()) {
  engine_ =
      std::make_unique<cache::engine>(limits_of(code_), [this] { io_->wake(); }, random_seed());
  io_ = std::make_unique<io_service>(*engine_);
  fork_guard::add(*this);
}

wired_cache::~wired_cache() {
  fork_guard::remove(*this);
  io_->stop();
  {
    const core::lock_guard lock(mutex_);
    configured_.reset();
    // Threads may hold entries, and so sources, for longer than this cache lives.
    for (const auto& source : sources_)
      if (const auto alive = source.lock()) alive->close();
  }
  engine_.reset();
  io_.reset();
}

const std::shared_ptr<wired_cache>& wired_cache::shared() {
  static const auto* const only =
      new std::shared_ptr<wired_cache>(std::make_shared<wired_cache>(client_config{}));
  return *only;
}

core::result<std::shared_ptr<wired_cache::configured>> wired_cache::configuration() {
  if (configured_) return configured_;
  auto values = resolve_config(code_, env_);
  if (!values) return core::fail(std::move(values.error()));
  auto made = std::make_shared<configured>();
  made->values = std::move(*values);
  if (max_age_) made->values.max_age = *max_age_;
  made->tools = make_tools(*io_, made->values, env_);
  configured_ = std::move(made);
  return configured_;
}

core::result<core::nanos> wired_cache::default_max_age() {
  const core::lock_guard lock(mutex_);
  if (configured_) return configured_->values.max_age;
  if (!max_age_) {
    auto read = resolve_max_age(code_, env_);
    if (!read) return core::fail(std::move(read.error()));
    max_age_ = *read;
  }
  return *max_age_;
}

core::result<bound_entry> wired_cache::bind(const parameter_spec& spec) {
  bound_entry out;
  const core::lock_guard lock(mutex_);
  out.epoch = epoch();
  auto read = configuration();
  if (!read) return core::fail(std::move(read.error()));
  configured& conf = **read;
  const config& values = conf.values;

  std::string region = spec.region.value_or(spec.name.region);
  if (region.empty()) region = values.region;
  if (region.empty()) return core::fail(no_region(spec.name.request_name));

  aws::endpoint_options options = values.endpoint;
  if (spec.endpoint_url) options.url = *spec.endpoint_url;
  auto endpoint = aws::resolve_endpoint("ssm", region, options);
  if (!endpoint) return core::fail(std::move(endpoint.error()));

  const std::string where =
      (endpoint->tls ? "https://" : "http://") + endpoint->host_header + endpoint->base_path;
  const std::string source_key = where + ' ' + region + (spec.decrypt ? " d" : " e");
  std::shared_ptr<cache::source> from;
  const auto found =
      std::find_if(conf.sources.begin(), conf.sources.end(),
                   [&](const configured::wired_source& s) { return s.key == source_key; });
  if (found != conf.sources.end()) {
    from = found->source;
  } else {
    auto made = std::make_shared<sources::ssm_source>(
        *engine_, conf.tools, sources::ssm_settings{region, std::move(*endpoint), spec.decrypt});
    conf.sources.push_back({source_key, made});
    std::erase_if(sources_, [](const auto& source) { return source.expired(); });
    sources_.push_back(made);
    from = std::move(made);
  }
  // The epoch is part of the identity: what an earlier configuration fetched stays with it.
  const std::string credentials = "chain#" + std::to_string(out.epoch);
  out.entry = engine_->open(cache::make_key({.service = "ssm",
                                             .endpoint = where,
                                             .region = region,
                                             .credentials = credentials,
                                             .name = spec.name.base,
                                             .selector = spec.name.selector,
                                             .decrypt = spec.decrypt}),
                            spec.name.request_name, from, spec.name.pinned);
  out.max_age = spec.max_age.value_or(values.max_age);
  out.stale_if_error = spec.stale_if_error.value_or(values.stale_if_error);
  out.timeout = spec.timeout.value_or(values.timeout);
  out.max_attempts = spec.max_attempts.value_or(values.max_attempts);
  return out;
}

statistics wired_cache::stats() const {
  const cache::counters seen = engine_->count();
  statistics out;
  out.hits = seen.hits + slot_hits_->load(std::memory_order_relaxed) +
             thread_slots::not_handed_in(*slot_hits_);
  out.misses = seen.misses;
  out.joins = seen.joins;
  out.loads = seen.loads;
  out.failures = seen.failures;
  out.stale = seen.stale;
  out.negative = seen.negative;
  out.evictions = seen.evictions;
  out.entries = seen.entries;
  out.bytes = seen.bytes;
  const core::lock_guard lock(mutex_);
  if (configured_) out.calls = configured_->tools->calls.load(std::memory_order_relaxed);
  return out;
}

void wired_cache::clear() {
  clears_.fetch_add(1, std::memory_order_acq_rel);
  engine_->clear();
}

void wired_cache::reset() {
  std::shared_ptr<configured> old;
  {
    const core::lock_guard lock(mutex_);
    old = std::exchange(configured_, nullptr);
    max_age_.reset();
    epoch_.fetch_add(1, std::memory_order_acq_rel);
  }
  clears_.fetch_add(1, std::memory_order_acq_rel);
  engine_->clear();
}

void wired_cache::before_fork() {
  mutex_.lock();
  io_->before_fork();
  engine_->before_fork();
}

void wired_cache::after_fork_in_parent() {
  engine_->after_fork_in_parent();
  io_->after_fork_in_parent();
  mutex_.unlock();
}

void wired_cache::after_fork_in_child() {
  engine_->after_fork_in_child(random_seed());
  io_->after_fork_in_child();
  if (configured_) {
    const auto fresh = make_tools(*io_, configured_->values, env_);
    for (const auto& source : sources_)
      if (const auto alive = source.lock()) alive->after_fork_in_child(fresh);
    ::new (&configured_->tools) std::shared_ptr<sources::tools>(fresh);
  }
  mutex_.unlock();
}

core::result<parameter_spec> make_spec(std::string_view name, bool decrypt,
                                       std::optional<std::string> region,
                                       std::optional<std::string> endpoint_url) {
  auto parsed = aws::parse_parameter_name(name);
  if (!parsed) return core::fail(std::move(parsed.error()));
  if (region && !aws::is_region(*region))
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "region='" + *region + "' is not a region; it should look like eu-west-1."));
  if (region && !parsed->region.empty() && parsed->region != *region)
    return core::fail(core::make_error(error_kind::invalid_argument,
                                       "The ARN " + parsed->request_name + " is of region " +
                                           parsed->region + ", but region='" + *region +
                                           "' was asked for: leave one of them out."));
  if (endpoint_url) {
    const auto checked =
        aws::resolve_endpoint("ssm", region.value_or("us-east-1"), {.url = *endpoint_url});
    if (!checked) return core::fail(checked.error());
  }
  parameter_spec spec;
  spec.name = std::move(*parsed);
  spec.decrypt = decrypt;
  spec.region = std::move(region);
  spec.endpoint_url = std::move(endpoint_url);
  return spec;
}

}  // namespace lambda_cache::wiring
