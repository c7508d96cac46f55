// Requests as the agent reads and judges them, whatever pieces they come in. Input: a byte of flags
// (1: mode extension, 2: a Unix socket, 4: no token is needed; its rest the size of the pieces),
// the request.
#include "agent/access.hpp"
#include "agent/request_head.hpp"
#include "agent/route.hpp"
#include "fuzz/target.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <optional>
#include <variant>

namespace lambda_cache::fuzz {
namespace {

constexpr std::size_t header_limit = 1024;

/// Whether a whole head was read; else it is refused, or there has to be more.
bool read(agent::request_parser& parser, std::string_view bytes, std::size_t piece) {
  agent::set_limits(parser, header_limit);
  std::string held;
  while (!bytes.empty()) {
    held.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    boost::system::error_code failed;
    const std::size_t used =
        parser.put(boost::asio::const_buffer(held.data(), held.size()), failed);
    require(used <= held.size(), "no more is used than there is");
    held.erase(0, used);
    if (failed && failed != boost::beast::http::error::need_more) return false;
    if (parser.is_header_done()) return true;
    require(held.size() <= header_limit + piece, "what waits for more is bounded");
  }
  return false;
}

void check_answer(const agent::response& made) {
  require(made.status >= 300 && made.status < 500, "a refusal is one");
  require(made.body.size() < 1024, "a refusal is bounded");
  const std::string_view text(made.body.data(), made.body.size());
  require(is_utf8(text), "a refusal is UTF-8");
  const std::string head = agent::head_of(made, made.body.size(), false);
  require(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4,
          "an answer has one head");
}

/// The headers, with the token, are never repeated; an unknown member of the query is.
void require_no_token(const agent::response& made) {
  require(!std::string_view(made.body.data(), made.body.size()).contains(canary),
          "a refusal shows no token");
}

void check_wanted(const agent::wanted& asked) {
  require(!asked.names.empty() && asked.names.size() <= 200, "so many names");
  require(asked.names.size() == 1 || asked.what == agent::subject::parameters,
          "one name, where one is meant");
  require(std::ranges::none_of(asked.names, &std::string::empty), "names are no nothing");
  require(!asked.version || !asked.label, "of version and label one counts");
  require(!asked.version || *asked.version > 0, "versions are positive");
  require(!asked.max_age || *asked.max_age > 0, "ages are positive");
}

/// Whether one of its headers is the token, as plainly as can be.
bool carries_token(const agent::request_view& request) {
  return std::ranges::any_of(request.headers, [](const agent::header& each) {
    return (aws::text::iequals(each.name, "X-Aws-Parameters-Secrets-Token") ||
            aws::text::iequals(each.name, "X-Vault-Token")) &&
           each.value == canary;
  });
}

}  // namespace

void agent_request(std::string_view input) {
  if (input.empty()) return;
  const auto flags = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  agent::settings how;
  how.mode = (flags & 1U) != 0 ? agent::compatibility::extension : agent::compatibility::agent;
  how.tokens = {std::string(canary)};

  agent::request_parser whole;
  const bool done = read(whole, input, input.size() + 1);
  agent::request_parser pieces;
  const bool done_in_pieces = read(pieces, input, flags / 8U + 1);
  // In pieces the limit counts what waits for its end as well.
  require(done || !done_in_pieces, "what is refused at once is refused in pieces");
  if (!done) return;

  std::vector<agent::header> headers;
  agent::request_head head = agent::head_of(whole, headers);
  agent::request_view& request = head.request;
  request.over_socket = (flags & 2U) != 0;
  if (done_in_pieces) {
    std::vector<agent::header> other;
    const agent::request_head same = agent::head_of(pieces, other);
    require(same.request.method == request.method && same.request.target == request.target &&
                same.has_body == head.has_body && same.keep_alive == head.keep_alive &&
                std::ranges::equal(headers, other,
                                   [](const agent::header& a, const agent::header& b) {
                                     return a.name == b.name && a.value == b.value;
                                   }),
            "the pieces make no difference");
  }
  require(!head.has_body || !head.keep_alive, "nothing follows a body");
  require(!request.has("Transfer-Encoding") || head.has_body, "what is sent in parts is a body");

  agent::access guard(how);
  if (const auto refused = guard.refuse_origin(request)) {
    check_answer(*refused);
    require_no_token(*refused);
  } else if (!request.over_socket) {
    const auto host = request.find("Host");
    require(host ? agent::is_local_host(*host) : request.is_http_1_0, "a host is this one");
    require(!request.has("X-Forwarded-For"), "nothing is forwarded");
  }
  const auto refused = guard.refuse_token(request);
  require(refused.has_value() == (!request.over_socket && !carries_token(request)),
          "the token is what lets in");
  if (refused) {
    check_answer(*refused);
    require_no_token(*refused);
  }
  if (const auto visitor = guard.refuse_visitor(request)) {
    require(refused.has_value(), "who may ask may look");
    check_answer(*visitor);
  }

  const agent::route asked = agent::route_of(request, how);
  if (const auto* answer = std::get_if<agent::response>(&asked)) {
    check_answer(*answer);
    if (!request.target.contains(canary) && !request.target.contains('%'))
      require_no_token(*answer);
  }
  if (const auto* wanted = std::get_if<agent::wanted>(&asked)) check_wanted(*wanted);
  require(std::holds_alternative<agent::response>(asked) || request.method == "GET", "GET only");
}

}  // namespace lambda_cache::fuzz
