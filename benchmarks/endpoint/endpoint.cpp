#include "endpoint.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <random>
#include <string_view>
#include <strings.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace lambda_cache::benchmarks {
namespace {

struct plain_stream {
  int fd;
  [[nodiscard]] int read(char* to, int size) const {
    return static_cast<int>(::recv(fd, to, static_cast<std::size_t>(size), 0));
  }
  [[nodiscard]] int write(const std::string& text) const {
    return static_cast<int>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
  }
};

struct tls_stream {
  SSL* ssl;
  [[nodiscard]] int read(char* to, int size) const { return SSL_read(ssl, to, size); }
  [[nodiscard]] int write(const std::string& text) const {
    return SSL_write(ssl, text.data(), static_cast<int>(text.size()));
  }
};

/// The length that the head announces; 0 where it announces none.
std::size_t body_length(std::string_view head) {
  static constexpr std::string_view name = "\r\ncontent-length:";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    if (head.size() - at > name.size() &&
        ::strncasecmp(head.data() + at, name.data(), name.size()) == 0)
      return std::strtoul(head.data() + at + name.size(), nullptr, 10);
  }
  return 0;
}

/// The strings in `text`, the members of a JSON array of plain names.
template <class Each>
void for_each_string(std::string_view text, const Each& each) {
  for (;;) {
    const auto begin = text.find('"');
    const auto end = begin == std::string_view::npos ? begin : text.find('"', begin + 1);
    if (end == std::string_view::npos) return;
    each(text.substr(begin + 1, end - begin - 1));
    text.remove_prefix(end + 1);
  }
}

constexpr std::size_t load_value_bytes = 4096 - 32;

std::string parameter(std::string_view name) {
  std::string out = R"({"Name":")";
  out.append(name);
  out += R"(","Type":"String","Value":")";
  if (name.starts_with("/load/"))
    out.append("value of ").append(name).append(" ").append(load_value_bytes, 'v');
  else
    out += "a value of some forty characters, as usual";
  out +=
      R"(",)"
      R"("Version":1,"LastModifiedDate":1.7e9,"ARN":"arn:aws:ssm:us-east-1:111122223333:parameter)";
  out.append(name);
  return out + R"(","DataType":"text"})";
}

std::string secret(std::string_view name) {
  std::string out = R"({"Name":")";
  out.append(name);
  out += R"(","VersionId":"00000000-0000-4000-8000-000000000001","SecretString":")";
  // Three containers: the document, a list and a mapping in it.
  out += name.ends_with("json")
             ? R"({\"username\":\"admin\",\"password\":\"as long as usual\",\"port\":5432,)"
               R"(\"engine\":\"postgres\",\"dbname\":\"orders\",\"hosts\":[\"a\",\"b\",\"c\"],)"
               R"(\"options\":{\"sslmode\":\"require\",\"timeout\":3,\"retries\":2}})"
             : "a value of some forty characters, as usual";
  return out + R"("})";
}

/// The answer with what is common to all of them.
std::string whole_answer(std::string_view type, std::string_view more, const std::string& body) {
  std::string out =
      "HTTP/1.1 200 OK\r\nServer: benchmark\r\nDate: Mon, 03 Nov 2025 10:00:00 GMT\r\n"
      "Content-Type: ";
  out.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  out += "\r\nConnection: keep-alive\r\nx-amzn-RequestId: 00000000-0000-0000-0000-000000000000";
  return out.append(more).append("\r\n\r\n").append(body);
}

std::string failure() {
  return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n";
}

}  // namespace

std::string answer(std::string_view request) {
  if (request.starts_with("GET "))  // an object
    return whole_answer("application/octet-stream",
                        "\r\nETag: \"0123456789abcdef0123456789abcdef\"",
                        "an object of some forty characters, small");
  std::string body;
  if (request.find("\"Path\"") != std::string_view::npos) {
    for (const char* each : {"/bench/path/a", "/bench/path/b", "/bench/path/c"})
      body += (body.empty() ? "" : ",") + parameter(each);
    body = R"({"Parameters":[)" + body + "]}";
  } else if (const auto names = request.find("\"Names\""); names != std::string_view::npos) {
    auto list = request.substr(request.find('[', names));
    list = list.substr(0, list.find(']'));
    for_each_string(
        list, [&](std::string_view name) { body += (body.empty() ? "" : ",") + parameter(name); });
    body = R"({"Parameters":[)" + body + R"(],"InvalidParameters":[]})";
  } else if (const auto id = request.find("\"SecretId\""); id != std::string_view::npos) {
    bool is_first = true;
    for_each_string(request.substr(id + 10), [&](std::string_view text) {
      if (is_first) body = secret(text);
      is_first = false;
    });
  } else if (const auto name = request.find("\"Name\""); name != std::string_view::npos) {
    bool is_first = true;
    for_each_string(request.substr(name + 6), [&](std::string_view text) {
      if (is_first) body = R"({"Parameter":)" + parameter(text) + "}";
      is_first = false;
    });
  }
  return whole_answer("application/x-amz-json-1.1", "", body);
}

endpoint::endpoint(const certificates* tls, unsigned failing) : failing_(failing) {
  plain_port_ = listen_on(nullptr);
  if (tls == nullptr) return;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr || SSL_CTX_use_certificate(context, tls->leaf) != 1 ||
      SSL_CTX_use_PrivateKey(context, tls->key) != 1) {
    std::fputs("the endpoint cannot use its certificate\n", stderr);
    std::exit(1);
  }
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  tls_port_ = listen_on(context);
}

std::uint16_t endpoint::listen_on(SSL_CTX* context) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (::bind(listener, address, size) != 0 || ::listen(listener, 128) != 0 ||
      ::getsockname(listener, address, &size) != 0) {
    std::perror("the endpoint cannot listen");
    std::exit(1);
  }
  std::thread([this, listener, context] { accept_all(listener, context); }).detach();
  return ntohs(at.sin_port);
}

void endpoint::accept_all(int listener, SSL_CTX* context) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread([this, fd, context] {
      if (context == nullptr) {
        plain_stream stream{fd};
        serve(stream);
      } else {
        SSL* const ssl = SSL_new(context);
        SSL_set_fd(ssl, fd);
        tls_stream stream{ssl};
        if (SSL_accept(ssl) == 1) serve(stream);
        SSL_free(ssl);
      }
      ::close(fd);
    }).detach();
  }
}

template <class Stream>
void endpoint::serve(Stream& stream) {
  std::string got;
  char buffer[16384];
  std::mt19937 chance(std::random_device{}());
  for (;;) {
    const auto head_end = got.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::string_view head(got.data(), head_end + 2);
      const std::size_t whole = head_end + 4 + body_length(head);
      if (got.size() >= whole) {
        calls_.fetch_add(1, std::memory_order_relaxed);
        const bool fails =
            failing_ != 0 && std::uniform_int_distribution<unsigned>(0, 99)(chance) < failing_;
        if (stream.write(fails ? failure() : answer(std::string_view(got).substr(0, whole))) <= 0)
          return;
        got.erase(0, whole);
        continue;
      }
    }
    const int size = stream.read(buffer, sizeof buffer);
    if (size <= 0) return;
    got.append(buffer, static_cast<std::size_t>(size));
  }
}

}  // namespace lambda_cache::benchmarks
