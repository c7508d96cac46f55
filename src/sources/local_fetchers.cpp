#include "sources/local_fetchers.hpp"

#include "aws/redact.hpp"
#include "aws/text.hpp"
#include "net/child_process.hpp"
#include "sources/file_reader.hpp"

#include <optional>
#include <string>
#include <utility>

namespace lambda_cache::sources {
namespace {

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::credentials, std::move(message)));
}

class file_keys_fetcher final : public key_fetcher {
 public:
  file_keys_fetcher(aws::credentials keys, reread_keys reread)
      : first_(std::move(keys)), reread_(std::move(reread)) {}

  [[nodiscard]] renewal renews() const noexcept override { return renewal::fixed; }

  void fetch(handler done) override {
    if (first_) {
      aws::credentials keys = std::move(*first_);
      first_.reset();
      return done(std::move(keys));
    }
    done(reread_());
  }

 private:
  std::optional<aws::credentials> first_;
  const reread_keys reread_;
};

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (aws::text::is_alnum(c) || std::string_view("-_.~").contains(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', digits[byte >> 4U], digits[byte & 0xfU]});
  }
  return out;
}

class sso_fetcher final : public key_fetcher {
 public:
  sso_fetcher(const fetch_tools& with, const credentials_settings& settings, aws::sso_plan plan)
      : tools_(with), settings_(settings), plan_(std::move(plan)) {}

  [[nodiscard]] renewal renews() const noexcept override { return renewal::by_share; }

  void fetch(handler done) override {
    auto endpoint = aws::resolve_endpoint("portal.sso", plan_.region, settings_.sso);
    if (!endpoint) {
      endpoint.error().kind = error_kind::credentials;
      return done(core::fail(std::move(endpoint.error())));
    }
    endpoint_ = std::move(*endpoint);
    if (auto token = read_token(); !token) return done(core::fail(std::move(token.error())));
    net::retry_options options;
    options.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    call_.start(
        tools_, options, [this] { return request(); }, retry_passing,
        [this, done = std::move(done)](core::result<net::http_response>& got) mutable {
          settle_with(done, [&] { return parse(got); });
        });
  }

 private:
  [[nodiscard]] std::string login() const {
    const std::string profile = aws::text::printable(plan_.profile, 120);
    return "run 'aws sso login --profile " + profile +
           "', or export credentials with 'eval \"$(aws configure export-credentials --profile " +
           profile + " --format env)\"'.";
  }

  [[nodiscard]] core::result<aws::sso_token> read_token() const {
    const std::string path =
        aws::expand_path("~/.aws/sso/cache/" + plan_.token_file_name, settings_.env);
    constexpr std::size_t longest = 64 * 1024;
    auto read = read_small_file(path, longest);
    if (!read) return core::fail(std::move(read.error()));
    const std::string profile = "The profile " + aws::text::quoted(plan_.profile);
    if (!*read) return refuse(profile + " uses SSO, and nobody is logged in: " + login());
    auto token = aws::parse_sso_token({(*read)->data(), (*read)->size()});
    if (!token) return refuse(profile + " uses SSO, and its cached token is broken: " + login());
    if (token->expiration <= tools_.now())
      return refuse(profile + " uses SSO, and its login has expired: " + login());
    return token;
  }

  core::result<net::http_request> request() const {
    const auto token = read_token();
    if (!token) return core::fail(token.error());
    net::http_request request;
    request.method = "GET";
    request.to = {endpoint_.tls, endpoint_.host, endpoint_.port};
    request.target = endpoint_.base_path +
                     "/federation/credentials?role_name=" + percent_encoded(plan_.role_name) +
                     "&account_id=" + percent_encoded(plan_.account_id);
    request.headers.push_back({"Host", endpoint_.host_header});
    request.headers.push_back(
        {"x-amz-sso_bearer_token", std::string(token->token.begin(), token->token.end())});
    request.headers.push_back({"User-Agent", "lambda-cache"});
    return request;
  }

