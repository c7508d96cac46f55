#include "aws/ssm_codec.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::aws {
namespace {

std::string encoded(const parameter_path& of, bool decrypt, std::string_view token) {
  const core::secret_bytes body = encode_get_parameters_by_path(of, decrypt, token);
  return {body.begin(), body.end()};
}

TEST(EncodeGetParametersByPath, WritesTheBody) {
  EXPECT_EQ(encoded({.path = "/app/"}, true, ""),
            R"({"Path":"/app/","Recursive":true,"MaxResults":10,"WithDecryption":true})");
  EXPECT_EQ(
      encoded({.path = "/", .recursive = false}, false, "to\"ken"),
      R"({"Path":"/","Recursive":false,"MaxResults":10,"NextToken":"to\"ken","WithDecryption":false})");
}

TEST(EncodeGetParametersByPath, WritesFilters) {
  EXPECT_EQ(encoded({.path = "/a",
                     .filters = {{"KeyId", {"alias/\"x"}, true}, {"Label", {"one", "two"}}}},
                    true, ""),
            R"({"Path":"/a","Recursive":true,"MaxResults":10,"ParameterFilters":[)"
            R"({"Key":"KeyId","Option":"BeginsWith","Values":["alias/\"x"]},)"
            R"({"Key":"Label","Option":"Equals","Values":["one","two"]}],"WithDecryption":true})");
}

TEST(DecodeGetParametersByPath, ReadsAPage) {
  const auto page = decode_get_parameters_by_path(
      R"({"Parameters":[{"Name":"/a/x","Type":"StringList","Value":"1,2","Version":3,
          "ARN":"arn:aws:ssm:r:1:parameter/a/x"},{"Name":"/a/y","Type":"String","Value":""}],
          "NextToken":"more"})");
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->found.size(), 2U);
  EXPECT_EQ(page->found[0].name, "/a/x");
  EXPECT_EQ(page->found[0].value.kind, core::value_kind::text_list);
  EXPECT_EQ(page->found[0].value.version, 3);
  EXPECT_EQ(page->found[1].value.view(), "");
  EXPECT_EQ(page->next_token, "more");
}

TEST(DecodeGetParametersByPath, TakesEmptyPagesAndAbsentTokens) {
  for (const char* body : {R"({"Parameters":[]})", R"({"Parameters":[],"NextToken":null})",
                           R"({"Parameters":[],"NextToken":""})"}) {
    const auto page = decode_get_parameters_by_path(body);
    ASSERT_TRUE(page) << body;
    EXPECT_TRUE(page->found.empty());
    EXPECT_EQ(page->next_token, "");
  }
  EXPECT_EQ(decode_get_parameters_by_path(R"({"Parameters":[],"NextToken":"t"})")->next_token, "t");
}

TEST(DecodeGetParametersByPath, RefusesWhatIsNoAnswer) {
  for (const char* body :
       {"", "[]", "{}", R"({"NextToken":"t"})", R"({"Parameters":null})", R"({"Parameters":{}})",
        R"({"Parameters":["x"]})", R"({"Parameters":[{"Name":"/a","Type":"String"}]})",
        R"({"Parameters":[{"Name":5,"Type":"String","Value":"hidden"}]})",
        R"({"Parameters":[],"NextToken":5})", R"({"Parameters":[],"NextToken":["t"]})"}) {
    const auto page = decode_get_parameters_by_path(body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().kind, error_kind::protocol);
    EXPECT_EQ(page.error().operation, "GetParametersByPath");
    EXPECT_EQ(page.error().message.find("hidden"), std::string::npos);
  }
}

}  // namespace
}  // namespace lambda_cache::aws
