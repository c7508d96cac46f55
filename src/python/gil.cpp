#include "python/gil.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <unistd.h>

namespace lambda_cache::python {
namespace {

bool interpreter_is_finalizing() noexcept {
  // Public from 3.13 on; before that exported under the private name. Not in the Limited API of
  // 3.12, therefore looked up.
  using question = int (*)();
  static const auto ask = [] {
    void* found = ::dlsym(RTLD_DEFAULT, "Py_IsFinalizing");
    if (found == nullptr) found = ::dlsym(RTLD_DEFAULT, "_Py_IsFinalizing");
    return reinterpret_cast<question>(found);
  }();
  return ask != nullptr && ask() != 0;
}

[[noreturn]] void stay() noexcept {
  for (;;)
    ::pause();
}

}  // namespace

gil_released::~gil_released() {
  // The main thread is the one that finalizes.
  if (interpreter_is_finalizing() && ::getpid() != ::gettid()) stay();
  try {
    PyEval_RestoreThread(state_);
  } catch (abi::__forced_unwind&) {
    // Before 3.14 the interpreter ends such a thread by unwinding it, through destructors that
    // would need the GIL.
    stay();
  }
}

}  // namespace lambda_cache::python
