// Inside of fake_services: what a cache asks, and what it is given.
#pragma once

#include "sources/fake_objects.hpp"
#include "sources/fake_services.hpp"

#include <unordered_map>

namespace lambda_cache::sources {

/// One service in one region, for one cache.
class fake_services::source final : public remote_source,
                                    public std::enable_shared_from_this<source> {
 public:
  source(std::shared_ptr<fake_services> in, cache::engine& for_engine, stand_in_part part)
      : engine(for_engine), what(std::move(part)), in_(std::move(in)) {}

  void fetch(std::vector<cache::flight_ptr> flights) override {
    in_->answer(*this, std::move(flights));
  }
  void abandon(const cache::flight_ptr& flight) noexcept override { in_->abandon(flight); }
  void close() noexcept override { in_->drop_all_of(*this); }
  void use(std::shared_ptr<tools>) noexcept override {}
  void after_fork_in_child(std::shared_ptr<tools>) override {}  // the services see to it
  void set_progress(const cache::entry& of, progress_callback tell) override {
    in_->set_progress(*this, of, std::move(tell));
  }

  [[nodiscard]] bool is_s3() const noexcept { return what.service == "s3"; }

  cache::engine& engine;
  const stand_in_part what;
  /// By the entry's key; under the lock of the services.
  std::unordered_map<std::string, progress_callback> progress;

 private:
  const std::shared_ptr<fake_services> in_;
};

/// A flight on its way to its answer.
struct fake_services::asked {
  std::shared_ptr<source> from;
  cache::flight_ptr flight;
  std::string name;  // as calls have it
  std::string operation;
  core::instant at;           // when it was sent
  cache::snapshot_ptr known;  // of objects: what the cache had then
  std::optional<s3_object> object = {};
};

struct fake_services::settlement {
  asked what;
  core::result<std::shared_ptr<const core::value_data>> got;
  std::size_t bytes = 0;
  progress_callback tell = {};
  std::uint64_t size = 0;  // to tell
};

}  // namespace lambda_cache::sources
