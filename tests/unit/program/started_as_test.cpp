#include "program/started_as.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::program {
namespace {

aws::environment with_runtime_api(std::optional<std::string> where) {
  return [where](std::string_view name) {
    return name == "AWS_LAMBDA_RUNTIME_API" ? where : std::nullopt;
  };
}
const aws::environment nothing = with_runtime_api(std::nullopt);

TEST(started_as_test, by_its_place) {
  EXPECT_TRUE(is_extension(1, "/opt/extensions/lambda-cache", "", nothing));
  EXPECT_TRUE(is_extension(1, "extensions/lambda-cache", "", nothing));
  EXPECT_TRUE(is_extension(1, "lambda-cache", "/opt/extensions/lambda-cache", nothing));
  EXPECT_FALSE(is_extension(1, "/usr/bin/lambda-cache", "/usr/bin/lambda-cache", nothing));
  EXPECT_FALSE(is_extension(1, "/opt/my-extensions/lambda-cache", "", nothing));
  EXPECT_FALSE(is_extension(1, "/opt/extensions/bin/lambda-cache", "", nothing));
  EXPECT_FALSE(is_extension(1, "extensions", "/extensions", nothing));
  EXPECT_FALSE(is_extension(1, "", "", nothing));
}

TEST(started_as_test, by_lambda) {
  EXPECT_TRUE(is_extension(1, "lambda-cache", "", with_runtime_api("127.0.0.1:9001")));
  EXPECT_FALSE(is_extension(1, "lambda-cache", "", with_runtime_api("")));
}

TEST(started_as_test, with_a_word_it_is_what_the_word_says) {
  EXPECT_FALSE(is_extension(2, "/opt/extensions/lambda-cache", "/opt/extensions/lambda-cache",
                            with_runtime_api("127.0.0.1:9001")));
}

TEST(started_as_test, its_name_is_the_one_that_lambda_sees) {
  EXPECT_EQ(extension_name("/opt/extensions/agent", "/opt/bin/lambda-cache"), "agent");
  EXPECT_EQ(extension_name("lambda-cache", "/opt/extensions/agent"), "agent");
  EXPECT_EQ(extension_name("bin/lambda-cache", ""), "lambda-cache");
}

}  // namespace
}  // namespace lambda_cache::program