  core::result<aws::credentials> parse(core::result<net::http_response>& got) const {
    if (!got) {
      got.error().message = "Asking SSO for credentials failed: " + got.error().message;
      return core::fail(std::move(got.error()));
    }
    const std::string role = plan_.role_name + " in account " + plan_.account_id;
    if (got->status == 401)
      return core::fail(refused_with(401, "SSO refused the cached token of the profile " +
                                              aws::text::quoted(plan_.profile) + ": " + login()));
    if (got->status != 200)
      return core::fail(
          refused_with(got->status, "SSO answered with HTTP status " + std::to_string(got->status) +
                                        " for the role " + aws::text::printable(role, 200) +
                                        ": check sso_role_name and sso_account_id of the profile " +
                                        aws::text::quoted(plan_.profile) +
                                        ", and that you are assigned to it."));
    constexpr aws::key_answer_origin origin{.who = "SSO",
                                            .inside = "roleCredentials",
                                            .id = "accessKeyId",
                                            .secret = "secretAccessKey",
                                            .token = "sessionToken",
                                            .expiration = "expiration",
                                            .expiration_in_milliseconds = true,
                                            .check_endpoint = "check AWS_ENDPOINT_URL_SSO",
                                            .check_role = "check sso_role_name"};
    return aws::parse_key_answer({got->body.data(), got->body.size()}, origin);
  }

  fetch_tools tools_;
  const credentials_settings& settings_;
  const aws::sso_plan plan_;
  aws::endpoint endpoint_;
  owned_call call_;
};

class process_fetcher final : public key_fetcher {
 public:
  process_fetcher(const fetch_tools& with, const credentials_settings& settings,
                  aws::process_plan plan)
      : tools_(with), settings_(settings), plan_(std::move(plan)) {}

  [[nodiscard]] renewal renews() const noexcept override { return renewal::by_share; }

  void fetch(handler done) override {
    done_ = std::move(done);
    child_ = net::child_process::start(
        tools_.loop, plan_.arguments, settings_.process_environment, {},
        [this](core::result<net::child_outcome> ended) { finish(std::move(ended)); });
  }

 private:
  void finish(core::result<net::child_outcome> ended) {
    settle_with(done_, [&] {
      auto keys = parse(std::move(ended));
      if (!keys)
        keys.error().message = "The credential_process of the profile " +
                               aws::text::quoted(plan_.profile) + " (" +
                               aws::text::printable(plan_.arguments.front(), 200) +
                               ") failed: " + keys.error().message;
      return keys;
    });
  }

  static core::result<aws::credentials> parse(core::result<net::child_outcome> ended) {
    if (!ended) return core::fail(std::move(ended.error()));
    if (ended->status != 0) {
      // The command says why on stderr; what looks like a key is taken out of it.
      const std::string said = aws::showable_output(ended->errors);
      return refuse("It ended with status " + std::to_string(ended->status) +
                    (said.empty() ? "." : ": " + said));
    }
    return aws::parse_process_output({ended->output.data(), ended->output.size()});
  }

  fetch_tools tools_;
  const credentials_settings& settings_;
  const aws::process_plan plan_;
  handler done_;
  std::unique_ptr<net::child_process> child_;
};

}  // namespace

std::unique_ptr<key_fetcher> make_file_keys_fetcher(aws::credentials keys, reread_keys reread) {
  return std::make_unique<file_keys_fetcher>(std::move(keys), std::move(reread));
}

std::unique_ptr<key_fetcher> make_sso_fetcher(const fetch_tools& with,
                                              const credentials_settings& settings,
                                              aws::sso_plan plan) {
  return std::make_unique<sso_fetcher>(with, settings, std::move(plan));
}

std::unique_ptr<key_fetcher> make_process_fetcher(const fetch_tools& with,
                                                  const credentials_settings& settings,
                                                  aws::process_plan plan) {
  return std::make_unique<process_fetcher>(with, settings, std::move(plan));
}

}  // namespace lambda_cache::sources
