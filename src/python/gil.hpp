// Waiting without the GIL.
#pragma once

#include "python/api.hpp"

namespace lambda_cache::python {

/// Lets other Python threads run for the life of the object. Where the interpreter is shutting
/// down, a daemon thread that would take the GIL back stays here for ever instead: everything
/// behind it is gone.
class gil_released {
 public:
  gil_released() noexcept : state_(PyEval_SaveThread()) {}
  ~gil_released();
  gil_released(const gil_released&) = delete;
  gil_released& operator=(const gil_released&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace lambda_cache::python
