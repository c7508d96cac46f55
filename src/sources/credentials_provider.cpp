#include "sources/credentials_provider.hpp"

#include <array>
#include <fcntl.h>
#include <string.h>
#include <string>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::sources {
namespace {

// The container endpoint is on this machine: botocore gives it 2 s and 3 tries.
constexpr std::chrono::seconds fetch_timeout{2};

core::result<std::string> read_token_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return core::fail(core::make_error(
        error_kind::credentials, "Cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE " + path +
                                     ": check that the file exists and may be read."));
  std::array<char, 16384> text;  // tokens are one or two KiB
  const ssize_t got = ::read(fd, text.data(), text.size());
  ::close(fd);
  std::string token(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  ::explicit_bzero(text.data(), text.size());
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r'))
    token.pop_back();
  return token;
}

core::result<net::http_request> container_request(const aws::container_source& from) {
  net::http_request request;
  request.method = "GET";
  request.to = {from.tls, from.host, from.port};
  request.target = from.target;
  request.headers.push_back({"Accept", "application/json"});
  std::string token(from.authorization.begin(), from.authorization.end());
  if (!from.authorization_file.empty()) {
    auto read = read_token_file(from.authorization_file);
    if (!read) return core::fail(std::move(read.error()));
    token = std::move(*read);
  }
  if (!token.empty()) request.headers.push_back({"Authorization", std::move(token)});
  return request;
}

error_info none_configured() {
  return core::make_error(
      error_kind::credentials,
      "No AWS credentials found: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor "
      "AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI are set. In Lambda the function's role "
      "provides them; elsewhere export them, for example with "
      "'eval \"$(aws configure export-credentials --format env)\"'.");
}

}  // namespace

credentials_provider::credentials_provider(net::io_loop& loop, net::http_client& http,
                                           aws_credentials_chain chain)
    : loop_(loop), http_(http), chain_(std::move(chain)) {
  if (chain_.fixed) current_ = std::make_shared<const aws::credentials>(std::move(*chain_.fixed));
}

bool credentials_provider::usable(std::int64_t margin) const {
  if (!current_) return false;
  return !current_->expiration || *current_->expiration - margin > ::time(nullptr);
}

void credentials_provider::get(handler done) {
  if (!chain_.container) {
    if (current_) return done(current_);
    return done(core::fail(chain_.broken ? *chain_.broken : none_configured()));
  }
  if (usable(aws::mandatory_refresh_seconds)) {
    // Ahead of expiry: renewed in the background while the old ones still serve.
    if (!usable(aws::advisory_refresh_seconds)) fetch();
    return done(current_);
  }
  waiting_.push_back(std::move(done));
  fetch();
}

bool credentials_provider::renew(const keys& refused) {
  if (!chain_.container) return false;
  if (current_ == refused) current_ = nullptr;
  return true;
}

void credentials_provider::fetch() {
  if (fetching_) return;
  fetching_ = true;
  auto request = container_request(*chain_.container);
  if (!request) {
    loop_.post([this, why = std::move(request.error())]() mutable {
      fetched(core::fail(std::move(why)));
    });
    return;
  }
  http_.send(std::move(*request), {}, std::chrono::steady_clock::now() + fetch_timeout,
             [this](core::result<net::http_response> answer) { fetched(std::move(answer)); });
}

void credentials_provider::fetched(core::result<net::http_response> answer) {
  fetching_ = false;
  if (!answer) {
    answer.error().message = "Fetching container credentials failed: " + answer.error().message;
  } else if (answer->status != 200) {
    answer = core::fail(core::make_error(
        error_kind::credentials,
        "The container credentials endpoint answered with HTTP status " +
            std::to_string(answer->status) +
            ": check AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN."));
  }
  if (answer) {
    auto parsed = aws::parse_container_credentials({answer->body.data(), answer->body.size()});
    if (parsed) {
      current_ = std::make_shared<const aws::credentials>(std::move(*parsed));
      return settle(current_);
    }
    return settle(core::fail(std::move(parsed.error())));
  }
  // Old ones that have not expired beat none.
  if (usable(0)) return settle(current_);
  settle(core::fail(std::move(answer.error())));
}

void credentials_provider::settle(const core::result<keys>& outcome) {
  std::vector<handler> waiting;
  waiting.swap(waiting_);
  for (handler& done : waiting)
    done(outcome);
}

}  // namespace lambda_cache::sources
