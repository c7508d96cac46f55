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
  pages(const settings& how, entries& known) : how_(how), known_(known), started_(core::boot()) {}

  /// `connections`: how many are open.
  [[nodiscard]] response show(page which, std::size_t connections) const;
  /// An answer goes out, so long after its request came.
  void count(request_label label, const response& answer, core::nanos took) noexcept {
    requests_.count(label, answer, took);
  }

 private:
  [[nodiscard]] facts look(std::size_t connections) const;

  const settings& how_;
  entries& known_;
  const core::nanos started_;
  request_counts requests_;
};

}  // namespace lambda_cache::agent
