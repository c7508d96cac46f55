#include "wiring/wired_cache.hpp"

#include "cache/key.hpp"
#include "sources/agent_source.hpp"
#include "sources/file_names.hpp"
#include "sources/s3_source.hpp"
#include "sources/secrets_source.hpp"
#include "sources/ssm_path_source.hpp"
#include "sources/ssm_source.hpp"
#include "sources/stand_in.hpp"
#include "wiring/agent_route.hpp"
#include "wiring/environment.hpp"
#include "wiring/fork_guard.hpp"
#include "wiring/io_service.hpp"
#include "wiring/thread_slots.hpp"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {

/// One reading of the configuration and what was built on it.
struct wired_cache::configured {
  config values;
  std::shared_ptr<sources::tools> tools;

  struct wired_source {
    std::string key;
    std::shared_ptr<sources::remote_source> source;
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

error_info no_region(const std::string& name) {
  error_info why = core::make_error(
      error_kind::invalid_argument,
      "No region for " + name +
          ": set AWS_REGION (Lambda does), or give the option region='eu-west-1'.");
  why.name = name;
  return why;
}

/// Ends the credentials' part of the keys of one configuration.
std::string epoch_suffix(std::uint64_t epoch) {
  return '#' + std::to_string(epoch);
}

}  // namespace

read_item bound_entry::read(core::deadline invocation,
                            std::optional<core::nanos> other_max_age) const {
  read_item item;
  item.request.target = entry;
  item.request.max_age = other_max_age.value_or(max_age);
  item.request.stale_if_error = stale_if_error;
  item.request.max_attempts = max_attempts;
  item.request.refresh_ahead = refresh_ahead;
  item.is_file = is_file;
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
    : code_(std::move(code)),
      of_process_(!env),
      env_(env ? std::move(env) : process_environment()) {
  engine_ =
      std::make_unique<cache::engine>(limits_of(code_), [this] { io_->wake(); }, random_seed());
  io_ = std::make_unique<io_service>(*engine_);
  fork_guard::add(*this);
}

wired_cache::~wired_cache() {
  fork_guard::remove(*this);
  sources::file_names::shared().release(this);
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

core::result<std::shared_ptr<wired_cache::configured>> wired_cache::configuration(
    const std::string& region) {
  if (configured_) return configured_;
  const auto files = sources::read_shared_config(env_);
  if (!files) return core::fail(files.error());
  auto values = resolve_config(code_, env_, *files);
  if (!values) return core::fail(std::move(values.error()));
  auto made = std::make_shared<configured>();
  made->values = std::move(*values);
  if (max_age_) made->values.max_age = *max_age_;
  // Roles are assumed in the region of what is read first, if no other is configured.
  made->values.sts_region = made->values.region.empty() ? region : made->values.region;
  made->tools = make_tools(made->values);
  last_values_ = made->values;
  configured_ = std::move(made);
  return configured_;
}

std::shared_ptr<sources::remote_source> wired_cache::source_for(configured& in,
                                                                const entry_spec& spec,
                                                                const std::string& where,
                                                                sources::service_settings settings,
                                                                const aws::endpoint_options& how) {
  const bool decrypt = spec.options.decrypt;
  const std::string key = std::string(spec.service) + (settings.agent ? " by " : " ") + where +
                          ' ' + settings.region + (decrypt ? " d " : " e ") +
                          aws::identity_of(spec.options.role) +
                          (spec.path ? ' ' + spec.selector : "");
  const auto found = std::ranges::find(in.sources, key, &configured::wired_source::key);
  if (found != in.sources.end()) return found->source;

  std::shared_ptr<sources::remote_source> made;
  if (!stand_ins_.empty())
    made = stand_ins_.back()->make(*engine_, {.service = spec.service,
                                              .region = settings.region,
                                              .decrypt = decrypt,
                                              .path = spec.path,
                                              .max_bytes_in_memory = limits_of(code_).max_bytes});
  else if (spec.service == "s3")
    made = make_object_source(in, std::move(settings), how);
  else if (spec.path)
    made = std::make_shared<sources::ssm_path_source>(*engine_, in.tools, std::move(settings),
                                                      decrypt, *spec.path);
  else if (settings.agent)
    made = sources::make_agent_source(*engine_, in.tools, std::move(settings), decrypt);
  else if (spec.service == "ssm")
    made = std::make_shared<sources::ssm_source>(*engine_, in.tools, std::move(settings), decrypt);
  else
    made = std::make_shared<sources::secrets_source>(*engine_, in.tools, std::move(settings));
  // First where the end of this cache looks for what may outlive it.
  std::erase_if(sources_, [](const auto& source) { return source.expired(); });
  sources_.push_back(made);
  in.sources.push_back({key, made});
  return made;
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

std::shared_ptr<sources::remote_source> wired_cache::make_object_source(
    configured& in, sources::service_settings of, const aws::endpoint_options& how) {
  sources::s3_settings settings;
  settings.region = std::move(of.region);
  settings.endpoint = std::move(of.endpoint);
  settings.role = std::move(of.role);
  settings.options = how;
  settings.max_bytes_in_memory = limits_of(code_).max_bytes;
  return std::make_shared<sources::s3_source>(*engine_, in.tools, std::move(settings));
}

core::result<void> wired_cache::claim_file(const entry_spec& spec) const {
  if (spec.file_name.empty()) return {};
  const entry_options& options = spec.options;
  sources::file_names::owner by{.client = this, .content = spec.locator, .uri = spec.locator};
  for (const auto& part : {options.version_id, options.region, options.endpoint_url})
    by.content += '\n' + part.value_or(std::string());
  by.content += '\n' + aws::identity_of(options.role);
  return sources::file_names::shared().claim(spec.file_name, by);
}

core::result<bound_entry> wired_cache::bind(const entry_spec& spec) {
  bound_entry out;
  const core::lock_guard lock(mutex_);
  out.epoch = epoch();
  std::string region = spec.options.region.value_or(spec.region);
  auto read = configuration(region);
  if (!read) return core::fail(std::move(read.error()));
  configured& conf = **read;
  const config& values = conf.values;
  const entry_options& options = spec.options;

  const sources::agent_ptr agent =
      stand_ins_.empty() && goes_by_agent(spec) ? values.agent : nullptr;
  if (region.empty() && !agent) region = values.region;
  if (region.empty() && !stand_ins_.empty()) region = "us-east-1";
  if (region.empty() && !agent) return core::fail(no_region(spec.locator));

  sources::service_settings settings{.service = std::string(spec.service),
                                     .region = region,
                                     .endpoint = {},
                                     .role = options.role,
                                     .agent = agent};
  aws::endpoint_options how = values.endpoints.of(spec.service);
  if (options.endpoint_url) how.url = *options.endpoint_url;
  out.asks_aws = stand_ins_.empty() && !agent && how.url.empty();
  std::string where;
  if (agent) {
    where = agent->url;
  } else {
    auto endpoint = aws::resolve_endpoint(spec.service, region, how);
    if (!endpoint) return core::fail(std::move(endpoint.error()));
    where = (endpoint->tls ? "https://" : "http://") + endpoint->host_header + endpoint->base_path;
    settings.endpoint = std::move(*endpoint);
  }
  // The epoch is part of the identity: what an earlier configuration fetched stays with it.
  const std::string credentials =
      (agent ? "agent" : "chain " + aws::identity_of(options.role)) + epoch_suffix(out.epoch);
  std::string selector = spec.selector;
  if (spec.service == "s3") {
    if (auto claimed = claim_file(spec); !claimed) return core::fail(std::move(claimed.error()));
    out.is_file = !spec.file_name.empty();
    selector = sources::selector_of(
        {.uri = {},
         .version_id = options.version_id.value_or(std::string()),
         .file = out.is_file ? values.object_directory + '/' + spec.file_name : std::string()});
  }
  const auto from = source_for(conf, spec, where, std::move(settings), how);
  out.entry = engine_->open(cache::make_key({.service = spec.service,
                                             .endpoint = where,
                                             .region = region,
                                             .credentials = credentials,
                                             .name = spec.base,
                                             .selector = selector,
                                             .decrypt = options.decrypt}),
                            spec.locator, from, spec.pinned);
  if (options.progress) from->set_progress(*out.entry, options.progress);
  if (options.rotation_aware) out.entry->revalidates.store(true, std::memory_order_relaxed);
  out.max_age = options.max_age.value_or(values.max_age);
  out.stale_if_error = options.stale_if_error.value_or(values.stale_if_error);
  out.timeout =
      options.timeout.value_or(spec.service == "s3" ? values.object_timeout : values.timeout);
  out.max_attempts = options.max_attempts.value_or(values.max_attempts);
  out.refresh_ahead = options.refresh_ahead.value_or(0);
  if (auto fits = check_refresh_ahead(out.refresh_ahead, out.max_age); !fits)
    return core::fail(std::move(fits.error()));
  return out;
}

void wired_cache::prefetch(std::span<const bound_entry> these) {
  // Lambda gives the initialisation of a function 10 seconds.
  constexpr core::nanos longest = 3 * core::second;
  constexpr core::nanos longest_of_objects = 10 * core::second;
  // Stacked decorators are microseconds apart.
  constexpr std::chrono::milliseconds gathering{1};
  std::vector<cache::read_request> requests;
  for (const bound_entry& each : these) {
    if (each.max_age == 0) continue;
    bound_entry brief = each;
    brief.timeout = std::min(each.timeout, each.is_file ? longest_of_objects : longest);
    requests.push_back(brief.read(core::invocation_deadline()).request);
  }
  if (engine_->prefetch(requests, core::current_moment())) io_->wake_after(gathering);
}

/// The tools end on the loop's thread, where they live, and not inside of a call of theirs.
std::shared_ptr<sources::tools> wired_cache::make_tools(const config& values) {
  return {new sources::tools(io_->loop(), {values.ca_bundle, values.system_bundle},
                             make_credentials_settings(env_, values, of_process_), values.proxies),
          // The last of them end while io_ itself does.
          [this, &io = *io_](sources::tools* done) {
            ++ending_tools_;
            try {
              io.run_on_loop([this, done] {
                delete done;
                --ending_tools_;
              });
            } catch (const std::bad_alloc&) {
              // Not here, where the loop's thread may be at work on it: it is left where it is.
              --ending_tools_;
            }
          }};
}

statistics wired_cache::stats() const {
  const cache::counters seen = engine_->count();
  statistics out;
  out.hits = seen.hits + slot_hits_->load(std::memory_order_relaxed) +
             thread_slots::not_handed_in(*slot_hits_);
  out.misses = seen.misses;
  out.joins = seen.joins;
  out.loads = seen.loads;
  out.revalidated = seen.revalidated;
  out.failures = seen.failures;
  out.stale = seen.stale;
  out.negative = seen.negative;
  out.evictions = seen.evictions;
  out.entries = seen.entries;
  out.bytes = seen.bytes;
  const core::lock_guard lock(mutex_);
  if (!stand_ins_.empty())
    out.calls = stand_ins_.back()->call_count();
  else if (configured_)
    out.calls = configured_->tools->calls.load(std::memory_order_relaxed);
  return out;
}

std::vector<cache::entry_report> wired_cache::reports() const {
  const std::string present = epoch_suffix(epoch());
  auto out = engine_->entries(core::now());
  std::erase_if(out, [&](const cache::entry_report& one) {
    return !cache::key_part(one.target->key, cache::credentials_part).ends_with(present);
  });
  return out;
}

std::vector<entry_statistics> wired_cache::entry_stats() const {
  const auto seen = reports();
  std::vector<const cache::entry*> targets;
  targets.reserve(seen.size());
  for (const auto& one : seen)
    targets.push_back(one.target.get());
  const std::vector<std::uint64_t> slot_hits = thread_slots::hits_of(targets);
  std::vector<entry_statistics> out(seen.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const cache::entry_report& from = seen[i];
    entry_statistics& to = out[i];
    to.service = cache::key_part(from.target->key, cache::service_part);
    to.region = cache::key_part(from.target->key, cache::region_part);
    to.name = from.target->locator;
    to.hits = from.counted.hits + slot_hits[i];
    to.misses = from.counted.misses;
    to.joins = from.counted.joins;
    to.loads = from.counted.loads;
    to.revalidated = from.counted.revalidated;
    to.failures = from.counted.failures;
    to.stale = from.counted.stale;
    to.negative = from.counted.negative;
    to.last_error = from.counted.last_error;
    to.load_time_total = std::chrono::nanoseconds(from.counted.latency_total);
    to.load_time_max = std::chrono::nanoseconds(from.counted.latency_max);
    if (from.has_value) to.age = std::chrono::nanoseconds(from.age);
    to.bytes = from.bytes;
  }
  std::sort(out.begin(), out.end(), [](const entry_statistics& a, const entry_statistics& b) {
    return std::tie(a.service, a.name, a.region) < std::tie(b.service, b.name, b.region);
  });
  return out;
}

void wired_cache::clear() {
  clears_.fetch_add(1, std::memory_order_acq_rel);
  engine_->clear();
}

/// What is bound has to be bound again; the old configuration is the caller's to drop, without the
/// lock.
std::shared_ptr<wired_cache::configured> wired_cache::start_anew() {
  epoch_.fetch_add(1, std::memory_order_acq_rel);
  clears_.fetch_add(1, std::memory_order_acq_rel);
  max_age_.reset();
  // Declarations that are still there claim their files again when they are read.
  sources::file_names::shared().release(this);
  return std::exchange(configured_, nullptr);
}

/// The task for the loop that ends the old configuration, with its credentials and connections:
/// sources that late readers may still use get tools that have none.
net::io_loop::task wired_cache::replace_tools() {
  std::shared_ptr<configured> old = start_anew();
  std::vector<std::shared_ptr<sources::remote_source>> alive;
  for (const auto& source : sources_)
    if (auto found = source.lock()) alive.push_back(std::move(found));
  std::shared_ptr<sources::tools> fresh;
  if (last_values_ && !alive.empty()) fresh = make_tools(*last_values_);
  return [old = std::move(old), alive = std::move(alive), fresh = std::move(fresh)]() mutable {
    for (const auto& source : alive)
      source->use(fresh);
    alive.clear();
    old = nullptr;
  };
}

void wired_cache::reset() {
  net::io_loop::task replace;
  {
    const core::lock_guard lock(mutex_);
    replace = replace_tools();
  }
  engine_->clear_out();
  io_->run_on_loop(std::move(replace));
}

void wired_cache::start_over() {
  net::io_loop::task replace;
  {
    const core::lock_guard lock(mutex_);
    replace = replace_tools();
  }
  engine_->clear_out();
  engine_->reseed(random_seed());
  io_->finish_on_loop(std::move(replace));
  // Those tools that no call needs any more end on the loop, some time after they were let go.
  while (ending_tools_ != 0)
    io_->finish_on_loop([] {});
}

void wired_cache::stand_in(std::shared_ptr<sources::stand_in> instead) {
  std::shared_ptr<configured> old;
  {
    const core::lock_guard lock(mutex_);
    stand_ins_.push_back(std::move(instead));
    old = start_anew();
  }
  engine_->clear_out();
}

void wired_cache::stand_down(const std::shared_ptr<sources::stand_in>& instead) {
  std::shared_ptr<configured> old;
  {
    const core::lock_guard lock(mutex_);
    std::erase(stand_ins_, instead);
    old = start_anew();
  }
  engine_->clear_out();
}

void wired_cache::before_fork() {
  mutex_.lock();
  io_->before_fork();
  engine_->before_fork();
  for (const auto& each : stand_ins_)
    each->before_fork();
}

void wired_cache::after_fork_in_parent() {
  for (const auto& each : stand_ins_)
    each->after_fork_in_parent();
  engine_->after_fork_in_parent();
  io_->after_fork_in_parent();
  mutex_.unlock();
}

void wired_cache::after_fork_in_child() {
  for (const auto& each : stand_ins_)
    each->after_fork_in_child();
  engine_->after_fork_in_child(random_seed());
  io_->after_fork_in_child();
  if (configured_) {
    const auto fresh = make_tools(configured_->values);
    for (const auto& source : sources_)
      if (const auto alive = source.lock()) alive->after_fork_in_child(fresh);
    ::new (&configured_->tools) std::shared_ptr<sources::tools>(fresh);
  }
  mutex_.unlock();
}

}  // namespace lambda_cache::wiring
