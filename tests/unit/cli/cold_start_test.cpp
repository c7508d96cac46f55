#include "cli/cold_start.hpp"

#include "unit/cli/made.hpp"

namespace lambda_cache::cli {
namespace {

std::vector<wanted> parameters(std::size_t count, const wiring::entry_options& options = {}) {
  std::vector<wanted> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(made("ssm:/app/" + std::to_string(i), options));
  return out;
}

std::size_t calls_for(std::size_t count) {
  return count_calls(parameters(count)).of_parameter_store().by_name;
}

TEST(cold_start_test, ten_parameters_a_call) {
  EXPECT_EQ(calls_for(1), 1U);
  EXPECT_EQ(calls_for(10), 1U);
  EXPECT_EQ(calls_for(11), 2U);
  EXPECT_EQ(calls_for(20), 2U);
  EXPECT_EQ(calls_for(21), 3U);
}

TEST(cold_start_test, what_is_read_differently_goes_in_calls_of_its_own) {
  auto all = parameters(2);
  all.push_back(made("ssm:/a", {.region = "us-east-1"}));
  all.push_back(made("ssm:/b", {.decrypt = false}));
  all.push_back(made("ssm:/c", {.role = {.role_arn = "arn:aws:iam::210987654321:role/r"}}));
  const cold_start_calls calls = count_calls(all);
  EXPECT_EQ(calls.of_parameter_store().by_name, 4U);
  EXPECT_EQ(calls.roles, 1U);
  EXPECT_EQ(calls.total(), 5U);
}

TEST(cold_start_test, pages_of_paths) {
  const auto all = made({"ssm-path:/a/", "ssm-path:/b/", "ssm-path:/c/"});
  EXPECT_EQ(count_calls(all).of_parameter_store().by_path, 3U) << "not known: one page";
  const std::size_t held[] = {0, 10, 21};
  EXPECT_EQ(count_calls(all, held).of_parameter_store().by_path, 5U);
}

TEST(cold_start_test, twenty_secrets_a_call) {
  std::vector<wanted> all;
  for (std::size_t i = 0; i < 21; ++i)
    all.push_back(made("secret:" + std::to_string(i)));
  EXPECT_EQ(count_calls(all).secrets, 2U);
  // Versions cannot be asked for together.
  all.push_back(made("secret:x", {.version_stage = "AWSPREVIOUS"}));
  all.push_back(made("secret:y", {.rotation_aware = true}));
  const cold_start_calls calls = count_calls(all);
  EXPECT_EQ(calls.secrets, 3U);
  EXPECT_EQ(calls.descriptions, 1U);
}

TEST(cold_start_test, objects_go_one_by_one) {
  EXPECT_EQ(count_calls({{made("s3://bucket/x", {.as_bytes = true}),
                          made("s3://bucket/y", {.as_bytes = true})}})
                .objects,
            2U);
}

TEST(cold_start_test, what_the_quota_bears) {
  EXPECT_EQ(cold_starts_a_second(count_calls(made({"secret:a"})), default_quota), std::nullopt);
  EXPECT_EQ(cold_starts_a_second(count_calls(parameters(1)), default_quota), 40U);
  EXPECT_EQ(cold_starts_a_second(count_calls(parameters(21)), default_quota), 13U);
  EXPECT_EQ(cold_starts_a_second(count_calls(parameters(21)), higher_quota), 3333U);
  auto with_path = parameters(1);
  with_path.push_back(made("ssm-path:/a/"));
  EXPECT_EQ(cold_starts_a_second(count_calls(with_path), default_quota), 20U);
  EXPECT_EQ(cold_starts_a_second(count_calls(with_path), higher_quota), 100U);
}

TEST(cold_start_test, each_account_and_region_has_its_quota) {
  auto all = parameters(20);
  all.push_back(made("ssm:/a", {.region = "us-east-1"}));
  all.push_back(made("ssm:/b", {.role = {.role_arn = "arn:aws:iam::210987654321:role/r"}}));
  EXPECT_EQ(count_calls(all).stores.size(), 3U);
  EXPECT_EQ(cold_starts_a_second(count_calls(all), default_quota), 20U);
}

}  // namespace
}  // namespace lambda_cache::cli
