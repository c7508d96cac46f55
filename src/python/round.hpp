// One round of reading: everything that several readers miss is asked for in one step.
#pragma once

#include "python/reader.hpp"
#include "wiring/read_operation.hpp"

#include <memory>
#include <span>
#include <vector>

namespace lambda_cache::python {

/// What a reader gives: a value, or the failures of its places.
struct reading {
  ref value;
  std::vector<error_info> failures;
};

/// Used under the GIL. Keeps its readers alive.
class round {
 public:
  explicit round(std::span<reader* const> readers);

  /// Asks for what is no hit. The fetch ends in time for the running invocation and for that of
  /// `context` (may be null), which are asked only if there is something to fetch. With
  /// `notify_fd` >= 0 see read_operation::start().
  void start(PyObject* context, int notify_fd = -1);
  /// Without blocking: whether everything is there.
  [[nodiscard]] bool poll();
  [[nodiscard]] core::deadline next_wake();
  /// Lets other threads run until everything is there. False: a signal handler raised (Ctrl-C),
  /// the flights are left and the Python error is set.
  [[nodiscard]] bool wait();
  void give_up();
  /// Tells those who want to know how far downloads have come. False: one of them raised, and the
  /// Python error is set.
  [[nodiscard]] bool tell_progress();
  [[nodiscard]] bool has_progress() const noexcept { return has_progress_; }
  /// One reading per reader, in order. False: no memory, the Python error is set.
  [[nodiscard]] bool finish(std::vector<reading>& out);

 private:
  struct part {
    reader* of;
    std::size_t index;  // of the place
    ref value;          // of a hit, later of everything
    std::vector<error_info> failure;
    std::ptrdiff_t asked = -1;  // its number in the operation
    std::uint64_t told = 0;     // see progress_state
  };
  [[nodiscard]] bool settle(part& asked, cache::outcome& got);
  [[nodiscard]] bool assemble(reader& of, std::span<part> parts, reading& out);

  std::vector<ref> readers_;
  std::vector<part> parts_;
  bool has_progress_ = false;  // some part has somebody to tell
  std::shared_ptr<wiring::read_operation> operation_;
};

/// start, wait and finish for a blocked caller. False: the Python error is set.
[[nodiscard]] bool read_now(std::span<reader* const> readers, PyObject* context,
                            std::vector<reading>& out);

/// The value of one reader, as a new reference; null with the Python error set. Hits are quick.
[[nodiscard]] PyObject* read_value(reader& of);

}  // namespace lambda_cache::python
