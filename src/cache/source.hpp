// The port through which values come: implemented in sources/.
#pragma once

#include "cache/flight.hpp"

#include <vector>

namespace lambda_cache::cache {

/// Fetches the values of entries that can share calls (one service, region, endpoint, credentials
/// source). Called on the I/O thread only.
class source {
 public:
  virtual ~source() = default;
  /// Starts fetching, in as few calls as the service allows; settles each flight exactly once
  /// through engine::complete, engine::revalidate or engine::fail, at the latest by
  /// flight::deadline(). What is thrown on the way, memory running out above all, fails the flights
  /// that it was about, through engine::abort; if fetch() itself throws, its caller does that.
  ///
  /// What engine::current(*flight->target()) gives in here, if anything, is what a conditional
  /// request may be based on; the source keeps it for revalidate(). A value that was invalidated
  /// before the flight started is not there any more.
  virtual void fetch(std::vector<flight_ptr> flights) = 0;
  /// Nobody waits for this flight any more: its call may be cancelled. Settling it is harmless.
  virtual void abandon(const flight_ptr& flight) noexcept = 0;
  /// Whether what it brings may be older than the flight, as old as flight::max_age(): it asks
  /// another cache. A reader that accepts less than a running flight then waits for the next one,
  /// and what was invalidated is fetched as for a forced read.
  [[nodiscard]] virtual bool brings_old() const noexcept { return false; }
};

}  // namespace lambda_cache::cache
