// Rotation-aware reads of secrets: what changed is fetched, what did not is found to be current.
#include "aws/secrets_codec.hpp"
#include "core/caught.hpp"
#include "sources/secrets_source.hpp"

#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// How long a value that is there waits for its description.
constexpr std::chrono::milliseconds patience{250};

bool wants_description(const cache::flight& flying) {
  const cache::entry& target = *flying.target();
  return target.revalidates.load(std::memory_order_relaxed) && !target.pinned;
}

/// When the value ends: at the next rotation, if that is yet to come. Rotation may happen late, so
/// a moment that has passed says nothing.
core::nanos end_of(const aws::secret_description& found, const core::moment& now) {
  if (!found.next_rotation || *found.next_rotation <= 0 ||
      *found.next_rotation > core::infinite / core::second)
    return 0;
  const core::nanos next = *found.next_rotation * core::second;
  return next > now.clocks.wall ? next : 0;
}

}  // namespace

/// One flight that waits for a description, and perhaps for its value as well.
struct secrets_source::rotation {
  cache::flight_ptr flying;
  cache::snapshot_ptr known;  // what may turn out to be current
  std::shared_ptr<service_call> call;
  aws::secret_description found;
  bool described = false;
  bool side_by_side = true;  // the value is asked for before it is described
  std::optional<cache::load> brought;

  /// The version that the reader's stage is at, as described; empty if that does not say.
  [[nodiscard]] std::string_view described_version() const {
    const auto wanted = aws::split_secret_locator(flying->target()->locator);
    if (found.is_deleted) return {};
    return found.version_of(wanted.version_stage.empty() ? "AWSCURRENT" : wanted.version_stage);
  }
};

struct secrets_source::rotations {
  std::unordered_map<std::uint64_t, rotation> open;  // by flight
  permission_memory denied;                          // what the role may not describe
};

secrets_source::secrets_source(cache::engine& in, std::shared_ptr<tools> tools_to_use,
                               service_settings where)
    : named_values_source(in, std::move(tools_to_use), std::move(where)),
      rotations_(std::make_unique<rotations>()) {}

secrets_source::~secrets_source() = default;

void secrets_source::close() noexcept {
  for (auto& [flight, open] : rotations_->open)
    if (open.call) open.call->close();
  rotations_->open.clear();
  named_values_source::close();
}

void secrets_source::after_fork_in_child(std::shared_ptr<tools> fresh) {
  (void)rotations_.release();  // the I/O thread may have been half-way through it
  rotations_ = std::make_unique<rotations>();
  named_values_source::after_fork_in_child(std::move(fresh));
}

void secrets_source::fetch(std::vector<cache::flight_ptr> wanted) {
  const core::nanos now = core::coarse_mono();
  std::vector<cache::flight_ptr> at_once;
  for (const cache::flight_ptr& flying : wanted) {
    try {
      if (wants_description(*flying) &&
          !rotations_->denied.isolated(flying->target()->locator, now)) {
        cache::snapshot_ptr known = engine().current(*flying->target()).first;
        const bool may_be_current = known && !flying->forced();
        describe(flying, may_be_current ? std::move(known) : nullptr);
        if (may_be_current) continue;
      }
      // Side by side with its description, if there is one.
      at_once.push_back(flying);
    } catch (...) {
      abort(flying, core::caught());
    }
  }
  if (!at_once.empty()) named_values_source::fetch(std::move(at_once));
}

void secrets_source::abandon(const cache::flight_ptr& flight) noexcept {
  if (const auto found = rotations_->open.find(flight->id()); found != rotations_->open.end())
    if (const auto call = found->second.call) call->abandon(flight->id());
  named_values_source::abandon(flight);
}

