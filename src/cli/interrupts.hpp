// Signals that end the program: they are noticed by whoever waits, so that what was made for the
// time of the run can be cleaned up.
#pragma once

namespace lambda_cache::cli {

/// From its making on, SIGINT, SIGTERM and SIGHUP end nothing by themselves, but interrupt waits
/// and writes; SIGPIPE is ignored: the write fails. One per process.
class interrupts {
 public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;

  /// The signal that came; 0: none yet.
  [[nodiscard]] int signal() const noexcept;
  /// Readable from the first one on.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

/// What shells say of a program that a signal ended.
[[nodiscard]] constexpr int status_of_signal(int signal) noexcept {
  return 128 + signal;
}

}  // namespace lambda_cache::cli
