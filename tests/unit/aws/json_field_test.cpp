#include "aws/json_field.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace lambda_cache::aws {
namespace {

std::string picked(std::string_view json, std::string_view path) {
  const picked_field found = pick_field(json, path);
  EXPECT_EQ(found.defect, "") << json;
  return {found.text.begin(), found.text.end()};
}

std::string defect(std::string_view json, std::string_view path) {
  const picked_field found = pick_field(json, path);
  EXPECT_TRUE(found.text.empty());
  return found.defect;
}

constexpr std::string_view database = R"( {
  "username" : "admin", "password":"p\"\\\u00fc\ud83d\ude00\n", "port" : 5432,
  "ratio": 1.50, "big": 12345678901234567890123, "no": null, "on" :true,
  "hosts": [ "a", {"name": "b"}, [ ], [1,2 ] ], "a\u0062c": "escaped", "": "empty",
  "tree": { "x" : {"y": "z}]\""} }, "twice": 1, "twice": 2 } )";

TEST(PickField, TextsWithoutTheirQuotes) {
  EXPECT_EQ(picked(database, "username"), "admin");
  EXPECT_EQ(picked(database, "password"), "p\"\\\xc3\xbc\xf0\x9f\x98\x80\n");
  EXPECT_EQ(picked(database, "tree.x.y"), "z}]\"");
  EXPECT_EQ(picked(database, "abc"), "escaped");
}

TEST(PickField, EverythingElseAsItIsWritten) {
  EXPECT_EQ(picked(database, "port"), "5432");
  EXPECT_EQ(picked(database, "ratio"), "1.50");
  EXPECT_EQ(picked(database, "big"), "12345678901234567890123");
  EXPECT_EQ(picked(database, "no"), "null");
  EXPECT_EQ(picked(database, "on"), "true");
  EXPECT_EQ(picked(database, "tree"), R"({ "x" : {"y": "z}]\""} })");
  EXPECT_EQ(picked(database, "hosts.3"), "[1,2 ]");
}

TEST(PickField, DigitsAreTheIndexInAList) {
  EXPECT_EQ(picked(database, "hosts.0"), "a");
  EXPECT_EQ(picked(database, "hosts.1.name"), "b");
  EXPECT_EQ(picked(database, "hosts.2"), "[ ]");
  EXPECT_EQ(picked("[10,20]", "1"), "20");
  EXPECT_EQ(picked(R"({"0":"member"})", "0"), "member");
}

TEST(PickField, OfMembersWithOneNameTheLastCounts) {
  EXPECT_EQ(picked(database, "twice"), "2");
}

TEST(PickField, SaysHowFarItCame) {
  EXPECT_EQ(defect(database, "nothing"), "it has no 'nothing'");
  EXPECT_EQ(defect(database, "tree.x.q.r"), "it has no 'tree.x.q'");
  EXPECT_EQ(defect(database, "hosts.4"), "it has no 'hosts.4'");
  EXPECT_EQ(defect(database, "hosts.-1"), "it has no 'hosts.-1'");
  EXPECT_EQ(defect(database, "hosts.99999999999999999999999"),
            "it has no 'hosts.99999999999999999999999'");
  EXPECT_EQ(defect(database, "username.x"), "it has no 'username.x'");
  EXPECT_EQ(defect(database, "port.0"), "it has no 'port.0'");
  EXPECT_EQ(defect("{}", "a"), "it has no 'a'");
  EXPECT_EQ(defect("[]", "0"), "it has no '0'");
}

TEST(PickField, NeverSaysWhatIsInTheText) {
  for (const std::string_view text :
       {"canary-hunter2", R"({"canary-hunter2":)", "", "{'a':1}", R"({"a":1} x)"})
    EXPECT_EQ(defect(text, "a"), "it is not JSON");
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_EQ(defect(deep, "0"), "it is nested deeper than 32 levels");
}

TEST(PickField, AnEmptyPathChecksOnly) {
  EXPECT_EQ(picked("1", ""), "");
  EXPECT_NE(defect("nonsense", ""), "");
}

TEST(PickField, LeavesNoSecretMemoryBehind) {
  const std::size_t before = core::secret_bytes_in_use();
  (void)pick_field(database, "tree.x.y");
  (void)pick_field(database, "nothing");
  (void)pick_field("{\"a\":", "a");
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

}  // namespace
}  // namespace lambda_cache::aws
