// The parser of outside bytes, without a connection.
#include "net/response_parser.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace lambda_cache::net {
namespace {

constexpr std::array<std::string_view, 4> good{
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-A: b\r\n\r\nbody",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\nT: "
    "x\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    "HTTP/1.1 204 No Content\r\nDate: Mon, 23 Nov 2026 17:00:00 GMT\r\n\r\n"};

/// Presents the pieces as a connection does: what was not used comes again, with more behind it.
/// False if the parser refused them.
bool feed(response_parser& parser, std::string& held, std::string_view piece) {
  held.append(piece);
  const auto used = parser.put(held);
  if (!used) return false;
  EXPECT_LE(*used, held.size());
  held.erase(0, *used);
  return true;
}

TEST(response_parser, counts_headers_that_come_one_by_one) {
  http_limits limits;
  limits.max_header_bytes = 1000;
  response_parser parser{limits};
  std::string held;
  // With the first byte of the next line, which says that the header does not go on, each is taken.
  ASSERT_TRUE(feed(parser, held, "HTTP/1.1 200 OK\r\nX"));
  int lines = 0;
  while (lines < 1000 && feed(parser, held, "-A: b\r\nX"))
    ++lines;
  EXPECT_EQ(lines, 125);
}

TEST(response_parser, refuses_interim_answers_without_end) {
  response_parser parser{http_limits{}};
  for (int i = 0; i < 16; ++i)
    ASSERT_TRUE(parser.put("HTTP/1.1 102 Processing\r\n\r\n"));
  const auto next = parser.put("HTTP/1.1 102 Processing\r\n\r\n");
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().message, "it has interim answers without end");
}

TEST(response_parser, takes_an_answer_in_any_two_pieces) {
  for (const auto whole : good) {
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      response_parser parser{http_limits{}};
      std::string held;
      ASSERT_TRUE(feed(parser, held, whole.substr(0, cut)));
      EXPECT_EQ(parser.done(), cut == whole.size());
      ASSERT_TRUE(feed(parser, held, whole.substr(cut)));
      ASSERT_TRUE(parser.done());
      EXPECT_TRUE(parser.keep_alive());
      const auto got = parser.take();
      EXPECT_EQ(std::string(got.body.begin(), got.body.end()), got.status == 200 ? "body" : "");
    }
  }
}

TEST(response_parser, leaves_what_comes_after_the_answer) {
  response_parser parser{http_limits{}};
  const auto whole = std::string(good[0]) + "HTTP/1.1 ";
  const auto used = parser.put(whole);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(*used, good[0].size());
  EXPECT_TRUE(parser.done());
}

TEST(response_parser, says_how_far_it_came) {
  response_parser parser{http_limits{}};
  std::string held;
  EXPECT_EQ(parser.progress(), "within the headers");
  EXPECT_FALSE(parser.put_end());
  ASSERT_TRUE(feed(parser, held, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour"));
  EXPECT_EQ(parser.progress(), "after 4 of 9 body bytes");
  EXPECT_FALSE(parser.put_end());
}

// Damaged answers in random pieces: refused or taken, but within the limits and without harm.
TEST(response_parser, keeps_its_limits_whatever_comes) {
  http_limits limits;
  limits.max_header_bytes = 200;
  limits.max_body_bytes = 20;
  std::mt19937 random(1);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (int round = 0; round < 30'000; ++round) {
    std::string text;
    for (std::size_t parts = 1 + below(3); parts > 0; --parts)
      text += good[below(good.size())];
    for (std::size_t damage = below(5); damage > 0; --damage) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, below(10));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(30)));
      }
      if (text.empty()) text = "H";
    }
    response_parser parser(limits);
    std::string held;
    std::string_view rest = text;
    while (!rest.empty() && !parser.done()) {
      const auto piece = rest.substr(0, 1 + below(40));
      rest.remove_prefix(piece.size());
      if (!feed(parser, held, piece)) break;
      ASSERT_LE(held.size(), limits.max_header_bytes + 40);
    }
    ASSERT_LE(parser.take().body.size(), limits.max_body_bytes);
  }
}

}  // namespace
}  // namespace lambda_cache::net
