// An agent that serves a cloud of the test's own.
#pragma once

#include <lambda_cache/testing.hpp>

#include "agent/server.hpp"
#include "support/local_client.hpp"
#include "wiring/wired_cache.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace lambda_cache::agent {

class agent_fixture : public ::testing::Test {
 protected:
  static constexpr const char* token = "X-Aws-Parameters-Secrets-Token: t0ken\r\n";

  void start(settings how = {}) {
    cloud_.serve(cache_);
    how.port = 0;
    if (how.tokens.empty()) how.tokens = {"t0ken"};
    served_ = std::make_unique<server>(std::move(how), cache_.internals());
    const auto started = served_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  void TearDown() override { served_.reset(); }

  test_support::local_answer get(const std::string& target, const std::string& headers = token) {
    test_support::local_client client(served_->port());
    return client.get(target, headers);
  }

  client cache_;
  testing::fake_cloud cloud_;
  std::unique_ptr<server> served_;
};

}  // namespace lambda_cache::agent
