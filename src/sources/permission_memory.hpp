// What a role turned out not to be allowed, so that it is not tried again and again.
#pragma once

#include "core/clock.hpp"

#include <string>
#include <unordered_map>

namespace lambda_cache::sources {

/// I/O thread only.
class permission_memory {
 public:
  /// Forgotten after this long: roles get mended.
  static constexpr core::nanos lifetime = 300 * core::second;

  void deny_batch(core::nanos now) { batch_until_ = now + lifetime; }
  void deny_single(core::nanos now) { single_until_ = now + lifetime; }
  /// This name makes a whole batch fail: it goes alone.
  void isolate(const std::string& name, core::nanos now) {
    if (isolated_.size() >= 1000) isolated_.clear();  // bounded; relearned at one call each
    isolated_[name] = now + lifetime;
  }
  [[nodiscard]] bool batch_denied(core::nanos now) const { return now < batch_until_; }
  [[nodiscard]] bool single_denied(core::nanos now) const { return now < single_until_; }
  [[nodiscard]] bool isolated(const std::string& name, core::nanos now) const {
    const auto found = isolated_.find(name);
    return found != isolated_.end() && now < found->second;
  }

 private:
  core::nanos batch_until_ = 0;
  core::nanos single_until_ = 0;
  std::unordered_map<std::string, core::nanos> isolated_;
};

}  // namespace lambda_cache::sources