void secrets_source::describe(const cache::flight_ptr& flying, cache::snapshot_ptr known) {
  const std::string_view id = aws::split_secret_locator(flying->target()->locator).id;
  rotation& made = rotations_->open[flying->id()];
  made.flying = flying;
  made.known = std::move(known);
  made.call = std::make_shared<service_call>(
      with(), settings(), std::vector{flying},
      json_request("secretsmanager", "DescribeSecret", aws::encode_describe_secret(id)),
      [this, flight = flying->id()](std::string_view body) -> core::result<void> {
        auto found = aws::decode_describe_secret(body);
        if (!found) return core::fail(std::move(found.error()));
        if (const auto open = rotations_->open.find(flight); open != rotations_->open.end())
          open->second.found = std::move(*found);
        return {};
      });
  made.call->start([this, flying](service_call::answer got) { described(flying, std::move(got)); });
}

void secrets_source::described(const cache::flight_ptr& flying, service_call::answer got) noexcept {
  try {
    take_description(flying, std::move(got));
  } catch (...) {
    abort(flying, core::caught());
  }
}

void secrets_source::take_description(const cache::flight_ptr& flying, service_call::answer got) {
  const auto at = rotations_->open.find(flying->id());
  if (at == rotations_->open.end()) return;
  const core::moment now = core::current_moment();
  rotation& open = at->second;
  const auto call = std::exchange(open.call, nullptr);
  if (!got.result && got.result.error().kind == error_kind::access_denied)
    rotations_->denied.isolate(flying->target()->locator, now.clocks.mono);

  if (!open.known) {
    // Its value is fetched side by side; what ends first waits for the other.
    open.described = true;
    if (open.brought) complete(flying, std::move(*open.brought), now);
    return;
  }
  if (!got.result) {
    const error_info why = call->error_for(got, flying->target()->locator);
    rotations_->open.erase(at);
    // Without the permission it is read like any other secret.
    if (why.kind == error_kind::access_denied) return named_values_source::fetch({flying});
    return named_values_source::fail(flying, why, now);
  }
  const std::string_view present = open.described_version();
  const auto value = open.known->as<core::value_data>();
  if (!present.empty() && present == value->version_id) {
    const cache::snapshot_ptr known = std::move(open.known);
    const core::nanos end = end_of(open.found, now);
    rotations_->open.erase(at);
    return engine().revalidate(flying, *known, got.request_start, end, now);
  }
  open.known = nullptr;
  open.described = true;
  open.side_by_side = false;
  named_values_source::fetch({flying});
}

void secrets_source::complete(const cache::flight_ptr& flying, cache::load brought,
                              const core::moment& now) {
  const auto at = rotations_->open.find(flying->id());
  if (at != rotations_->open.end()) {
    if (!at->second.described) {
      at->second.brought = std::move(brought);
      // A reader is not kept from its value for the moment when that ends.
      with()->loop.at(std::chrono::steady_clock::now() + patience, [this, flying] {
        const auto open = rotations_->open.find(flying->id());
        if (open == rotations_->open.end()) return;
        if (const auto call = open->second.call) call->abandon(flying->id());
      });
      return;
    }
    rotation& open = at->second;
    const std::string_view present = open.described_version();
    const auto value = std::static_pointer_cast<const core::value_data>(brought.value);
    if (open.side_by_side && !present.empty() && present != value->version_id) {
      // It rotated between the two: the end that was described is that of another value. What is
      // asked for now cannot be older than that.
      open.side_by_side = false;
      open.brought.reset();
      return named_values_source::fetch({flying});
    }
    brought.expires = end_of(open.found, now);
    rotations_->open.erase(at);
  }
  named_values_source::complete(flying, std::move(brought), now);
}

void secrets_source::fail(const cache::flight_ptr& flying, const error_info& why,
                          const core::moment& now) {
  forget(flying);
  named_values_source::fail(flying, why, now);
}

void secrets_source::abort(const cache::flight_ptr& flying, const error_info& why) noexcept {
  forget(flying);
  named_values_source::abort(flying, why);
}

void secrets_source::forget(const cache::flight_ptr& flying) noexcept {
  const auto at = rotations_->open.find(flying->id());
  if (at == rotations_->open.end()) return;
  const auto call = std::move(at->second.call);
  rotations_->open.erase(at);
  if (call) call->abandon(flying->id());
}

}  // namespace lambda_cache::sources
