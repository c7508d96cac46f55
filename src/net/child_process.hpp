// A command run to its end without blocking the loop: no shell, bounded output, bounded time.
#pragma once

#include "core/result.hpp"
#include "core/secret_memory.hpp"
#include "net/io_loop.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lambda_cache::net {

struct child_limits {
  std::size_t max_output = 64 * 1024;
  std::chrono::milliseconds timeout{60'000};
};

struct child_outcome {
  /// Exit status; 128 + number for a signal, as shells say it.
  int status = 0;
  core::secret_bytes output;  // wiped, as it may be keys
  std::string errors;         // what it wrote to stderr, the first KiB
};

/// Loop thread only. The command's standard input is empty; signals are as for a fresh program.
class child_process {
 public:
  using handler = std::move_only_function<void(core::result<child_outcome>)>;

  /// `arguments` has at least the command, which is looked for in PATH. `environment`: NAME=value
  /// texts with a zero byte behind each. `done` is called once, never from inside start(), and not
  /// at all after the object's end, which kills the command.
  /// Errors (credentials): the command cannot be run, writes too much, takes too long.
  static std::unique_ptr<child_process> start(io_loop& loop,
                                              const std::vector<std::string>& arguments,
                                              const core::secret_bytes& environment,
                                              const child_limits& limits, handler done);
  virtual ~child_process() = default;
};

}  // namespace lambda_cache::net
