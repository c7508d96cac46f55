// The test kit: a cloud of a test's own. No network, no credentials, no waiting for time to pass.
// Needs no test framework; not part of lambda_cache.hpp, so that programs do not link it.
#pragma once

#include <lambda_cache/client.hpp>
#include <lambda_cache/error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache {
inline namespace v0 {
namespace testing {

/// One call as the service would have got it.
struct call {
  std::string service;    // "ssm", "secretsmanager", "s3"
  std::string operation;  // "GetParameters"
  /// As they were asked for: "/app/var:3", an ARN, a path, "s3://bucket/key";
  /// "/prod/db#version_stage=AWSPREVIOUS" and "s3://bucket/key?versionId=1" for such versions.
  std::vector<std::string> names;
  friend bool operator==(const call&, const call&) = default;
};

struct parameter_options {
  /// "String", "StringList" (items joined by commas) or "SecureString".
  std::string type = "String";
  /// Attached to this version; taken from the one that had them.
  std::vector<std::string> labels = {};
};

struct secret_options {
  /// 32 to 64 characters; made up if empty.
  std::string version_id = {};
  /// Stages of this version. None: AWSCURRENT, and what had that becomes AWSPREVIOUS.
  std::vector<std::string> stages = {};
  /// Stored as SecretBinary.
  bool is_binary = false;
};

struct object_options {
  /// Made up if empty.
  std::string version_id = {};
  std::string content_type = "binary/octet-stream";
};

struct failure_options {
  /// How many fetches fail; one fetch is all its attempts. None: until recover().
  std::optional<int> times = {};
  /// "ssm", "secretsmanager" or "s3"; empty: every service.
  std::string service = {};
};

/// Makes a fake_cloud that does not stand in for AWS before start().
struct deferred_t {};
inline constexpr deferred_t deferred{};

/// Stands in for AWS while it lives: what the shared client, and each that serve() names, would
/// ask a service, it answers itself. Everything else is the product: engine, threads, views,
/// freshness, errors. Handles and handlers made before it began use it too.
///
/// As it begins and as it ends, the clients forget every value (client::reset()), so that nothing
/// leaks in or out; the clocks that it moved go back as it ends. Fakes may be nested: the last one
/// that began counts.
///
/// A name stands for all versions of the parameter, secret or object, and for its ARNs;
/// "/app/var:3" for that version only; "s3://bucket" for all objects of the bucket. A path's own
/// name, "/app" or "/app/", stands for reads of all that it holds, which are one call each; not for
/// the parameters, nor do their names stand for it. Every region and account has the same values.
/// Rotation-aware secrets are always fetched, never described. Files of objects are written where
/// they always are, /tmp or LAMBDA_CACHE_S3_DIRECTORY, and stay there; no read outside of the fake
/// cloud takes them for AWS's.
///
/// Every function may be called from any thread, but start(), stop() and the destructor by one at
/// a time. What cannot be (an impossible name, a label on no version) throws `error`
/// (invalid_argument) and changes nothing.
class fake_cloud {
 public:
  fake_cloud();
  explicit fake_cloud(deferred_t);
  /// Stops it.
  ~fake_cloud();
  fake_cloud(const fake_cloud&) = delete;
  fake_cloud& operator=(const fake_cloud&) = delete;

  /// Values, failures and calls stay over stop() and start(). Starting twice does nothing.
  void start();
  /// Reads under way fail as cancelled.
  void stop();
  [[nodiscard]] bool is_started() const noexcept;
  /// Stands in for this client as well, until it stops.
  void serve(const client& also);

  /// A new version of a parameter; its number, from 1 on.
  std::int64_t put_parameter(std::string_view name, std::string_view value,
                             const parameter_options& how = {});
  /// Moves a label to a version; 0: the newest.
  void label_parameter(std::string_view name, std::string_view label, std::int64_t version = 0);
  /// A new version of a secret; its id.
  std::string put_secret(std::string_view name, std::string_view value,
                         const secret_options& how = {});
  /// A new version of an object, "s3://bucket/key"; its id. The bucket is there from then on.
  std::string put_object(std::string_view uri, std::string_view bytes,
                         const object_options& how = {});
  /// Every version of it; whether there was one.
  bool remove_parameter(std::string_view name);
  bool remove_secret(std::string_view name);
  bool remove_object(std::string_view uri);
  [[nodiscard]] std::vector<std::string> parameter_names() const;
  [[nodiscard]] std::vector<std::string> secret_names() const;
  [[nodiscard]] std::vector<std::string> object_names() const;

  /// Moves every clock by which freshness, back-off and remembered refusals are judged. Deadlines
  /// of waits are not moved. Only while it is started; not negative.
  void move(std::chrono::nanoseconds time);

  /// Fetches of that name fail with a service's code ("ThrottlingException") or for that reason
  /// (timeout, connection, access_denied, ...); of every name if it is empty. The last failure
  /// that was asked for counts.
  void fail(std::string_view name, std::string_view code, const failure_options& how = {});
  void fail(std::string_view name, error_kind why, const failure_options& how = {});
  /// Ends the failures of exactly that name (and service); all of them if both are empty. Remember
  /// that the product remembers refusals for 5 s and backs off after passing failures: move().
  void recover(std::string_view name = {}, std::string_view service = {});

  /// Fetches of that name get no answer: readers wait until release(), or their own time is over.
  void hang(std::string_view name = {}, std::string_view service = {});
  /// Answers what hangs before it returns, with the values of now.
  void release(std::string_view name = {}, std::string_view service = {});

  /// In the order in which they were made.
  [[nodiscard]] std::vector<call> calls() const;
  /// The calls that asked for that name; all calls if it is empty.
  [[nodiscard]] std::size_t call_count(std::string_view name = {},
                                       std::string_view service = {}) const;
  void forget_calls();
  /// Waits in real time until that many calls asked for the name; whether they did. For tests with
  /// threads.
  [[nodiscard]] bool wait_for_calls(
      std::size_t count, std::string_view name = {}, std::string_view service = {},
      std::chrono::nanoseconds at_most = std::chrono::seconds(10)) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace testing
}  // namespace v0
}  // namespace lambda_cache
