#include "sources/named_values_source.hpp"

#include "core/caught.hpp"

#include <algorithm>
#include <new>
#include <unordered_map>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// A refusal that may be about the operation or about one name of several: not what the way to the
/// service refused (a proxy, say), nor what does not come from the service, which would have given
/// its code (a redirect, somebody's 404 page).
bool definite(const service_call::answer& got) {
  if (got.result || got.status == 0) return false;
  const error_info& why = got.result.error();
  if (why.kind == error_kind::rejected && why.code.empty()) return false;
  return !why.retryable && why.kind != error_kind::credentials && why.kind != error_kind::tls &&
         why.kind != error_kind::cancelled;
}

bool denied(const service_call::answer& got) {
  return !got.result && got.result.error().kind == error_kind::access_denied;
}

}  // namespace

struct named_values_source::second_round {
  std::size_t open = 0;
  bool all_allowed = true;
};

/// One call under way, and what it has to do with others.
struct named_values_source::attempt {
  std::shared_ptr<service_call> call;
  std::vector<cache::flight_ptr> asked;
  bool several = false;
  std::shared_ptr<second_round> round;  // this call follows a refusal of several
  bool other_tried = false;             // so does this: the other operation was denied
  values found;
};

struct named_values_source::state {
  std::unordered_map<std::uint64_t, std::weak_ptr<service_call>> calls;  // by flight
  permission_memory permissions;
};

named_values_source::named_values_source(cache::engine& engine, std::shared_ptr<tools> with,
                                         service_settings settings)
    : engine_(engine),
      settings_(std::move(settings)),
      tools_(std::move(with)),
      state_(std::make_unique<state>()) {}

named_values_source::~named_values_source() = default;

void named_values_source::close() noexcept {
  for (const auto& [flight, call] : state_->calls)
    if (const auto open = call.lock()) open->close();
  tools_.reset();
}

void named_values_source::after_fork_in_child(std::shared_ptr<tools> with) {
  ::new (&tools_) std::shared_ptr<tools>(std::move(with));  // the old ones are left, not destroyed
  (void)state_.release();
  state_ = std::make_unique<state>();
}

void named_values_source::fetch(std::vector<cache::flight_ptr> wanted) {
  try {
    start_all(wanted);
  } catch (...) {
    abort_idle(wanted);
  }
}

void named_values_source::start_all(flights wanted) {
  const core::nanos now = core::coarse_mono();
  std::vector<cache::flight_ptr> together;
  for (const auto& flying : wanted) {
    if (!goes_with_others(flying) || state_->permissions.batch_denied(now) ||
        state_->permissions.isolated(flying->target()->locator, now))
      start({flying}, false, nullptr, false);
    else
      together.push_back(flying);
  }
  for (auto from = together.begin(); from != together.end();) {
    const auto count = std::min<std::ptrdiff_t>(together.end() - from,
                                                static_cast<std::ptrdiff_t>(most_names_per_call()));
    std::vector<cache::flight_ptr> chunk(std::make_move_iterator(from),
                                         std::make_move_iterator(from + count));
    from += count;
    const bool several = chunk.size() > 1;
    start(std::move(chunk), several, nullptr, false);
  }
}

void named_values_source::abort_idle(flights of) noexcept {
  const error_info why = core::caught();
  for (const auto& flying : of)
    if (!state_->calls.contains(flying->id())) abort(flying, why);
}

void named_values_source::abandon(const cache::flight_ptr& flight) noexcept {
  const auto found = state_->calls.find(flight->id());
  if (found == state_->calls.end()) return;
  if (const auto call = found->second.lock()) call->abandon(flight->id());
}

void named_values_source::start(std::vector<cache::flight_ptr> together, bool several,
                                const std::shared_ptr<second_round>& round,
                                bool other_tried) noexcept {
  // One name alone goes by its own operation, unless the role turned out to allow only the other.
  try {
    if (together.size() == 1 && !other_tried && several_serves_one())
      several = state_->permissions.single_denied(core::coarse_mono());
    const auto made = std::make_shared<attempt>();
    made->asked = together;
    made->several = several;
    made->round = round;
    made->other_tried = other_tried;
    made->call = std::make_shared<service_call>(
        tools_, settings_, together,
        several ? ask_several(made->asked) : ask_one(made->asked.front()),
        [this, of = std::weak_ptr(made)](std::string_view body) -> core::result<void> {
          const auto reading = of.lock();
          auto found = reading->several ? read_several(body, reading->asked)
                                        : read_one(body, reading->asked.front());
          if (!found) return core::fail(std::move(found.error()));
          reading->found = std::move(*found);
          return {};
        });
    service_call::handler done = [this, made](service_call::answer got) {
      answered(made, std::move(got));
    };
    for (const auto& flying : made->asked)
      state_->calls[flying->id()] = made->call;
    made->call->start(std::move(done));
  } catch (...) {
    for (const auto& flying : together)
      state_->calls.erase(flying->id());
    abort_idle(together);
  }
}

