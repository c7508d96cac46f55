#include "aws/parameter_path.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lambda_cache::aws {
namespace {

std::string refusal(std::string_view path, std::vector<parameter_filter> filters = {}) {
  const auto made = make_parameter_path(path, true, std::move(filters));
  if (made) return "";
  EXPECT_EQ(made.error().kind, error_kind::invalid_argument);
  return made.error().message;
}

::testing::AssertionResult says(const std::string& message, std::string_view part) {
  if (message.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << message << "' does not say '" << part << "'";
}

TEST(parameter_path, keeps_the_path_as_it_is_written) {
  for (const std::string path : {"/", "/app", "/app/", "/a/b-c/d_e/f.g/", "/0"}) {
    const auto made = make_parameter_path(path, true, {});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->path, path);
  }
  EXPECT_TRUE(make_parameter_path("/" + std::string(2047, 'a'), true, {}));
}

TEST(parameter_path, refuses_what_is_no_path) {
  EXPECT_TRUE(says(refusal(""), "begin with '/'"));
  EXPECT_TRUE(says(refusal("app"), "begin with '/'"));
  EXPECT_TRUE(says(refusal("arn:aws:ssm:eu-west-1:123456789012:parameter/app"), "begin with '/'"));
  EXPECT_TRUE(says(refusal("//"), "nothing between"));
  EXPECT_TRUE(says(refusal("/a//b"), "nothing between"));
  EXPECT_TRUE(says(refusal("/a:3"), "filters={'Label'"));
  EXPECT_TRUE(says(refusal("/a b"), "a space"));
  EXPECT_TRUE(says(refusal("/a*"), "'*'"));
  EXPECT_TRUE(says(refusal("/" + std::string(2048, 'a')), "2048"));
}

TEST(parameter_path, refuses_wrong_filters) {
  EXPECT_TRUE(says(refusal("/a", {{"Tier", {"Standard"}}}), "'Type', 'KeyId' and 'Label'"));
  EXPECT_TRUE(says(refusal("/a", {{"type", {"String"}}}), "'type' is no key"));
  EXPECT_TRUE(says(refusal("/a", {{"Type", {}}}), "0 values; 1 to 50"));
  EXPECT_TRUE(says(refusal("/a", {{"Label", std::vector<std::string>(51, "x")}}), "51 values"));
  EXPECT_TRUE(says(refusal("/a", {{"Label", {""}}}), "empty"));
  EXPECT_TRUE(says(refusal("/a", {{"KeyId", {std::string(1025, 'x')}}}), "1024"));
  EXPECT_TRUE(says(refusal("/a", {{"Type", {"Secret"}}}), "'SecureString'"));
  EXPECT_TRUE(says(refusal("/a", {{"Label", {"x"}, true}}), "BeginsWith"));
  EXPECT_TRUE(says(refusal("/a", {{"Label", {"x"}}, {"Label", {"y"}}}), "twice"));
  EXPECT_EQ(refusal("/a", {{"Label", std::vector<std::string>(50, "x")}}), "");
  EXPECT_EQ(refusal("/a", {{"Type", {"Secure"}, true}, {"KeyId", {"alias/a"}, true}}), "");
}

std::string selection(bool recursive, std::vector<parameter_filter> filters) {
  return make_parameter_path("/a", recursive, std::move(filters))->selection();
}

TEST(parameter_path, one_selection_for_what_asks_for_the_same) {
  EXPECT_EQ(selection(true, {{"Type", {"String"}}, {"Label", {"a", "b"}}}),
            selection(true, {{"Label", {"b", "a", "b"}}, {"Type", {"String"}}}));
  const std::vector<std::string> different = {
      selection(true, {}),
      selection(false, {}),
      selection(true, {{"Label", {"a"}}}),
      selection(true, {{"KeyId", {"a"}}}),
      selection(true, {{"KeyId", {"a"}, true}}),
      selection(true, {{"Label", {"a", "b"}}}),
      selection(true, {{"Label", {"a1:b"}}}),
      selection(true, {{"Label", {"a", "1:b"}}}),
  };
  for (std::size_t i = 0; i < different.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      EXPECT_NE(different[i], different[k]);
}

TEST(parameter_path, short_name) {
  const auto of = [](std::string_view path) {
    return make_parameter_path(path, true, {})->short_name();
  };
  EXPECT_EQ(of("/app/"), "app");
  EXPECT_EQ(of("/x/app"), "app");
  EXPECT_EQ(of("/"), "");
}

TEST(name_below, strips_the_path) {
  EXPECT_EQ(name_below("/app/", "/app/db/host"), "db/host");
  EXPECT_EQ(name_below("/app", "/app/x"), "x");
  EXPECT_EQ(name_below("/", "/app/x"), "app/x");
  EXPECT_EQ(name_below("/", "plain"), "plain");
  EXPECT_EQ(name_below("/app", "/apple/x"), "");
  EXPECT_EQ(name_below("/app", "/app"), "");
  EXPECT_EQ(name_below("/app", "/app/"), "");
  EXPECT_EQ(name_below("/app/", "app/x"), "");
  EXPECT_EQ(name_below("/app", ""), "");
  EXPECT_EQ(name_below("/", ""), "");
}

}  // namespace
}  // namespace lambda_cache::aws
