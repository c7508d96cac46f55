// What is fetched before anybody asks for it.
#pragma once

#include "agent/entries.hpp"
#include "agent/route.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::wiring {
class read_operation;
}

namespace lambda_cache::agent {

/// "ssm:/app/a", "ssm-path:/app/", "secret:db" or "s3://b/k", as a client would ask for it:
/// parameters with decryption. Errors: invalid_argument, with the legal forms.
[[nodiscard]] core::result<wanted> parse_prefetch(std::string_view name);

/// The items of a list in one text, "ssm:/a,secret:b": without the white space around them, and
/// without empty ones.
[[nodiscard]] std::vector<std::string> split_names(std::string_view list);

/// One prefetch under way. One thread only, but for `notify`.
class prefetching {
 public:
  /// Declares the names; what cannot be is logged and left out.
  prefetching(entries& in, std::span<const std::string> names);
  ~prefetching();
  prefetching(const prefetching&) = delete;
  prefetching& operator=(const prefetching&) = delete;

  /// `notify` is called from any thread when poll() should be.
  void start(std::function<void()> notify);
  /// Whether everything has come or failed; what failed is logged then, once.
  [[nodiscard]] bool poll();
  [[nodiscard]] core::deadline next_wake();

 private:
  entries& in_;
  std::vector<std::string> names_;  // of what is read, as they were given
  std::vector<std::shared_ptr<known_entry>> entries_;
  std::shared_ptr<wiring::read_operation> reading_;
};

}  // namespace lambda_cache::agent
