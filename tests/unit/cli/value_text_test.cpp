#include "cli/value_text.hpp"

#include "core/object_data.hpp"
#include "unit/cli/made.hpp"

namespace lambda_cache::cli {
namespace {

using core::value_kind;

std::shared_ptr<core::value_data> value(std::string_view content,
                                        value_kind kind = value_kind::text) {
  auto out = std::make_shared<core::value_data>();
  out->kind = kind;
  out->content.assign(content.begin(), content.end());
  return out;
}

std::string plain(const core::value_data& of) {
  core::secret_bytes out;
  append_plain(out, of);
  return text(out);
}

std::string json(const wanted& of, const wiring::value_ptr& value) {
  return text(json_line({&of, 1}, {&value, 1}));
}

TEST(value_text_test, plain) {
  EXPECT_EQ(plain(*value("text")), "text\n");
  EXPECT_EQ(plain(*value("")), "\n");
  EXPECT_EQ(plain(*value("a\n")), "a\n\n");
  EXPECT_EQ(plain(*value("a,b,,c", value_kind::text_list)), "a\nb\n\nc\n");
  EXPECT_EQ(plain(*value(std::string_view("\0\n", 2), value_kind::bytes)), std::string("\0\n", 2));
}

TEST(value_text_test, lines) {
  core::secret_bytes out;
  ASSERT_TRUE(append_lines(out, made("ssm:/a"), *value("x\ty"), true));
  ASSERT_TRUE(append_lines(out, made("ssm:/b"), *value("1,2", value_kind::text_list), false));
  EXPECT_EQ(text(out), "ssm:/a\tx\ty\nssm:/b\t1,2\n");
}

TEST(value_text_test, lines_of_paths) {
  auto several = value("", value_kind::several);
  several->members = {{"db/host", Value(value("h"))}, {"port", Value(value("1"))}};
  core::secret_bytes out;
  ASSERT_TRUE(append_lines(out, made("ssm-path:/app/"), *several, true));
  EXPECT_EQ(text(out), "db/host\th\nport\t1\n");
  out.clear();
  ASSERT_TRUE(append_lines(out, made("ssm-path:/app"), *several, false));
  EXPECT_EQ(text(out), "ssm:/app/db/host\th\nssm:/app/port\t1\n");
}

TEST(value_text_test, what_is_no_line_is_refused_without_being_shown) {
  for (const auto& each :
       {value("hidden\nhidden"), value("hidden\rhidden"), value("hidden", value_kind::bytes)}) {
    core::secret_bytes out;
    const auto refused = append_lines(out, made("ssm:/a"), *each, false);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("ssm:/a"), std::string::npos);
    EXPECT_NE(refused.error().message.find("--json"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("hidden"), std::string::npos);
    EXPECT_TRUE(out.empty());
  }
}

TEST(value_text_test, json_has_what_is_known) {
  auto parameter = value("x\"y");
  parameter->type = "SecureString";
  parameter->version = 3;
  parameter->arn = "arn:aws:ssm:eu-west-1:1:parameter/a";
  EXPECT_EQ(json(made("ssm:/a"), parameter),
            R"({"name": "ssm:/a", "value": "x\"y", "type": "SecureString", "version": 3, )"
            R"("arn": "arn:aws:ssm:eu-west-1:1:parameter/a"})"
            "\n");
  EXPECT_EQ(json(made("ssm:/a"), value("a,,b", value_kind::text_list)),
            "{\"name\": \"ssm:/a\", \"value\": [\"a\", \"\", \"b\"]}\n");
  EXPECT_EQ(json(made("secret:a"), value(std::string_view("\0\xff", 2), value_kind::bytes)),
            "{\"name\": \"secret:a\", \"value_base64\": \"AP8=\"}\n");
}

TEST(value_text_test, json_in_json_is_on_one_line) {
  const auto name = made("ssm:/a", {}, {.how = transform::json});
  EXPECT_EQ(json(name, value("{ \"a\" :\n [1, 2],\t\"b\\\" \": \"x y\\n\" }\n")),
            "{\"name\": \"ssm:/a\", \"value\": {\"a\":[1,2],\"b\\\" \":\"x y\\n\"}}\n");
}

TEST(value_text_test, json_of_an_object) {
  auto object = std::make_shared<core::object_data>();
  object->kind = value_kind::bytes;
  object->etag = "\"e\"";
  object->size = 0;
  object->type = "text/plain";
  EXPECT_EQ(json(made("s3://bucket/k", {.as_bytes = true}), object),
            R"({"name": "s3://bucket/k", "value_base64": "", "type": "text/plain", )"
            R"("etag": "\"e\"", "size": 0})"
            "\n");
  // What was picked from one is a value of its own.
  EXPECT_EQ(json(made("s3://bucket/k", {.as_bytes = true}, {.how = transform::json, .field = "a"}),
                 value("picked")),
            "{\"name\": \"s3://bucket/k\", \"value\": \"picked\"}\n");
}

TEST(value_text_test, json_of_several_is_by_name) {
  const auto all = made({"ssm:/a", "secret:b"});
  const wiring::value_ptr values[] = {value("1"), value("2")};
  EXPECT_EQ(text(json_line(all, values)),
            "{\"ssm:/a\": {\"name\": \"ssm:/a\", \"value\": \"1\"}, "
            "\"secret:b\": {\"name\": \"secret:b\", \"value\": \"2\"}}\n");
  auto several = value("", value_kind::several);
  several->members = {{"x", Value(value("1"))}, {"y.json", Value(value("{}"))}};
  EXPECT_EQ(json(made("ssm-path:/a/", {}, {.how = transform::automatic}), several),
            "{\"name\": \"ssm-path:/a/\", \"values\": {\"x\": {\"value\": \"1\"}, "
            "\"y.json\": {\"value\": {}}}}\n");
}

}  // namespace
}  // namespace lambda_cache::cli
