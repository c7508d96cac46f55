#include "core/value_data.hpp"

#include <gtest/gtest.h>

namespace lambda_cache::core {
namespace {

using items = std::vector<std::string_view>;

TEST(split_list, splits_on_the_comma) {
  EXPECT_EQ(split_list("a,b,c"), (items{"a", "b", "c"}));
  EXPECT_EQ(split_list("one"), items{"one"});
}

TEST(split_list, keeps_empty_items_and_blanks) {
  EXPECT_EQ(split_list("a,,b"), (items{"a", "", "b"}));
  EXPECT_EQ(split_list(",a,"), (items{"", "a", ""}));
  EXPECT_EQ(split_list(""), items{""});
  EXPECT_EQ(split_list(" a , b "), (items{" a ", " b "}));
}

TEST(split_list, takes_another_delimiter) {
  EXPECT_EQ(split_list("a/b,c", '/'), (items{"a", "b,c"}));
}

TEST(value_data, views_and_accounts_for_what_it_holds) {
  value_data value;
  EXPECT_EQ(value.view(), "");
  const std::size_t empty = value.footprint();
  const std::string_view text = "secret\0text";
  value.content.assign(text.begin(), text.end());
  value.type = "SecureString";
  value.arn = "arn:aws:ssm:eu-west-1:1:parameter/a";
  EXPECT_EQ(value.view(), text);
  EXPECT_EQ(value.footprint(), empty + text.size() + value.type.size() + value.arn.size());
}

TEST(value_data, accounts_for_the_values_in_it) {
  value_data one;
  one.content.assign(100, 'x');
  const std::size_t alone = one.footprint();
  value_data whole;
  whole.kind = value_kind::several;
  const std::size_t empty = whole.footprint();
  const auto shared = std::make_shared<const value_data>(std::move(one));
  whole.members.push_back({"a/b", Value(shared)});
  whole.members.push_back({"c", Value(shared)});
  EXPECT_EQ(whole.footprint(), empty + 2 * (sizeof(named_value) + alone) + 4);
  ASSERT_NE(find_member(whole, "c"), nullptr);
  EXPECT_EQ(find_member(whole, "c")->text().size(), 100U);
  EXPECT_EQ(find_member(whole, "b"), nullptr);
  EXPECT_EQ(find_member(whole, ""), nullptr);
}

}  // namespace
}  // namespace lambda_cache::core
