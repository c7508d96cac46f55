// What the agent tells about itself: health, metrics, and the status page. Never a value.
#pragma once

#include "agent/entries.hpp"
#include "agent/facts.hpp"
#include "agent/request.hpp"
#include "agent/request_counts.hpp"
#include "agent/route.hpp"
#include "agent/settings.hpp"

#include <cstddef>

namespace lambda_cache::agent {

/// One thread only.
class pages {
 public:
  /// `connections`: how many are open, now and later.
  pages(const settings& how, entries& known, const std::size_t& connections)
      : how_(how), known_(known), connections_(connections), started_(core::boot()) {}

  [[nodiscard]] response show(page which) const;
  /// An answer goes out, so long after its request came.
  void count(request_label label, const response& answer, core::nanos took) noexcept {
    requests_.count(label, answer, took);
  }

 private:
  [[nodiscard]] facts look() const;

  const settings& how_;
  entries& known_;
  const std::size_t& connections_;
  const core::nanos started_;
  request_counts requests_;
};

}  // namespace lambda_cache::agent
