// bench_agent_floor <bytes>: the least that an HTTP server with Beast can do: reads a request,
// writes an answer of that many bytes that is always the same. Prints its port; ends with its
// input.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(tcp::socket socket, const std::string& body) : socket_(std::move(socket)) {
    answer_.result(http::status::ok);
    answer_.version(11);
    answer_.set(http::field::content_type, "application/json");
    answer_.body() = body;
    answer_.keep_alive(true);
    answer_.prepare_payload();
  }

  void read() {
    request_.emplace();
    http::async_read_header(
        socket_, buffer_, *request_,
        [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
          if (!failed) self->write();
        });
  }

 private:
  void write() {
    http::async_write(socket_, answer_,
                      [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                        if (!failed) self->read();
                      });
  }

  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> request_;
  http::response<http::string_body> answer_;
};

void accept(tcp::acceptor& on, const std::string& body) {
  on.async_accept([&](boost::system::error_code failed, tcp::socket got) {
    if (!failed) {
      got.set_option(tcp::no_delay(true));
      std::make_shared<connection>(std::move(got), body)->read();
    }
    accept(on, body);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_agent_floor <bytes>\n", stderr);
    return 2;
  }
  const std::string body(std::strtoul(argv[1], nullptr, 10), 'x');
  asio::io_context io{1};
  tcp::acceptor on(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  accept(on, body);
  std::printf("%d\n", on.local_endpoint().port());
  std::fflush(stdout);
  std::thread([] {
    while (std::getchar() != EOF) {
    }
    ::_exit(0);
  }).detach();
  io.run();
}
