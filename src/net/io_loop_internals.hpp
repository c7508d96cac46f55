// What net/ needs from the loop beyond tasks and timers: readiness of sockets, posting from threads
// that may outlive the loop.
#pragma once

#include "net/io_loop.hpp"

#include <memory>

namespace lambda_cache::net {

/// Told when a watched socket is ready. Must bear being called without cause.
struct ready_handler {
  virtual void on_ready() = 0;

 protected:
  ~ready_handler() = default;
};

/// Watches one socket at a time; does not own it. The owner may be destroyed from inside its
/// on_ready(). Loop thread only.
class fd_watch {
 public:
  fd_watch(io_loop& loop, ready_handler& owner);
  ~fd_watch();
  fd_watch(const fd_watch&) = delete;
  fd_watch& operator=(const fd_watch&) = delete;

  void attach(int fd);
  /// Must come before the socket is closed.
  void detach() noexcept;
  /// Calls on_ready() once, soon after the socket is readable (writable), also at once if it is so
  /// already. Asking again while a wait is pending changes nothing.
  void wait_readable();
  void wait_writable();
  /// Calls on_ready() from the loop, with or without a socket.
  void wake();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Posts to a loop that may be gone by then. Any thread.
class loop_mailbox {
 public:
  explicit loop_mailbox(io_loop& loop);
  /// The task is destroyed unrun, by the caller, if the loop is gone.
  void post(io_loop::task work) const;

 private:
  struct shared;
  friend struct io_loop::impl;
  std::shared_ptr<shared> shared_;
};

}  // namespace lambda_cache::net
