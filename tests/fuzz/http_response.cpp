// HTTP answers, as net limits them: whatever pieces they come in, the outcome is the same.
// Input: a byte for the size of the pieces, one for where the body goes (m, s, r), the answer.
#include "fuzz/target.hpp"
#include "net/response_parser.hpp"

namespace lambda_cache::fuzz {
namespace {

constexpr std::size_t header_limit = 512;
constexpr std::size_t body_limit = 1024;
constexpr std::size_t sink_limit = 2048;
const std::string sink_full = "the sink is full";

struct outcome {
  bool refused = false;
  std::string why;
  bool done = false;
  bool keep_alive = false;
  std::string progress;
  net::http_response response;
  std::string streamed;
};

class string_sink final : public net::body_sink {
 public:
  string_sink(std::string& into, bool wants_all) : into_(into), wants_all_(wants_all) {}
  core::result<bool> begin(const net::http_response& head) override {
    require(head.status / 100 != 1, "interim answers are passed over");
    return wants_all_ || head.status == 200;
  }
  core::result<void> write(std::string_view bytes) override {
    if (into_.size() + bytes.size() > sink_limit)
      return core::fail(core::make_error(error_kind::storage, sink_full));
    into_.append(bytes);
    return {};
  }

 private:
  std::string& into_;
  bool wants_all_;
};

void check_refusal(const net::response_parser& parser, const error_info& why) {
  require_discreet(why);
  require(parser.sink_failed() == (why.kind == error_kind::storage), "errors say whose they are");
  require(why.kind == error_kind::protocol || why.message == sink_full,
          "a sink's error is its own");
}

outcome read(std::string_view bytes, std::size_t piece, char where) {
  outcome out;
  string_sink sink(out.streamed, where == 's');
  net::http_limits limits;
  limits.max_header_bytes = header_limit;
  limits.max_body_bytes = body_limit;
  net::response_parser parser(limits, where == 'm' ? nullptr : &sink);
  std::string held;
  while (!bytes.empty() && !parser.done()) {
    held.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    const auto used = parser.put(held);
    if (!used) {
      check_refusal(parser, used.error());
      out.refused = true;
      out.why = used.error().message;
      return out;
    }
    require(*used <= held.size(), "no more is used than there is");
    held.erase(0, *used);
    require(parser.done() || piece > header_limit || held.size() <= header_limit + piece,
            "what waits for more is bounded");
  }
  out.done = parser.put_end();
  require(out.done == parser.done(), "the end is one");
  out.progress = parser.progress();
  require_readable(out.progress);
  if (!out.done) return out;
  out.keep_alive = parser.keep_alive();
  require(parser.put("x").value_or(1) == 0, "behind the end nothing is taken");
  out.response = parser.take();
  return out;
}

void check_answer(const net::http_response& answer) {
  require(answer.status >= 0 && answer.status < 1000 && answer.status / 100 != 1,
          "a status is one");
  std::size_t size = 0;
  for (const net::header& each : answer.headers) {
    size += each.name.size() + each.value.size();
    for (const std::string* text : {&each.name, &each.value})
      require(text->find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
              "a header is one line");
    require(!each.name.empty(), "headers have names");
  }
  require(answer.body.size() <= body_limit, "a body is bounded");
  require(size <= header_limit, "headers are bounded");
}

}  // namespace

void http_response(std::string_view input) {
  if (input.size() < 2) return;
  const std::size_t piece = static_cast<unsigned char>(input[0]) % 64 + 1;
  const char where = input[1];
  input.remove_prefix(2);

  const outcome whole = read(input, input.size() + 1, where);
  if (whole.done) check_answer(whole.response);
  const outcome parts = read(input, piece, where);
  if (parts.done) check_answer(parts.response);
  // In pieces less may be accepted, as what waits for its end is bounded; and what is wrong may be
  // noticed later, where headers end.
  if (parts.refused) return;
  if (!parts.done) return require(!whole.done, "what is read at once is read in pieces");
  // At once the status line counts as well.
  if (whole.refused && whole.why.contains("headers are larger")) return;
  require(whole.done == parts.done && whole.progress == parts.progress &&
              whole.keep_alive == parts.keep_alive && whole.streamed == parts.streamed &&
              whole.response.status == parts.response.status &&
              whole.response.body == parts.response.body &&
              std::ranges::equal(whole.response.headers, parts.response.headers,
                                 [](const net::header& a, const net::header& b) {
                                   return a.name == b.name && a.value == b.value;
                                 }),
          "the pieces make no difference");
}

}  // namespace lambda_cache::fuzz
