// SIGTERM as something an event loop can wait for.
#pragma once

namespace lambda_cache::lambda {

/// While it lives, SIGTERM makes fd() readable instead of ending the process. A handler that the
/// program installed itself is left in place; then fd() never becomes readable. One at a time.
class termination {
 public:
  termination() noexcept;
  ~termination();
  termination(const termination&) = delete;
  termination& operator=(const termination&) = delete;

  /// -1 if the kernel gave none.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool is_requested() const noexcept;

 private:
  int fd_;
  bool is_installed_ = false;
};

}  // namespace lambda_cache::lambda
