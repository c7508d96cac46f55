// One GetObject, attempts included: goes on at the byte it reached when a connection breaks.
#pragma once

#include "aws/s3_codec.hpp"
#include "net/retry.hpp"
#include "sources/s3_settings.hpp"
#include "sources/tools.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lambda_cache::sources {

/// Where buckets turned out to be. I/O thread only.
using bucket_regions = std::unordered_map<std::string, std::string>;

/// I/O thread only. Lives until its handler has been called. What is thrown on the way is a passing
/// failure; by start(), before there is a call. The handler throws nothing.
class s3_get : public std::enable_shared_from_this<s3_get> {
 public:
  static constexpr std::uint64_t to_the_end = aws::to_the_end;

  struct plan {
    std::string if_none_match;  // 304 is an answer then
    std::string if_match;       // 412 ends the call with `replaced`
    std::uint64_t begin = 0;
    std::uint64_t end = to_the_end;
    std::uint32_t part_number =
        0;  // instead of a range: where a part is, is learnt from the answer
  };
  /// Takes what comes. Called on the I/O thread from inside the connection: may not start or cancel
  /// calls.
  class receiver {
   public:
    /// The head of the first answer that has bytes; `from` is where they begin.
    virtual core::result<void> begin(const aws::object_head& head, std::uint64_t from) = 0;
    /// The next bytes, never twice and without gaps.
    virtual core::result<void> write(std::uint64_t offset, std::string_view bytes) = 0;

   protected:
    ~receiver() = default;
  };

  enum class ending { complete, not_modified, replaced, failed };
  struct answer {
    ending how = ending::failed;
    error_info why;                 // with failed and replaced
    core::instant request_start{};  // of the attempt whose head counts
  };
  using handler = std::move_only_function<void(answer)>;

  /// `settings`, `object`, `regions` and `to` must outlive it, or cancel() come before.
  /// `attempts` says how many attempts without a byte are worth making.
  s3_get(std::shared_ptr<tools> with, const s3_settings& settings, const s3_object& object,
         bucket_regions& regions, plan what, receiver& to, std::function<int()> attempts);

  /// `done` is called once, never from inside start().
  void start(handler done);
  /// Ends it without a call of the handler.
  void cancel() noexcept;
  /// The same when the I/O thread has ended: lets go of everything.
  void close() noexcept;
  /// Bytes from `end` on are not wanted any more; the call is complete when it has come there.
  void stop_at(std::uint64_t end) noexcept { plan_.end = end; }

  /// The next byte that is wanted.
  [[nodiscard]] std::uint64_t reached() const noexcept { return reached_; }

 private:
  class body;

  void take_keys(core::result<credentials_provider::keys> keys);
  void send(credentials_provider::keys keys);
  core::result<net::http_request> make_request();
  core::result<bool> begin(const net::http_response& head);
  core::result<void> write(std::string_view bytes);
  net::verdict judge(core::result<net::http_response>& got);
  bool correct_clock(const net::http_response& refused);
  bool learn_region(const net::http_response& refused);
  [[nodiscard]] error_info refusal(const net::http_response& got) const;
  void finish(core::result<net::http_response> got);
  void deliver(answer result);
  void deliver_failure(error_info why) noexcept;
  [[nodiscard]] const std::string& region() const;
  /// Only ends a call; never seen by anybody.
  [[nodiscard]] static error_info stopped();

  std::shared_ptr<tools> tools_;
  const s3_settings& settings_;
  const s3_object& object_;
  bucket_regions& regions_;
  plan plan_;
  receiver& to_;
  std::function<int()> wanted_attempts_;
  handler done_;
  std::shared_ptr<net::retried_call> call_;
  credentials_provider::keys keys_;

  bool starting_ = false;             // the stack below is start()
  bool began_ = false;                // to_.begin() was called
  std::uint64_t reached_ = 0;         // the next byte to hand on
  std::uint64_t reached_before_ = 0;  // what was reached when the attempt before ended
  std::uint64_t position_ = 0;        // of the next byte of this answer
  std::uint64_t total_ = to_the_end;  // the object's size, where known
  std::string etag_;
  core::instant attempt_start_{};
  core::instant head_start_{};
  std::string attempt_region_;

  std::optional<error_info> refused_by_receiver_;
  bool resumes_ = false;   // the connection broke on the way; the next goes on
  bool complete_ = false;  // all that was wanted has come
  bool replaced_ = false;  // the answer is of another content
  int attempts_ = 0;       // without a byte, in a row
  int redirects_ = 0;
  bool renewed_ = false;
};

}  // namespace lambda_cache::sources
