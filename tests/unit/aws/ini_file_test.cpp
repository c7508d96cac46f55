#include "aws/ini_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace lambda_cache::aws {
namespace {

ini_sections read(std::string_view text) {
  auto sections = parse_ini(text, "/x/config");
  if (sections) return std::move(*sections);
  ADD_FAILURE() << sections.error().message;
  return {};
}

std::string value(const ini_sections& in, std::size_t section, std::string_view option) {
  const ini_option* found = section < in.size() ? in[section].find(option) : nullptr;
  return found == nullptr ? "(absent)" : std::string(found->value);
}

TEST(ParseIni, ReadsSectionsAndOptions) {
  const auto in = read("[default]\nRegion = eu-west-1\n\n[profile x]\na:b=c\n");
  ASSERT_EQ(in.size(), 2U);
  EXPECT_EQ(in[0].name, "default");
  EXPECT_EQ(value(in, 0, "region"), "eu-west-1");
  EXPECT_EQ(in[1].name, "profile x");
  EXPECT_EQ(value(in, 1, "a"), "b=c");
}

TEST(ParseIni, SkipsCommentsThatHaveALineOfTheirOwn) {
  const auto in = read("# a\n[x]\n; b\na = 1 # kept\n  # c\nb = 2\n");
  EXPECT_EQ(value(in, 0, "a"), "1 # kept");
  EXPECT_EQ(value(in, 0, "b"), "2");
}

TEST(ParseIni, JoinsContinuationLines) {
  const auto in = read("[x]\na = 1\n  two\n\n\tthree\n\nb = 2\n");
  EXPECT_EQ(value(in, 0, "a"), "1\ntwo\n\nthree");
  EXPECT_EQ(value(in, 0, "b"), "2");
}

TEST(ParseIni, TakesIndentedBlocksApart) {
  const auto in = read("[x]\ns3 =\n  Addressing_Style = path\n  a = b = c\n\nregion = r\n");
  const ini_option* s3 = in.at(0).find("s3");
  ASSERT_NE(s3, nullptr);
  ASSERT_TRUE(s3->has_nested);
  ASSERT_EQ(s3->nested.size(), 2U);
  EXPECT_EQ(s3->nested[0].first, "Addressing_Style");
  EXPECT_EQ(s3->nested[0].second, "path");
  EXPECT_EQ(s3->nested[1].second, "b = c");
  EXPECT_EQ(value(in, 0, "region"), "r");
}

TEST(ParseIni, KnowsEveryLineEndAndTheByteOrderMark) {
  const auto in = read("\xef\xbb\xbf[x]\r\na = 1\rb = 2\r\n");
  EXPECT_EQ(value(in, 0, "a"), "1");
  EXPECT_EQ(value(in, 0, "b"), "2");
}

TEST(ParseIni, SpreadsTheDefaultSection) {
  const auto in = read("[DEFAULT]\na = 1\nb = 2\n[x]\na = 3\n");
  ASSERT_EQ(in.size(), 1U);
  EXPECT_EQ(value(in, 0, "a"), "3");
  EXPECT_EQ(value(in, 0, "b"), "2");
}

TEST(ParseIni, RefusesWithTheLineButWithoutItsText) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"canary-hunter2 = 1\n", "line 1 comes before"},
      {"[x]\ncanary-hunter2\n", "line 2 is neither"},
      {"[x]\n= canary-hunter2\n", "line 2 has no name"},
      {"[x]\na = canary-hunter2\nA = 2\n", "line 3 sets an option that"},
      {"[x]\n[y]\n[x]\n", "line 3 begins a section that"},
      {"[x]\na =\n  canary-hunter2\n", "is not 'name = value'"},
      {"[x]\na = \xff\n", "UTF-8"},
      {"[x]\na = " + std::string(longest_ini_line, 'x') + "\n", "line 2 is longer"},
      {std::string(longest_ini_file + 1, '\n'), "larger than 1 MiB"},
  };
  for (const auto& [text, reason] : cases) {
    const auto read = parse_ini(text, "/x/config");
    ASSERT_FALSE(read) << reason;
    EXPECT_EQ(read.error().kind, error_kind::credentials);
    EXPECT_NE(read.error().message.find(reason), std::string::npos) << read.error().message;
    EXPECT_NE(read.error().message.find("/x/config"), std::string::npos);
    EXPECT_EQ(read.error().message.find("canary-hunter2"), std::string::npos);
  }
}

/// What is wrong with the file "f".
std::string defect_of(const std::string& text) {
  const auto read = parse_ini(text, "f");
  if (read) return {};
  const std::string_view message = read.error().message;
  constexpr std::string_view opening = "f cannot be used: ";
  EXPECT_TRUE(message.starts_with(opening) && message.ends_with('.')) << message;
  return std::string(message.substr(opening.size(), message.size() - opening.size() - 1));
}

TEST(ParseIni, BoundsSectionsAndOptions) {
  std::string sections;
  for (std::size_t i = 0; i <= most_ini_sections; ++i)
    sections += "[" + std::to_string(i) + "]\n";
  EXPECT_EQ(defect_of(sections), "line 4001 begins more sections than are read (4000)");
  std::string options;
  for (std::size_t i = 0; i <= most_ini_options; ++i)
    options += std::to_string(i) + "=\n";
  EXPECT_EQ(defect_of("[x]\n" + options),
            "line 258 sets more options than a section may have (256)");
  std::string lines;
  for (std::size_t i = 0; i <= most_ini_options; ++i)
    lines += "  " + std::to_string(i) + "=\n";
  EXPECT_EQ(defect_of("[x]\ns3 =\n" + lines),
            "line 259 ends a block of more lines than are read (256)");
}

TEST(ParseIni, BoundsWhatDefaultsGrowTo) {
  std::string text = "[DEFAULT]\na = " + std::string(10'000, 'x') + "\n";
  for (int i = 0; i < 1500; ++i)
    text += "[" + std::to_string(i) + "]\n";
  EXPECT_TRUE(parse_ini(text, "f"));
  text += "[DEFAULT]\nb = " + std::string(10'000, 'x') + "\n";
  EXPECT_EQ(defect_of(text), "it repeats more of its [DEFAULT] section than 16 MiB");
}

TEST(ParseIni, NamesAPathThatIsOneLine) {
  EXPECT_EQ(parse_ini("x", "/a\n\x1b[31m").error().message,
            "/a [31m cannot be used: line 1 comes before the first [section].");
}

TEST(ParseIni, KeepsEveryByteInWipedMemory) {
  const std::size_t before = core::secret_bytes_in_use();
  {
    const auto in = read("[x]\naws_secret_access_key = a-secret-that-is-longer-than-inline\n");
    EXPECT_GT(core::secret_bytes_in_use(), before);
  }
  EXPECT_EQ(core::secret_bytes_in_use(), before);
}

}  // namespace
}  // namespace lambda_cache::aws
