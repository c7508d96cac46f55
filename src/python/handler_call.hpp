// One call of a decorated handler, prepared step by step: the way that is taken when something has
// to be fetched, or the context has to be looked for or wrapped.
#pragma once

#include "python/context.hpp"
#include "python/wrapper.hpp"

#include <vector>

namespace lambda_cache::python {

/// Lives on the stack of the call. The plan and the arguments must outlive it.
class handler_call {
 public:
  handler_call(const plan& what, PyObject* const* args, std::size_t positional, PyObject* kwnames);

  /// Neither given nor optional: calling the handler gives the TypeError that fits.
  [[nodiscard]] bool lacks_context() const noexcept { return lacks_context_; }

  /// Reads and injects. False: the Python error is set.
  [[nodiscard]] bool prepare();

  // What to call the handler with, after prepare().
  [[nodiscard]] PyObject* context() const noexcept { return into_.context(); }
  [[nodiscard]] prefetched* ready() noexcept { return ready_.readers.empty() ? nullptr : &ready_; }
  [[nodiscard]] PyObject* const* args() const noexcept { return args_.data(); }
  [[nodiscard]] std::size_t positional() const noexcept { return positional_; }
  [[nodiscard]] PyObject* kwnames() const noexcept { return kwnames_.get(); }

 private:
  void find_context();
  void add_context();
  [[nodiscard]] bool read(std::vector<reading>& own);

  const plan& what_;
  std::vector<PyObject*> args_;  // borrowed
  std::size_t positional_;
  ref kwnames_;
  std::size_t context_at_ = 0;
  bool lacks_context_ = false;
  injector into_;
  prefetched ready_;
  std::vector<ref> results_;  // of the functions
};

/// Own readings that an outer decorated function of this call has already made; false: not (all).
[[nodiscard]] bool take_prefetched(const plan& what, std::vector<reading>& own);

}  // namespace lambda_cache::python
