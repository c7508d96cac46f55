// Memoised functions with a clock that tests move.
#pragma once

#include <lambda_cache/function.hpp>

#include "core/clock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace lambda_cache::test {

using namespace std::chrono_literals;

struct passing_failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class memo_test : public ::testing::Test {
 protected:
  static void pass(std::chrono::nanoseconds time) {
    core::shift(time.count(), time.count(), time.count());
  }

  /// Returns when so many calls wait for another one's computation.
  template <class Memoized>
  static void wait_for_joins(const Memoized& of, std::uint64_t joins) {
    while (of.info().joins < joins)
      std::this_thread::yield();
  }

  client cache_{client_config{.region = "eu-west-1", .max_age = 60s}};
  std::atomic<int> calls_{0};
};

}  // namespace lambda_cache::test
