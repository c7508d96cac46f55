#include "cache/key.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace lambda_cache::cache {
namespace {

constexpr identity original{.service = "ssm",
                            .endpoint = "https://ssm.eu-west-1.amazonaws.com",
                            .region = "eu-west-1",
                            .credentials = "chain",
                            .name = "/prod/var",
                            .selector = "3",
                            .decrypt = true};

TEST(key, equal_identities_share_a_key) {
  identity copy = original;
  const std::string other_storage(original.name);
  copy.name = other_storage;
  EXPECT_EQ(make_key(original), make_key(copy));
}

TEST(key, twins_never_meet) {
  const auto differs = [](auto change, const char* in) {
    identity twin = original;
    change(twin);
    EXPECT_NE(make_key(twin), make_key(original)) << in;
  };
  differs([](identity& id) { id.service = "secretsmanager"; }, "service");
  differs([](identity& id) { id.endpoint = "http://127.0.0.1:5000"; }, "endpoint");
  differs([](identity& id) { id.region = "eu-west-2"; }, "region");
  differs([](identity& id) { id.credentials = "role/other"; }, "credentials");
  differs([](identity& id) { id.name = "/test/var"; }, "name");
  differs([](identity& id) { id.selector = "4"; }, "version");
  differs([](identity& id) { id.selector = ""; }, "no version");
  differs([](identity& id) { id.decrypt = false; }, "decryption");
}

TEST(key, one_short_name_in_two_paths_is_two_keys) {
  identity prod = original;
  identity test = original;
  prod.name = "/prod/var";
  test.name = "/test/var";
  EXPECT_NE(make_key(prod), make_key(test));
}

TEST(key, parts_do_not_run_into_each_other) {
  identity left = original;
  identity right = original;
  left.name = "/a:3";
  left.selector = "";
  right.name = "/a";
  right.selector = "3";
  EXPECT_NE(make_key(left), make_key(right));
  left.credentials = "1:a";
  left.name = "";
  right.credentials = "";
  right.name = "1:a";
  left.selector = right.selector = "";
  EXPECT_NE(make_key(left), make_key(right));
}

// Parts are made of the characters that the key's own grammar uses, so that collisions would show.
TEST(key, no_two_identities_share_a_key) {
  using parts = std::tuple<std::vector<std::string>, bool>;
  std::mt19937 random(3);
  const std::string alphabet = "01:de";
  std::map<std::string, parts> seen;
  for (int i = 0; i < 40'000; ++i) {
    std::vector<std::string> texts(6);
    for (auto& text : texts)
      for (auto left = random() % 3; left > 0; --left)
        text += alphabet[random() % alphabet.size()];
    const bool decrypt = random() % 2 == 0;
    const identity id{texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], decrypt};
    const auto [at, is_new] = seen.try_emplace(make_key(id), texts, decrypt);
    if (!is_new) {
      ASSERT_EQ(at->second, parts(texts, decrypt)) << "round " << i << ", key " << at->first;
    }
  }
  EXPECT_GT(seen.size(), 20'000U);
}

TEST(key_part, gives_back_what_went_in) {
  const std::string key = make_key({.service = "ssm",
                                    .endpoint = "https://x:1/",
                                    .region = "",
                                    .credentials = "7:chain",
                                    .name = "/a",
                                    .selector = ""});
  EXPECT_EQ(key_part(key, service_part), "ssm");
  EXPECT_EQ(key_part(key, 1), "https://x:1/");
  EXPECT_EQ(key_part(key, region_part), "");
  EXPECT_EQ(key_part(key, credentials_part), "7:chain");
  EXPECT_EQ(key_part(key, 4), "/a");
  EXPECT_EQ(key_part(key, 6), "") << "there is none";
}

TEST(key_part, of_what_is_no_key_is_empty) {
  EXPECT_EQ(key_part("", 0), "");
  EXPECT_EQ(key_part("key of /a", 3), "");
  EXPECT_EQ(key_part("9", 0), "");
  EXPECT_EQ(key_part("9", 5), "");
}

}  // namespace
}  // namespace lambda_cache::cache
