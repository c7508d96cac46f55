// What can go wrong, in one type: every failure that leaves the library is an `error`.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache {
inline namespace v0 {

/// Why a read failed, independent of the service that said so.
enum class error_kind {
  /// The call itself is wrong (empty name, negative max age, unknown region): fix the code.
  invalid_argument,
  /// The service answered that the name, version or label does not exist.
  not_found,
  /// The role may not read this name (AWS: AccessDeniedException and its relatives).
  access_denied,
  /// The value exists, but its KMS key could not be used.
  decryption,
  /// The service refused the request for another definite reason (AWS: ValidationException, ...).
  rejected,
  /// No usable credentials, or the service refused them.
  credentials,
  /// The service asked to slow down (AWS: ThrottlingException, also as HTTP 400). Passing.
  throttled,
  /// A limit of ours ended the wait: connect, attempt, whole fetch or invocation. Passing.
  timeout,
  /// The connection could not be made or broke. Passing.
  connection,
  /// The server's certificate was refused. Definite: the same server will be refused again.
  tls,
  /// The answer was not understood: broken HTTP, broken JSON, larger than the limits. Passing.
  protocol,
  /// The service failed (HTTP 5xx). Passing.
  service,
  /// The value is there, but does not fit the transform or field that it is read with: not JSON,
  /// not
  /// base64, no such member. The value stays cached.
  transform,
  /// The wait was given up: signal, shutdown, or reset of the client.
  cancelled,
  /// A file could not be written (disk full, no permission). Passing: somebody may make room.
  storage,
};

/// The machine-readable name of a kind, e.g. "not_found".
[[nodiscard]] std::string_view to_string(error_kind kind) noexcept;

/// The facts about one failure. Plain data; never contains a value that was read.
struct error_info {
  error_kind kind = error_kind::invalid_argument;
  /// A sentence that names the cause and the fix.
  std::string message;
  /// Service asked, e.g. "ssm"; empty if none was.
  std::string service;
  /// Operation called, e.g. "GetParameters"; empty if none was.
  std::string operation;
  /// The service's own error code, e.g. "ParameterNotFound"; empty if there was none.
  std::string code;
  /// The name that was asked for; empty if the failure is not about one name.
  std::string name;
  /// The service's request id, for AWS support; empty if there was none.
  std::string request_id;
  /// HTTP status of the answer, 0 without an answer.
  int http_status = 0;
  /// Whether the same call may succeed later without a change by the user.
  bool retryable = false;
};

/// The exception of the library. Immutable; each waiter gets its own object.
class error : public std::exception {
 public:
  explicit error(error_info info) : info_(std::move(info)) {}
  [[nodiscard]] const char* what() const noexcept override { return info_.message.c_str(); }
  [[nodiscard]] error_kind kind() const noexcept { return info_.kind; }
  [[nodiscard]] const error_info& info() const noexcept { return info_; }

 private:
  error_info info_;
};

}  // namespace v0
}  // namespace lambda_cache
