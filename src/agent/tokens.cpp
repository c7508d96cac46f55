#include "agent/tokens.hpp"

#include "aws/crypto.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lambda_cache::agent {
namespace {

constexpr std::string_view file_mark = "file://";
constexpr const char* how_to_make_one =
    "Make one that only the programs that may read can read, e.g.: (umask 027 && head -c 32 "
    "/dev/urandom | base64 >/var/run/awssmatoken), and start with --token-file "
    "/var/run/awssmatoken or AWS_TOKEN=file:///var/run/awssmatoken.";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& each : names)
    out += (out.empty() ? "" : ", ") + aws::text::printable(each, 64);
  return out;
}

/// Whether there is a token in it, which is not looked at. `from` is for messages.
core::result<std::optional<std::string>> check_file(const std::string& path,
                                                    const std::string& from) {
  const std::string which = "the token file " + aws::text::quoted(path) + " (" + from + ")";
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return refuse("Cannot read " + which + ": " + std::generic_category().message(errno) + ". " +
                  how_to_make_one);
  struct stat about = {};
  char text[256];
  const bool is_file = ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
  const ssize_t got = is_file ? ::read(descriptor, text, sizeof text) : 0;
  const bool has_text = got > 0 && std::ranges::any_of(text, text + got, [](char c) {
                          return aws::text::is_visible(c);
                        });
  aws::wipe(std::span(reinterpret_cast<unsigned char*>(text), sizeof text));
  ::close(descriptor);
  if (!is_file) return refuse("It is no file: " + which + ". " + how_to_make_one);
  if (!has_text) return refuse("There is no token in " + which + ". " + how_to_make_one);
  if ((about.st_mode & S_IROTH) == 0) return std::nullopt;
  return "Every user of this host may read " + which + ", and with it every value: chmod o-r it.";
}

}  // namespace

core::result<std::optional<std::string>> find_token(serve_settings& how,
                                                    const aws::environment& env) {
  how.agent.tokens.clear();
  if (!how.agent.tcp && how.agent.socket_path.empty())
    return refuse("There is neither a port nor a socket to serve on: name a socket.");
  if (!how.agent.tcp) return std::nullopt;
  std::string token;
  std::string from;
  if (!how.token_file.empty()) {
    token = std::string(file_mark) + how.token_file;
    from = "token_file";
  } else {
    for (const std::string& name : how.token_variables)
      if (auto value = env(name); value && !value->empty()) {
        token = std::move(*value);
        from = name;
        break;
      }
  }
  if (token.empty())
    return refuse("There is no token, so that no program could read anything: none of " +
                  joined(how.token_variables) + " is set. " + how_to_make_one +
                  " Or serve a Unix socket alone: --socket PATH --no-tcp.");
  core::result<std::optional<std::string>> warning;
  if (token.starts_with(file_mark)) warning = check_file(token.substr(file_mark.size()), from);
  if (warning) how.agent.tokens.push_back(std::move(token));
  return warning;
}

}  // namespace lambda_cache::agent
