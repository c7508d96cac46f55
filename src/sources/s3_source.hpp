// Objects: turns flights into downloads.
#pragma once

#include "cache/engine.hpp"
#include "core/mutex.hpp"
#include "sources/remote_source.hpp"
#include "sources/s3_download.hpp"
#include "sources/s3_settings.hpp"
#include "sources/tools.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lambda_cache::sources {

/// Objects of one configured region, endpoint and credentials source; both forms. Values are
/// core::object_data. I/O thread only, but for what says otherwise.
class s3_source final : public remote_source {
 public:
  s3_source(cache::engine& engine, std::shared_ptr<tools> with, s3_settings settings);
  ~s3_source() override;

  void fetch(std::vector<cache::flight_ptr> flights) override;
  void abandon(const cache::flight_ptr& flight) noexcept override;

  /// `tell` is called on the I/O thread, at most every s3_settings::progress_interval, and at the
  /// end. What it throws fails the download.
  void set_progress(const cache::entry& of, progress_callback tell) override;

  void close() noexcept override;
  void use(std::shared_ptr<tools> with) noexcept override { tools_ = std::move(with); }
  void after_fork_in_child(std::shared_ptr<tools> with) override;

 private:
  struct state {
    std::unordered_map<std::uint64_t, std::shared_ptr<s3_download>> downloads;  // by flight
    bucket_regions regions;
  };
  void start(const cache::flight_ptr& flight);
  void finish(const cache::flight_ptr& flight, const cache::snapshot_ptr& known,
              s3_download::answer got);
  /// Only inside a catch block.
  void abort(const cache::flight_ptr& flight) noexcept;
  [[nodiscard]] progress_callback progress_of(const cache::entry& entry);

  cache::engine& engine_;
  const s3_settings settings_;
  std::shared_ptr<tools> tools_;
  std::unique_ptr<state> state_;
  core::mutex mutex_;
  std::unordered_map<std::string, progress_callback> progress_ LC_GUARDED_BY(mutex_);  // by key
};

}  // namespace lambda_cache::sources
