// One way to fetch credentials, without a memory of its own; refreshing_provider keeps the result.
#pragma once

#include "aws/credentials.hpp"
#include "core/caught.hpp"
#include "core/result.hpp"
#include "net/http_client.hpp"
#include "net/io_loop.hpp"
#include "net/retry.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace lambda_cache::sources {

/// What fetching takes; part of the tools, which outlive every fetcher.
struct fetch_tools {
  net::io_loop& loop;
  net::http_client& http;
  net::retry_budget& budget;
  std::int64_t& clock_offset;

  /// Unix seconds by the clock that tests move, corrected by what services said.
  [[nodiscard]] std::int64_t now() const noexcept {
    return core::coarse_wall() / core::second + clock_offset;
  }
};

/// When credentials that expire are fetched anew.
enum class renewal {
  never,     // fetching again gives the same
  fixed,     // botocore's windows: somebody else renews them, well ahead
  by_share,  // we chose how long they last: the windows shrink with short lives
};

/// Loop thread only. One fetch at a time.
class key_fetcher {
 public:
  using handler = std::move_only_function<void(core::result<aws::credentials>)>;

  key_fetcher() = default;
  key_fetcher(const key_fetcher&) = delete;
  key_fetcher& operator=(const key_fetcher&) = delete;
  virtual ~key_fetcher() = default;

  /// May call `done`, which throws nothing, at once. The fetcher's end ends the fetch; `done` is
  /// not called then. Nor is it if fetch() throws; what is thrown later is a passing failure.
  virtual void fetch(handler done) = 0;
  [[nodiscard]] virtual renewal renews() const noexcept = 0;
};

/// A retried call that ends with its owner. Its functions are not called after that.
class owned_call {
 public:
  owned_call() = default;
  owned_call(const owned_call&) = delete;
  owned_call& operator=(const owned_call&) = delete;
  ~owned_call();

  using make_request = std::function<core::result<net::http_request>()>;
  using judge = std::function<net::verdict(core::result<net::http_response>&)>;
  using handler = std::move_only_function<void(core::result<net::http_response>&)>;
  /// `done` is called once, never from inside start().
  void start(const fetch_tools& with, const net::retry_options& options, make_request make,
             judge decide, handler done);

 private:
  struct functions;
  std::shared_ptr<functions> functions_;
  std::shared_ptr<net::retried_call> call_;
};

/// Ends a fetch with what `make` gives, or with what it throws.
template <class Make>
void settle_with(key_fetcher::handler& done, Make make) noexcept {
  core::result<aws::credentials> got;
  try {
    got = make();
  } catch (...) {
    got = core::fail(core::caught());
  }
  if (auto told = std::exchange(done, nullptr)) told(std::move(got));
}

/// Passing failures and 5xx are tried again, everything else is an answer.
[[nodiscard]] net::verdict retry_passing(const core::result<net::http_response>& got);

/// "HTTP status 503" and the like as a passing or definite error.
[[nodiscard]] error_info refused_with(int status, std::string message);

}  // namespace lambda_cache::sources
