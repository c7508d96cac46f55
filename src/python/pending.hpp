// Reads that an event loop waits for.
#pragma once

#include "python/round.hpp"
#include "python/running.hpp"
#include "python/wrapper.hpp"

#include <vector>

namespace lambda_cache::python {

/// The Python object `_native.Pending`: a round under way and the descriptor that becomes readable
/// when it may be complete. The event loop calls done() then, and at the latest after
/// seconds_to_look().
class pending {
 public:
  pending(std::span<reader* const> readers, PyObject* context);
  ~pending();
  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  [[nodiscard]] int fileno() const noexcept { return notified_; }
  [[nodiscard]] bool done();
  /// Negative: no need to look before the descriptor says so.
  [[nodiscard]] double seconds_to_look();
  /// Leaves what has not arrived and closes the descriptor. What arrived can still be had.
  void close() noexcept;
  /// After done(). False: the Python error is set.
  [[nodiscard]] bool readings(std::vector<reading>& out) { return round_.finish(out); }

 private:
  int notified_;
  round round_;
};

}  // namespace lambda_cache::python
