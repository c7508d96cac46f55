#include "python/log.hpp"

#include "python/api.hpp"

namespace lambda_cache::python {

void log_stale(const std::string& name, const std::optional<error_info>& why) noexcept {
  const ref get_logger = import_attribute("logging", "getLogger");
  const ref logger =
      get_logger ? ref::steal(PyObject_CallFunction(get_logger.get(), "s", "lambda_cache")) : ref();
  const ref done = logger
                       ? ref::steal(PyObject_CallMethod(
                             logger.get(), "warning", "sss",
                             "The refresh of %s does not get through; its last value is served: %s",
                             name.c_str(), why ? why->message.c_str() : "no answer yet"))
                       : ref();
  if (!done) PyErr_WriteUnraisable(logger.get());
}

}  // namespace lambda_cache::python
