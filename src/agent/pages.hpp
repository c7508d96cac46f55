// What the agent tells about itself: health, metrics, and the status page. Never a value.
#pragma once

#include "agent/entries.hpp"
#include "agent/request.hpp"
#include "agent/route.hpp"
#include "agent/settings.hpp"

#include <cstdint>

namespace lambda_cache::agent {

/// One thread only.
class pages {
 public:
  pages(const settings& how, entries& known) : how_(how), known_(known) {}

  [[nodiscard]] response show(page which);
  /// An answer goes out.
  void count(const response& answer) noexcept;

 private:
  const settings& how_;
  entries& known_;
  std::uint64_t answers_ = 0;
};

}  // namespace lambda_cache::agent
