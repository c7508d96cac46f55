// Reads what is wanted through the cache, as a program would, and can be interrupted.
#pragma once

#include "cli/interrupts.hpp"
#include "cli/wanted.hpp"
#include "wiring/wired_cache.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace lambda_cache::cli {

/// One thread only.
class reader {
 public:
  using readings = std::vector<core::result<wiring::value_ptr>>;

  reader(std::shared_ptr<wiring::wired_cache> in, std::vector<wanted> all);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// Asks for everything in any case, together; one result for each, in order. Nothing if a signal
  /// came.
  [[nodiscard]] std::optional<readings> read(const interrupts& by);
  [[nodiscard]] const std::vector<wanted>& all() const noexcept { return all_; }

 private:
  std::shared_ptr<wiring::wired_cache> cache_;
  std::vector<wanted> all_;
  int arrived_;  // eventfd
};

/// Waits for a descriptor or a signal: false if a signal came. `until` may be no_deadline.
bool wait_for(int descriptor, core::deadline until, const interrupts& by);

}  // namespace lambda_cache::cli
