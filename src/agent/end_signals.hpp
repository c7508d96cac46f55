// The signals that a server is told to end by, waited for by one thread.
#pragma once

#include <signal.h>

namespace lambda_cache::agent {

/// From its making on, SIGINT, SIGTERM and SIGHUP wait until they are taken: in this thread and in
/// those that it starts. What was ignored before (nohup) stays so; SIGPIPE is ignored.
class end_signals {
 public:
  end_signals();
  ~end_signals();
  end_signals(const end_signals&) = delete;
  end_signals& operator=(const end_signals&) = delete;

  /// Waits for the next one.
  [[nodiscard]] int wait() noexcept;
  /// The next one ends the process at once, as if nobody had waited.
  void let_through() noexcept;

 private:
  sigset_t those_;
  sigset_t before_;
};

}  // namespace lambda_cache::agent
