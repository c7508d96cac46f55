#include <lambda_cache/context.hpp>
#include <lambda_cache/error.hpp>

#include "fake_handles.hpp"
#include "lambda/entry_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::test {
namespace {

using names = std::vector<std::string_view>;

class context_test : public ::testing::Test {
 protected:
  static std::vector<binding> bindings() {
    return {single("var", cached("/app/var", "blue")),
            mapping("parameters", {{"var1", cached("/app/var1", "")}, {"x", cached("/b/var", "")}}),
            single("hosts", cached("/app/hosts", ""))};
  }

  lambda::entry_table table_{bindings()};
  Context context_{
      table_, {make_value("blue"), make_value("one"), make_value("two"), make_list("a,b,,c")}, {}};
};

template <class Read>
std::string refusal(Read read) {
  try {
    read();
  } catch (const error& refused) {
    EXPECT_EQ(refused.kind(), error_kind::invalid_argument);
    return refused.what();
  }
  return "";
}

TEST_F(context_test, gives_values_by_name) {
  EXPECT_EQ(context_.text("var"), "blue");
  EXPECT_EQ(context_.value("var").version(), 7);
  EXPECT_EQ(context_.value("hosts").type(), "StringList");
}

TEST_F(context_test, gives_what_a_path_holds) {
  const std::vector<binding> declared = {single("config", cached("/app/", ""))};
  const lambda::entry_table table{declared};
  const Context context{
      table, {make_several({{"db/host", make_value("here")}, {"list", make_list("a,b")}})}, {}};
  const Values config = context.values("config");
  EXPECT_EQ(config.text("db/host"), "here");
  EXPECT_EQ(config.list("list"), (names{"a", "b"}));
  EXPECT_EQ(config.value("list").type(), "StringList");
  EXPECT_EQ(config.names(), (names{"db/host", "list"}));
  EXPECT_EQ(config.size(), 2U);
  EXPECT_TRUE(config.contains("list"));
  EXPECT_FALSE(config.contains("config"));
  EXPECT_EQ(context.value("config").text("db/host"), "here");
  EXPECT_NE(refusal([&] { (void)config.text("db"); }).find("db/host, list"), std::string::npos);
  EXPECT_NE(refusal([&] { (void)context.text("config"); }).find("context.values(\"config\")"),
            std::string::npos);
  EXPECT_NE(refusal([&] { (void)context.list("config"); }).find("context.values(\"config\")"),
            std::string::npos);
}

TEST_F(context_test, gives_lists) {
  EXPECT_EQ(context_.list("hosts"), (names{"a", "b", "", "c"}));
  EXPECT_EQ(context_.list("var"), (names{"blue"}));
  EXPECT_EQ(context_.text("hosts"), "a,b,,c");
}

TEST_F(context_test, gives_mappings_by_short_name) {
  const Values parameters = context_.values("parameters");

  EXPECT_EQ(parameters.text("var1"), "one");
  EXPECT_EQ(parameters.value("x").text(), "two");
  EXPECT_EQ(parameters.list("x"), (names{"two"}));
  EXPECT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters.names(), (names{"var1", "x"}));
  EXPECT_TRUE(parameters.contains("x"));
  EXPECT_FALSE(parameters.contains("var"));
}

TEST_F(context_test, a_single_value_is_a_mapping_of_one) {
  EXPECT_EQ(context_.values("var").text("var"), "blue");
}

TEST_F(context_test, knows_what_it_has) {
  EXPECT_TRUE(context_.contains("var"));
  EXPECT_TRUE(context_.contains("parameters"));
  EXPECT_FALSE(context_.contains("var1"));
  EXPECT_FALSE(context_.contains(""));
}

TEST_F(context_test, names_what_there_is_when_asked_for_something_else) {
  const std::string expected = "no entry 'vra'; this handler has: var, parameters, hosts";

  EXPECT_EQ(refusal([&] { (void)context_.text("vra"); }), expected);
  EXPECT_EQ(refusal([&] { (void)context_.list("vra"); }), expected);
  EXPECT_EQ(refusal([&] { (void)context_.value("vra"); }), expected);
  EXPECT_EQ(refusal([&] { (void)context_.values("vra"); }), expected);
}

TEST_F(context_test, names_what_a_mapping_has) {
  EXPECT_EQ(refusal([&] { (void)context_.values("parameters").text("var2"); }),
            "no value 'var2' in entry 'parameters'; it has: var1, x");
}

TEST_F(context_test, says_how_to_read_a_mapping) {
  EXPECT_EQ(refusal([&] { (void)context_.text("parameters"); }),
            "entry 'parameters' holds several values: use context.values(\"parameters\")");
}

}  // namespace
}  // namespace lambda_cache::test
