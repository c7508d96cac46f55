// What the tests of the test kit share.
#pragma once

#include <lambda_cache/error.hpp>
#include <lambda_cache/handle.hpp>

#include "core/clock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

namespace lambda_cache::test {

inline std::string text(const handle& of) {
  return std::string(of.get().text());
}

inline error_info failure_of(const handle& of) {
  const auto got = of.try_get();
  if (got) {
    ADD_FAILURE() << "expected an error, got '" << got->text() << "'";
    return {};
  }
  return got.error().info();
}

inline error_info refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const error& why) {
    EXPECT_EQ(why.kind(), error_kind::invalid_argument);
    return why.info();
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

class fake_cloud_fixture : public ::testing::Test {
 protected:
  // No region, no credentials: nothing of the environment is needed.
  fake_cloud_fixture() {
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"})
      ::unsetenv(name);
  }
  // When the members of derived fixtures, and so their clouds, are gone.
  ~fake_cloud_fixture() override {
    EXPECT_EQ(core::detail::wall_shift, 0) << "the clocks go back";
    EXPECT_EQ(core::detail::mono_shift, 0);
    EXPECT_EQ(core::detail::boot_shift, 0);
  }
};

}  // namespace lambda_cache::test
