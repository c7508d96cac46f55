// The floor: one thread, a socket, static OpenSSL, a request that is always the same, no signature.
#include "measured.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace {

namespace bench = lambda_cache::benchmarks;

class connection {
 public:
  /// "http://127.0.0.1:1234" or the same with https.
  explicit connection(const std::string& url) {
    const auto colon = url.rfind(':');
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + colon + 1)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      bench::give_up("cannot connect to " + url);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (url.starts_with("https")) start_tls();
  }

  std::string ask(const std::string& request) {
    const auto size = static_cast<int>(request.size());
    const auto sent = ssl_ != nullptr
                          ? SSL_write(ssl_, request.data(), size)
                          : static_cast<int>(::send(fd_, request.data(), request.size(), 0));
    if (sent != size) bench::give_up("cannot send");
    std::string got;
    char buffer[16384];
    for (;;) {
      const auto more = ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer)
                                        : static_cast<int>(::recv(fd_, buffer, sizeof buffer, 0));
      if (more <= 0) bench::give_up("the answer ended early");
      got.append(buffer, static_cast<std::size_t>(more));
      const auto head = got.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const auto length =
          std::strtoul(got.c_str() + got.find("Content-Length: ") + 16, nullptr, 10);
      if (got.size() >= head + 4 + length) return got;
    }
  }

 private:
  void start_tls() {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_file(context, bench::environment("AWS_CA_BUNDLE").c_str()) != 1)
      bench::give_up("cannot read AWS_CA_BUNDLE");
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), "127.0.0.1");
    if (SSL_connect(ssl_) != 1)
      bench::give_up(std::string("TLS: ") + ERR_error_string(ERR_get_error(), nullptr));
  }

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string body = R"({"Name":")" + std::string(bench::parameter_name) + R"("})";
  const std::string request =
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: AmazonSSM.GetParameter\r\n"
      "Content-Type: application/x-amz-json-1.1\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  connection* open = nullptr;
  const int done = bench::measure(argc, argv, [&] {
    if (open == nullptr) open = new connection(bench::environment("AWS_ENDPOINT_URL_SSM"));
    return open->ask(request);
  });
  std::fflush(stdout);
  ::_exit(done);
}
