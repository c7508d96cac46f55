// A wired cache against a fake SSM and a fake Secrets Manager, with an environment of its own and a
// clock that tests move.
#pragma once

#include <lambda_cache/handle.hpp>

#include "core/clock.hpp"
#include "support/fake_secrets.hpp"
#include "support/fake_ssm.hpp"
#include "wiring/handle_state.hpp"
#include "wiring/wired_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambda_cache::test {

/// The options of one read, as a user may give them.
struct read_options {
  std::optional<core::nanos> max_age = {};
  std::optional<core::nanos> stale_if_error = {};
  std::optional<core::nanos> timeout = {};
  std::optional<int> max_attempts = {};
  std::optional<std::string> region = {};
  bool decrypt = true;
  std::optional<core::nanos> refresh_ahead = {};
};

class wired_fixture : public ::testing::Test {
 protected:
  wired_fixture() {
    env_["AWS_REGION"] = "eu-west-1";
    env_["AWS_ACCESS_KEY_ID"] = "AKID";
    env_["AWS_SECRET_ACCESS_KEY"] = "not a real one";
    env_["AWS_ENDPOINT_URL_SSM"] = ssm_.url();
    // Nothing outside of this machine is asked.
    env_["AWS_EC2_METADATA_DISABLED"] = "true";
    env_["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = secrets_.url();
  }

  /// The cache; made at first use, so that a test can set the environment before.
  wiring::wired_cache& cache() { return *cache_ptr(); }
  const std::shared_ptr<wiring::wired_cache>& cache_ptr() {
    if (!cache_)
      cache_ = std::make_shared<wiring::wired_cache>(
          config_, [this](std::string_view name) -> std::optional<std::string> {
            const auto found = env_.find(std::string(name));
            if (found == env_.end()) return std::nullopt;
            return found->second;
          });
    return cache_;
  }

  handle open(const std::string& name, const read_options& how = {}) {
    auto spec = wiring::parameter_spec(name, {.max_age = how.max_age,
                                              .stale_if_error = how.stale_if_error,
                                              .timeout = how.timeout,
                                              .max_attempts = how.max_attempts,
                                              .refresh_ahead = how.refresh_ahead,
                                              .region = how.region,
                                              .decrypt = how.decrypt});
    return open(std::move(spec), {}, name);
  }

  /// A secret, or a parameter, looked at in some way.
  handle secret(const std::string& name, const wiring::entry_options& how = {},
                const wiring::view_options& view = {}) {
    return open(wiring::secret_spec(name, how), view, name);
  }
  handle viewed(const std::string& name, const wiring::view_options& view,
                const wiring::entry_options& how = {}) {
    return open(wiring::parameter_spec(name, how), view, name);
  }

  handle open_path(const std::string& path, const read_options& how = {}, bool recursive = true,
                   std::vector<aws::parameter_filter> filters = {},
                   const wiring::view_options& view = {}) {
    auto spec = wiring::path_spec(path, {.max_age = how.max_age,
                                         .stale_if_error = how.stale_if_error,
                                         .timeout = how.timeout,
                                         .max_attempts = how.max_attempts,
                                         .region = how.region,
                                         .decrypt = how.decrypt,
                                         .recursive = recursive,
                                         .filters = std::move(filters)});
    if (!spec) throw error(spec.error());
    const auto seen = wiring::make_path_view(view);
    if (!seen) throw error(seen.error());
    return handle(std::make_shared<wiring::handle_state>(cache_ptr(), *spec, *seen, path));
  }

  /// Time passes on every clock that freshness is judged by.
  static void pass(core::nanos time) { core::shift(time, time, time); }

  static std::string text(const handle& of) { return std::string(of.get().text()); }

  static std::string refreshed(const handle& of) {
    const Value fresh = of.refresh();
    return std::string(fresh.text());
  }

  static error_info failure_of(const handle& of) {
    const auto got = of.try_get();
    if (got) {
      ADD_FAILURE() << "expected an error, got '" << got->text() << "'";
      return {};
    }
    return got.error().info();
  }

  void TearDown() override {
    if (!cache_) return;
    // No test leaves a flight behind.
    EXPECT_EQ(cache_->engine().count().flights, 0U);
  }

  gate answer_;  // outlives the server, whose scripts may still wait at it when a test ends
  fake_ssm ssm_;
  fake_secrets secrets_;
  std::map<std::string, std::string> env_;
  client_config config_;

 private:
  handle open(core::result<wiring::entry_spec> spec, const wiring::view_options& how,
              const std::string& name) {
    if (!spec) throw error(spec.error());
    auto view = wiring::make_view(how, spec->given_name);
    if (!view) throw error(view.error());
    return handle(std::make_shared<wiring::handle_state>(cache_ptr(), *spec, *view, name));
  }

  std::shared_ptr<wiring::wired_cache> cache_;
};

}  // namespace lambda_cache::test
