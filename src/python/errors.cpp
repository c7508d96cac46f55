#include "python/errors.hpp"

#include <exception>
#include <new>

namespace lambda_cache::python {
namespace {

/// The one table: which class of lambda_cache.exceptions stands for which kind.
const char* class_of(const error_info& why, stage when) noexcept {
  switch (why.kind) {
    case error_kind::invalid_argument:
      if (why.code == "InvalidS3UriError") return "InvalidS3UriError";
      return when == stage::declaration ? "InvalidArgumentError" : "ConfigurationError";
    case error_kind::not_found:
      if (why.service == "s3") return "ObjectNotFoundError";
      return why.service == "secretsmanager" ? "SecretNotFoundError" : "ParameterNotFoundError";
    case error_kind::access_denied:
      return "AccessDeniedError";
    case error_kind::decryption:
      return "DecryptionError";
    case error_kind::rejected:
      return "RequestRejectedError";
    case error_kind::credentials:
      return "CredentialsError";
    case error_kind::throttled:
      return "ThrottledError";
    case error_kind::timeout:
      return "FetchTimeoutError";
    case error_kind::connection:
      return "EndpointConnectionError";
    case error_kind::tls:
      return "CertificateError";
    case error_kind::protocol:
      return "ProtocolError";
    case error_kind::service:
      return "ServiceUnavailableError";
    case error_kind::transform:
      return "TransformError";
    case error_kind::cancelled:
      return "ReadCancelledError";
    case error_kind::storage:
      return "StorageError";
  }
  return "FetchError";
}

ref text(const std::string& from) {
  return ref::steal(
      PyUnicode_DecodeUTF8(from.data(), static_cast<Py_ssize_t>(from.size()), "replace"));
}

}  // namespace

ref make_exception(const error_info& why, stage when) {
  const ref type = import_attribute("lambda_cache.exceptions", class_of(why, when));
  if (!type) return {};
  const ref message = text(why.message);
  if (!message) return {};
  if (why.code == "InvalidS3UriError") {
    const ref uri = text(why.name);
    if (!uri) return {};
    return ref::steal(PyObject_CallFunctionObjArgs(type.get(), uri.get(), message.get(), nullptr));
  }
  if (why.kind == error_kind::invalid_argument)
    return ref::steal(PyObject_CallFunctionObjArgs(type.get(), message.get(), nullptr));
  const ref service = text(why.service);
  const ref operation = text(why.operation);
  const ref code = text(why.code);
  const ref name = text(why.name);
  const ref request_id = text(why.request_id);
  if (!service || !operation || !code || !name || !request_id) return {};
  return ref::steal(PyObject_CallFunction(type.get(), "OOOOOOiO", message.get(), service.get(),
                                          operation.get(), code.get(), name.get(), request_id.get(),
                                          why.http_status, why.retryable ? Py_True : Py_False));
}

void raise(const std::vector<error_info>& failures, stage when) {
  const ref made = make_exception(failures.front(), when);
  if (!made) return;
  for (std::size_t i = 1; i < failures.size(); ++i) {
    const ref note = text("Also failed: " + failures[i].message);
    if (!note) return;
    const ref added = ref::steal(PyObject_CallMethod(made.get(), "add_note", "O", note.get()));
    if (!added) return;
  }
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.get())), made.get());
}

void raise(const error_info& why, stage when) {
  raise(std::vector<error_info>{why}, when);
}

void raise_current_cpp_exception() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& broken) {
    PyErr_SetString(PyExc_SystemError, broken.what());
  }
}

}  // namespace lambda_cache::python
