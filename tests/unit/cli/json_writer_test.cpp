#include "cli/json_writer.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::cli {
namespace {

TEST(json_writer_test, one_line) {
  json_writer out;
  out.begin_object().key("a").text("x\"\n").key("b").begin_list().number(-3).boolean(true).null();
  out.end_list().key("c").base64(std::string_view("\0\xff", 2)).key("d").begin_object();
  out.end_object().key("e").milliseconds(1'250'000).end_object();
  EXPECT_EQ(out.view(), R"({"a": "x\"\n", "b": [-3, true, null], "c": "AP8=", "d": {}, "e": 1.2})");
}

TEST(json_writer_test, indented) {
  json_writer out(true);
  out.begin_object().key("a").begin_list().text("x").text("y").end_list();
  out.key("b").raw("{\n  \"c\": 1\n}\n").key("d").begin_list().end_list().end_object();
  EXPECT_EQ(out.view(),
            "{\n  \"a\": [\n    \"x\",\n    \"y\"\n  ],\n  \"b\": {\n    \"c\": 1\n  },\n"
            "  \"d\": []\n}");
}

TEST(json_writer_test, every_length_of_bytes) {
  const auto encoded = [](std::string_view bytes) {
    json_writer out;
    out.base64(bytes);
    return std::string(out.view());
  };
  EXPECT_EQ(encoded(""), "\"\"");
  EXPECT_EQ(encoded("f"), "\"Zg==\"");
  EXPECT_EQ(encoded("fo"), "\"Zm8=\"");
  EXPECT_EQ(encoded("foo"), "\"Zm9v\"");
  EXPECT_EQ(encoded("foob"), "\"Zm9vYg==\"");
  EXPECT_EQ(encoded("\xff\xfe\xfd"), "\"//79\"");
}

}  // namespace
}  // namespace lambda_cache::cli
