#include "sources/ssm_source.hpp"

#include "aws/ssm_codec.hpp"
#include "sources/ssm_call.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace lambda_cache::sources {
namespace {

error_info not_found(const std::string& name, const char* operation,
                     const std::string& request_id) {
  error_info why;
  why.kind = error_kind::not_found;
  why.service = "ssm";
  why.operation = operation;
  why.code = "ParameterNotFound";
  why.name = name;
  why.request_id = request_id;
  why.http_status = 200;
  why.message = "ParameterNotFound: there is no parameter " + name +
                " in this region (or no such version or label). Check the name, the region and "
                "the account, or create it.";
  return why;
}

error_info unanswered(const std::string& name, const char* operation) {
  error_info why = core::make_error(
      error_kind::protocol, "The answer of " + std::string(operation) + " does not mention " +
                                name + ", which was asked for: is the endpoint really SSM?");
  why.service = "ssm";
  why.operation = operation;
  why.name = name;
  return why;
}

/// A refusal that may be about the operation or about one name of several.
bool definite(const error_info& why) {
  return !why.retryable && why.kind != error_kind::credentials && why.kind != error_kind::tls &&
         why.kind != error_kind::cancelled;
}

}  // namespace

void permission_memory::isolate(const std::string& name, core::nanos now) {
  if (isolated_.size() >= 1000) isolated_.clear();  // bounded; relearned at one call each
  isolated_[name] = now + lifetime;
}

bool permission_memory::isolated(const std::string& name, core::nanos now) const {
  const auto found = isolated_.find(name);
  return found != isolated_.end() && now < found->second;
}

ssm_source::ssm_source(cache::engine& engine, std::shared_ptr<tools> with, ssm_settings settings)
    : engine_(engine),
      settings_(std::move(settings)),
      tools_(std::move(with)),
      state_(std::make_unique<state>()) {}

ssm_source::~ssm_source() = default;

void ssm_source::close() noexcept {
  for (const auto& [flight, call] : state_->calls)
    if (const auto open = call.lock()) open->close();
  tools_.reset();
}

void ssm_source::after_fork_in_child(std::shared_ptr<tools> with) {
  ::new (&tools_) std::shared_ptr<tools>(std::move(with));  // the old ones are left, not destroyed
  (void)state_.release();
  state_ = std::make_unique<state>();
}

void ssm_source::fetch(std::vector<cache::flight_ptr> flights) {
  const core::nanos now = core::coarse_mono();
  std::vector<cache::flight_ptr> together;
  for (auto& flying : flights) {
    if (state_->permissions.batch_denied(now) ||
        state_->permissions.isolated(flying->target()->locator, now))
      start({std::move(flying)}, false, nullptr, false);
    else
      together.push_back(std::move(flying));
  }
  for (auto from = together.begin(); from != together.end();) {
    const auto count =
        std::min<std::ptrdiff_t>(together.end() - from, std::ptrdiff_t{aws::max_names_per_call});
    std::vector<cache::flight_ptr> chunk(std::make_move_iterator(from),
                                         std::make_move_iterator(from + count));
    from += count;
    const bool batch = chunk.size() > 1;
    start(std::move(chunk), batch, nullptr, false);
  }
}

void ssm_source::abandon(const cache::flight_ptr& flight) {
  const auto found = state_->calls.find(flight->id());
  if (found == state_->calls.end()) return;
  if (const auto call = found->second.lock()) call->abandon(flight->id());
}

/// `round`: this call follows a refused batch. `other_tried`: so does the other operation's.
void ssm_source::start(std::vector<cache::flight_ptr> flights, bool batch,
                       const std::shared_ptr<second_round>& round, bool other_tried) {
  // One name alone goes by GetParameter, unless the role turned out to allow only the other.
  if (flights.size() == 1 && !other_tried)
    batch = state_->permissions.single_denied(core::coarse_mono());
  const auto call = std::make_shared<ssm_call>(tools_, settings_, std::move(flights), batch);
  for (const auto& flying : call->flights())
    state_->calls[flying->id()] = call;

  call->start([this, call = std::weak_ptr(call), round, other_tried](ssm_call::answer got) {
    const auto self = call.lock();
    const core::moment now = core::current_moment();
    const auto& asked = self->flights();
    for (const auto& flying : asked)
      state_->calls.erase(flying->id());

    if (!got.result && definite(got.result.error())) {
      if (asked.size() > 1) {
        // One of them is refused, or the operation is: ask for each, side by side.
        auto each = std::make_shared<second_round>();
        each->open = asked.size();
        for (const auto& flying : asked)
          start({flying}, false, each, false);
        return;
      }
      if (got.result.error().kind == error_kind::access_denied && !other_tried)
        return start({asked.front()}, !self->batch(), round, true);
    }
    const bool denied = !got.result && got.result.error().kind == error_kind::access_denied;
    if (asked.size() == 1 && other_tried && !denied) {
      if (self->batch())
        state_->permissions.deny_single(now.clocks.mono);
      else
        state_->permissions.deny_batch(now.clocks.mono);
    }
    if (round) {
      if (!got.result) {
        round->all_allowed = false;
        if (definite(got.result.error()))
          state_->permissions.isolate(asked.front()->target()->locator, now.clocks.mono);
      }
      if (--round->open == 0 && round->all_allowed && !self->batch())
        state_->permissions.deny_batch(now.clocks.mono);
    }

    for (const auto& flying : asked) {
      const std::string& name = flying->target()->locator;
      if (!got.result) {
        engine_.fail(flying, self->error_for(got, name), now);
        continue;
      }
      aws::parameters& all = *got.result;
      const aws::parameter* found = !self->batch() && all.found.size() == 1
                                        ? &all.found.front()
                                        : aws::find_answer(all, name);
      if (found != nullptr) {
        auto value = std::make_shared<const core::value_data>(found->value);
        const std::size_t bytes = value->footprint();
        const bool pinned = flying->target()->pinned;
        engine_.complete(flying,
                         {.value = std::move(value),
                          .bytes = bytes,
                          .request_start = got.request_start,
                          .pinned = pinned},
                         now);
      } else if (std::find(all.invalid.begin(), all.invalid.end(), name) != all.invalid.end()) {
        engine_.fail(flying, not_found(name, self->operation(), got.request_id), now);
      } else {
        engine_.fail(flying, unanswered(name, self->operation()), now);
      }
    }
  });
}

}  // namespace lambda_cache::sources