/// Those of its flights that were not settled or sent on their way again before something was
/// thrown fail.
void named_values_source::answered(const std::shared_ptr<attempt>& of,
                                   service_call::answer got) noexcept {
  try {
    take_answer(of, std::move(got));
  } catch (...) {
    abort_idle(of->asked);
  }
}

void named_values_source::take_answer(const std::shared_ptr<attempt>& of,
                                      service_call::answer got) {
  const core::moment now = core::current_moment();
  for (const auto& flying : of->asked)
    state_->calls.erase(flying->id());

  if (of->asked.size() > 1 && lacks_several(got)) {
    state_->permissions.deny_batch(now.clocks.mono);
    for (const auto& flying : of->asked)
      start({flying}, false, nullptr, false);
    return;
  }
  if (definite(got)) {
    if (of->asked.size() > 1) {
      // One of them is refused, or the operation is: ask for each, side by side.
      std::shared_ptr<second_round> each;
      if (denied(got) && !one_denies_all()) {
        state_->permissions.deny_batch(now.clocks.mono);
      } else {
        each = std::make_shared<second_round>();
        each->open = of->asked.size();
      }
      for (const auto& flying : of->asked)
        start({flying}, false, each, false);
      return;
    }
    if (denied(got) && !of->other_tried && several_serves_one())
      return start({of->asked.front()}, !of->several, of->round, true);
  }
  learn(*of, got, now.clocks.mono);
  settle(*of, got, now);
}

/// What an answer says about the role's permissions.
void named_values_source::learn(const attempt& of, const service_call::answer& got,
                                core::nanos now) {
  permission_memory& permissions = state_->permissions;
  if (of.asked.size() == 1 && of.other_tried && !denied(got)) {
    if (of.several)
      permissions.deny_single(now);
    else
      permissions.deny_batch(now);
  }
  if (!of.round) return;
  if (!got.result) {
    of.round->all_allowed = false;
    if (definite(got)) permissions.isolate(of.asked.front()->target()->locator, now);
  }
  if (--of.round->open == 0 && of.round->all_allowed && !of.several) permissions.deny_batch(now);
}

void named_values_source::settle(attempt& of, service_call::answer& got, const core::moment& now) {
  for (std::size_t i = 0; i < of.asked.size(); ++i) {
    const cache::flight_ptr& flying = of.asked[i];
    const std::string& name = flying->target()->locator;
    if (!got.result) {
      fail(flying, of.call->error_for(got, name), now);
      continue;
    }
    // The age of several is that of the oldest: which of them is too old shows alone.
    if (!of.found[i] || (got.stale && of.asked.size() > 1)) {
      start({flying}, false, nullptr, false);
      continue;
    }
    core::result<core::value_data>& found = *of.found[i];
    if (!found) {
      found.error().request_id = got.request_id;
      fail(flying, found.error(), now);
      continue;
    }
    auto value = std::make_shared<const core::value_data>(std::move(*found));
    const std::size_t bytes = value->footprint();
    if (got.stale) {
      engine_.fail(flying, of.call->error_for(got, name), now,
                   std::make_shared<const cache::snapshot>(
                       cache::snapshot{std::move(value), bytes, got.request_start, false, 0}));
      continue;
    }
    complete(flying,
             {.value = std::move(value),
              .bytes = bytes,
              .request_start = got.request_start,
              .pinned = flying->target()->pinned},
             now);
  }
}

void named_values_source::complete(const cache::flight_ptr& flying, cache::load brought,
                                   const core::moment& now) {
  engine_.complete(flying, std::move(brought), now);
}

void named_values_source::abort(const cache::flight_ptr& flying, const error_info& why) noexcept {
  engine_.abort(flying, why, core::current_moment());
}

void named_values_source::fail(const cache::flight_ptr& flying, const error_info& why,
                               const core::moment& now) {
  engine_.fail(flying, why, now);
}

}  // namespace lambda_cache::sources
