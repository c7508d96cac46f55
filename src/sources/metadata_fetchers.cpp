#include "sources/metadata_fetchers.hpp"

#include "aws/crypto.hpp"
#include "aws/text.hpp"
#include "aws/url.hpp"
#include "sources/file_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace lambda_cache::sources {
namespace {

std::string_view body_of(const net::http_response& got) {
  return {got.body.data(), got.body.size()};
}

class container_fetcher final : public key_fetcher {
 public:
  container_fetcher(const fetch_tools& with, const aws::container_source& source)
      : tools_(with), source_(source) {}

  [[nodiscard]] renewal renews() const noexcept override { return renewal::fixed; }

  void fetch(handler done) override {
    // Reads the file now, so that its absence is told at once and not tried again.
    auto first = request();
    if (!first) return done(core::fail(std::move(first.error())));
    net::retry_options options;
    // The endpoint is on this machine: botocore gives it 2 s and 3 tries.
    options.attempt_timeout = std::chrono::seconds(2);
    options.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(6);
    call_.start(
        tools_, options, [this] { return request(); }, retry_passing,
        [done = std::move(done)](core::result<net::http_response>& got) mutable {
          settle_with(done, [&] { return parse(got); });
        });
  }

 private:
  core::result<net::http_request> request() const {
    net::http_request request;
    request.method = "GET";
    request.to = {source_.tls, source_.host, source_.port};
    request.direct = true;  // it gives keys to who is near
    request.target = source_.target;
    request.headers.push_back({"Accept", "application/json"});
    core::secret_bytes token = source_.authorization;
    if (!source_.authorization_file.empty()) {
      auto read =
          read_token_file(source_.authorization_file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
      if (!read) return core::fail(std::move(read.error()));
      token = std::move(*read);
    }
    if (!token.empty())
      request.headers.push_back({"Authorization", std::string(token.begin(), token.end())});
    return request;
  }

  static core::result<aws::credentials> parse(core::result<net::http_response>& got) {
    if (!got) {
      got.error().message = "Fetching container credentials failed: " + got.error().message;
      return core::fail(std::move(got.error()));
    }
    if (got->status != 200)
      return core::fail(refused_with(
          got->status, "The container credentials endpoint answered with HTTP status " +
                           std::to_string(got->status) +
                           ": check AWS_CONTAINER_CREDENTIALS_FULL_URI and "
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN."));
    return aws::parse_container_credentials(body_of(*got));
  }

  fetch_tools tools_;
  const aws::container_source source_;
  owned_call call_;
};

class instance_fetcher final : public key_fetcher {
 public:
  instance_fetcher(const fetch_tools& with, aws::instance_plan plan)
      : tools_(with), plan_(std::move(plan)) {}

  ~instance_fetcher() override { aws::wipe(token_); }
  instance_fetcher(const instance_fetcher&) = delete;
  instance_fetcher& operator=(const instance_fetcher&) = delete;

  [[nodiscard]] renewal renews() const noexcept override { return renewal::fixed; }

  void fetch(handler done) override {
    done_ = std::move(done);
    ask("PUT", "latest/api/token", &instance_fetcher::on_token);
  }

 private:
  using step = void (instance_fetcher::*)(const net::http_response&);

  void ask(const std::string& method, const std::string& path, step next) {
    net::retry_options options;
    options.max_attempts = plan_.attempts;
    options.attempt_timeout = plan_.timeout;
    options.limits.connect_timeout = plan_.timeout;
    call_.start(
        tools_, options, [this, method, path] { return request(method, path); }, retry_passing,
        [this, next](core::result<net::http_response>& got) {
          try {
            if (got && got->status == 200) return (this->*next)(*got);
            fail(got ? "it answered with HTTP status " + std::to_string(got->status)
                     : got.error().message);
          } catch (...) {
            settle_with(done_, []() -> core::result<aws::credentials> { throw; });
          }
        });
  }

  core::result<net::http_request> request(const std::string& method,
                                          const std::string& path) const {
    net::http_request request;
    request.method = method;
    request.to = {plan_.endpoint.tls, plan_.endpoint.host, plan_.endpoint.port};
    request.direct = true;
    request.target = plan_.endpoint.path + path;
    if (method == "PUT")
      request.headers.push_back({"X-aws-ec2-metadata-token-ttl-seconds", "21600"});
    else
      request.headers.push_back({"X-aws-ec2-metadata-token", token_});
    return request;
  }

  void on_token(const net::http_response& got) {
    const std::string_view token = body_of(got);
    if (token.empty() || !std::ranges::all_of(token, aws::text::is_visible))
      return fail("it sent something else than a session token");
    aws::wipe(token_);
    token_ = token;
    ask("GET", roles_path(), &instance_fetcher::on_role);
  }

  void on_role(const net::http_response& got) {
    // One role to an instance; the list ends at the first line.
    const std::string_view all = body_of(got);
    const std::string_view role = all.substr(0, all.find_first_of("\r\n"));
    const auto legal = [](char c) {
      return aws::text::is_alnum(c) || std::string_view("_+=,.@-").contains(c);
    };
    if (role.empty() || !std::ranges::all_of(role, legal))
      return fail("it names no role: give the instance a role (instance profile)");
    ask("GET", roles_path() + std::string(role), &instance_fetcher::on_keys);
  }

  void on_keys(const net::http_response& got) {
    constexpr aws::key_answer_origin origin{
        .who = "the instance metadata service",
        .id = "AccessKeyId",
        .secret = "SecretAccessKey",
        .token = "Token",
        .check_endpoint = "check AWS_EC2_METADATA_SERVICE_ENDPOINT",
        .check_role = "check that the instance has a role and that EC2 may assume it"};
    auto keys = aws::parse_key_answer(body_of(got), origin);
    if (keys && keys->expiration) {
      constexpr std::int64_t longer = 10 * 60;
      const std::int64_t soon = tools_.now() + aws::advisory_refresh_seconds;
      if (*keys->expiration <= soon) keys->expiration = soon + longer;
    }
    std::exchange(done_, nullptr)(std::move(keys));
  }

  void fail(const std::string& reason) {
    // Where nothing answers there is no such service: waiting would not help.
    std::exchange(done_, nullptr)(core::fail(core::make_error(
        error_kind::credentials,
        "No AWS credentials found: the instance metadata service (" +
            aws::host_header(plan_.endpoint) + ") gave none: " + reason +
            ". If this is no EC2 instance, set AWS_PROFILE, or export credentials, for example "
            "with 'eval \"$(aws configure export-credentials --format env)\"'; "
            "AWS_EC2_METADATA_DISABLED=true keeps the service from being asked.")));
  }

  static std::string roles_path() { return "latest/meta-data/iam/security-credentials/"; }

  fetch_tools tools_;
  const aws::instance_plan plan_;
  handler done_;
  std::string token_;
  owned_call call_;
};

}  // namespace

std::unique_ptr<key_fetcher> make_container_fetcher(const fetch_tools& with,
                                                    const aws::container_source& source) {
  return std::make_unique<container_fetcher>(with, source);
}

std::unique_ptr<key_fetcher> make_instance_fetcher(const fetch_tools& with,
                                                   aws::instance_plan plan) {
  return std::make_unique<instance_fetcher>(with, std::move(plan));
}

}  // namespace lambda_cache::sources
