// S3 as the tests want it: objects, breaks, redirects and refusals under the test's control.
#pragma once

#include "support/scripted_server.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::test {

/// The name and value of a checksum header for a content, as S3 makes it: "crc32c", base64.
[[nodiscard]] std::string s3_checksum(std::string_view algorithm, std::string_view content);
/// Of parts that begin after each other: "...-N".
[[nodiscard]] std::string s3_composite(std::string_view algorithm, std::string_view content,
                                       const std::vector<std::size_t>& part_sizes);

class fake_s3 {
 public:
  struct object {
    std::string content;
    std::string etag;  // with quotes
    /// "crc64nvme" -> "...": sent as it is, right or wrong.
    std::map<std::string, std::string> checksums;
    std::vector<std::size_t> part_sizes;  // for partNumber
    bool knows_parts = true;              // else partNumber is passed over, as other stores do
  };
  /// One request as it came.
  struct call {
    std::string path;  // percent-encoded, with the bucket
    std::string query;
    std::string host;
    std::string range;
    std::string if_match;
    std::string if_none_match;
    std::string checksum_mode;
    std::string region;  // of the signature's scope
    std::string amz_date;
    int number = 0;  // of the request, from 0
    int connection = 0;
  };
  /// What happens instead of the regular answer, or to it.
  struct reply {
    int status = 0;  // 0: the regular answer
    std::string body{};
    std::string headers{};
    /// The connection is closed after so many bytes of the body.
    std::optional<std::size_t> cut_after{};
    /// Bytes after which the server waits for `hold`.
    std::optional<std::size_t> hold_after{};
    gate* hold = nullptr;
    bool ignores_ranges = false;
    bool without_length = false;  // chunked
  };

  fake_s3();

  /// `path` is "/bucket/key", percent-encoded as it is sent. Returns the ETag.
  std::string put(const std::string& path, std::string content, std::string_view checksum = {});
  void put(const std::string& path, object what);
  void remove(const std::string& path);
  /// Asked before each answer, without any lock; may change objects and wait on a gate.
  void intercept(std::function<reply(const call&)> with);

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<call> calls() const;
  [[nodiscard]] std::size_t call_count() const { return calls().size(); }
  [[nodiscard]] int connections() const { return server_.connections(); }
  /// Bytes of bodies sent so far.
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_.load(); }

 private:
  void serve(peer& client);
  void answer(peer& client, const call& asked);
  void send_body(peer& client, const reply& how, std::string_view body);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const object>> objects_;
  std::function<reply(const call&)> intercept_;
  std::vector<call> calls_;
  int puts_ = 0;
  std::atomic<std::uint64_t> bytes_sent_{0};
  scripted_server server_;
};

/// The body of a refusal.
[[nodiscard]] std::string s3_error(std::string_view code, std::string_view more = {});

}  // namespace lambda_cache::test
