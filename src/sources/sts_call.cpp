#include "sources/sts_call.hpp"

#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "aws/sts_codec.hpp"
#include "core/caught.hpp"

#include <cstdlib>
#include <time.h>
#include <utility>
#include <vector>

namespace lambda_cache::sources {
namespace {

constexpr std::chrono::seconds longest_call{10};

}  // namespace

/// What a step throws is an answer as well.
template <class Step>
void sts_call::guarded(Step step) noexcept {
  try {
    step();
  } catch (...) {
    deliver(core::fail(core::caught()));
  }
}

void sts_call::start(request wanted, handler done) {
  alive_ = std::make_shared<int>();  // what an earlier request waits for is nothing to this one
  wanted_ = std::move(wanted);
  done_ = std::move(done);
  renewed_ = false;
  clock_corrected_ = false;
  keys_ = nullptr;
  until_ = std::chrono::steady_clock::now() + longest_call;
  if (where_.region.empty())
    return deliver(core::fail(
        core::make_error(error_kind::credentials,
                         "sts:" + wanted_.operation +
                             " needs a region: set AWS_REGION, or region in the profile.")));
  auto endpoint = aws::resolve_endpoint("sts", where_.region, where_.endpoint);
  if (!endpoint) {
    endpoint.error().message = "AWS_ENDPOINT_URL_STS: " + endpoint.error().message;
    return deliver(core::fail(std::move(endpoint.error())));
  }
  endpoint_ = std::move(*endpoint);
  ask_keys();
}

void sts_call::ask_keys() {
  if (wanted_.signer == nullptr) return send(nullptr);
  wanted_.signer->get(
      [this, weak = std::weak_ptr(alive_)](core::result<credentials_provider::keys> keys) {
        if (weak.expired()) return;
        guarded([&] {
          if (keys) return send(std::move(*keys));
          error_info why = std::move(keys.error());
          if (wanted_.role) why.message = "To assume " + wanted_.role.role_arn + ": " + why.message;
          deliver(core::fail(std::move(why)));
        });
      });
}

void sts_call::send(credentials_provider::keys keys) {
  keys_ = std::move(keys);
  net::retry_options options;
  options.deadline = until_;
  call_.start(
      tools_, options, [this] { return sign(); },
      [this](core::result<net::http_response>& got) { return judge(got); },
      [this](core::result<net::http_response>& got) { guarded([&] { finish(got); }); });
}

core::result<net::http_request> sts_call::sign() const {
  net::http_request out;
  out.to = {endpoint_.tls, endpoint_.host, endpoint_.port};
  out.target = endpoint_.base_path + "/";
  out.body = wanted_.body;
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Type", std::string(aws::sts_content_type)}};
  out.headers.push_back({"Host", endpoint_.host_header});
  for (const auto& [name, value] : headers)
    out.headers.push_back({name, value});
  if (keys_) {
    const aws::signable_request to_sign{.method = out.method,
                                        .host = endpoint_.host_header,
                                        .path = out.target,
                                        .query = {},
                                        .headers = headers,
                                        .body = {wanted_.body.data(), wanted_.body.size()}};
    const aws::signing_scope scope{.region = where_.region,
                                   .service = "sts",
                                   .unix_seconds = ::time(nullptr) + tools_.clock_offset,
                                   .s3 = false};
    for (auto& [name, value] : aws::sign_v4(to_sign, scope, *keys_))
      out.headers.push_back({std::move(name), std::move(value)});
  }
  out.headers.push_back({"User-Agent", "lambda-cache"});
  return out;
}

error_info sts_call::refusal(const net::http_response& got) const {
  return aws::classify_sts({.status = got.status,
                            .body = {got.body.data(), got.body.size()},
                            .error_type_header = {},
                            .request_id = got.find("x-amzn-requestid")},
                           wanted_.operation, wanted_.role,
                           wanted_.signer == nullptr ? "" : wanted_.signer->describe());
}

net::verdict sts_call::judge(const core::result<net::http_response>& got) {
  if (!got) return got.error().retryable ? net::verdict::back_off : net::verdict::finish;
  if (const auto theirs = aws::parse_http_date(got->find("date")))
    clock_difference_ = *theirs - ::time(nullptr);
  if (got->status == 200) return net::verdict::finish;
  const error_info why = refusal(*got);
  if (aws::is_clock_skew(why) && !clock_corrected_ && correct_clock(*got))
    return net::verdict::retry_once;
  return why.retryable ? net::verdict::back_off : net::verdict::finish;
}

bool sts_call::correct_clock(const net::http_response& refused) {
  const auto theirs = aws::parse_http_date(refused.find("date"));
  if (!theirs) return false;
  const std::int64_t offset = *theirs - ::time(nullptr);
  if (std::abs(offset - tools_.clock_offset) < 30) return false;
  tools_.clock_offset = offset;
  clock_corrected_ = true;
  return true;
}

void sts_call::finish(core::result<net::http_response>& got) {
  if (!got) {
    error_info why = std::move(got.error());
    why.service = "sts";
    why.operation = wanted_.operation;
    why.message = "sts:" + wanted_.operation +
                  (wanted_.role ? " for " + wanted_.role.role_arn : std::string()) +
                  " failed: " + why.message;
    return deliver(core::fail(std::move(why)));
  }
  if (got->status == 200) return deliver(std::move(got->body));
  error_info why = refusal(*got);
  if (aws::is_expired_credentials(why) && wanted_.signer != nullptr && !renewed_ &&
      wanted_.signer->renew(keys_)) {
    renewed_ = true;
    return ask_keys();
  }
  deliver(core::fail(std::move(why)));
}

void sts_call::deliver(core::result<core::secret_bytes> answer) noexcept {
  if (!done_) return;
  auto& loop = tools_.loop;
  auto done = std::exchange(done_, nullptr);
  try {
    done(answer);  // may end this
  } catch (...) {
    loop.note_failure();
  }
}

}  // namespace lambda_cache::sources
