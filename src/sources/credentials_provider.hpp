// Credentials when they are needed: what a source asks for, however they come about.
#pragma once

#include "aws/credentials.hpp"
#include "core/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace lambda_cache::sources {

/// Loop thread only.
class credentials_provider {
 public:
  using keys = std::shared_ptr<const aws::credentials>;
  using handler = std::move_only_function<void(core::result<keys>)>;

  credentials_provider() = default;
  credentials_provider(const credentials_provider&) = delete;
  credentials_provider& operator=(const credentials_provider&) = delete;
  virtual ~credentials_provider() = default;

  /// Hands over credentials that are good for now; may call `done` at once. Concurrent callers
  /// share one fetch. If get() throws, nothing was handed over, but `done` may still be called.
  /// Errors: credentials (none configured, or refused), or the passing error of
  /// the fetch.
  virtual void get(handler done) = 0;
  /// A service said these have expired; true if others can be had, so that trying again makes
  /// sense.
  virtual bool renew(const keys& refused) = 0;
  /// Where they come from, for people: "environment", "profile 'x', role ...". No secrets.
  [[nodiscard]] virtual std::string describe() const = 0;
};

}  // namespace lambda_cache::sources
