// A Lambda function in C++ that reads from the agent while it is initialised, as
// tests/e2e/functions/reads_agent.py does.
#include <lambda_cache/lambda_cache.hpp>

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace {

std::string variable(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
  return text == nullptr ? "" : text;
}

std::string ask(const std::string& target) {
  const int agent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(variable("LAMBDA_CACHE_AGENT_PORT"))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(agent, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("there is no agent");
  const std::string request = "GET " + target +
                              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                              "X-Aws-Parameters-Secrets-Token: " +
                              variable("AWS_SESSION_TOKEN") + "\r\n\r\n";
  if (::send(agent, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
    throw std::runtime_error("the agent does not listen");
  std::string answer;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::recv(agent, piece.data(), piece.size(), 0)) > 0;)
    answer.append(piece.data(), static_cast<std::size_t>(got));
  ::close(agent);
  return answer;
}

/// The text between two others; the texts of this test need no escapes.
std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto at = text.find(begin);
  if (at == std::string_view::npos) throw std::runtime_error("the agent says something else");
  text.remove_prefix(at + begin.size());
  return std::string(text.substr(0, text.find(end)));
}

std::string read_one(const std::string& target, std::string_view member) {
  const std::string answer = ask(target);
  return "[\"" + between(answer, "X-Cache: ", "\r") + "\",\"" + between(answer, member, "\"") +
         "\"]";
}

std::string parameter(const std::string& query) {
  return read_one("/systemsmanager/parameters/get?name=" + query, R"("Value":")");
}

std::string read_all() {
  return "[" + parameter("/app/var") + "," + parameter("/app/key&withDecryption=true") + "," +
         read_one("/secretsmanager/get?secretId=prod/db", R"("SecretString":")") + "]";
}

}  // namespace

int main() {
  return lambda_cache::run([at_start = read_all()](const lambda_cache::request&) {
    return lambda_cache::response::success(at_start);
  });
}
