// Of a GetObject: the request that is sent, and what a refusal teaches.
#include "aws/endpoints.hpp"
#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "aws/xml_error.hpp"
#include "sources/s3_get.hpp"

#include <cstdlib>
#include <time.h>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// More buckets than a function has; they are learnt again at one call each.
constexpr std::size_t most_buckets = 1000;

}  // namespace

/// What the HTTP client holds: it may live a little longer than the call.
class s3_get::body final : public net::body_sink {
 public:
  explicit body(std::weak_ptr<s3_get> of) : of_(std::move(of)) {}
  core::result<bool> begin(const net::http_response& head) override {
    const auto owner = of_.lock();
    if (!owner || !owner->done_) return core::fail(stopped());
    return owner->begin(head);
  }
  core::result<void> write(std::string_view bytes) override {
    const auto owner = of_.lock();
    if (!owner || !owner->done_) return core::fail(stopped());
    return owner->write(bytes);
  }

 private:
  std::weak_ptr<s3_get> of_;
};

error_info s3_get::stopped() {
  return core::make_error(error_kind::cancelled, "stopped");
}

const std::string& s3_get::region() const {
  const auto known = regions_.find(object_.uri.bucket);
  return known == regions_.end() ? settings_.region : known->second;
}

core::result<net::http_request> s3_get::make_request() {
  if (began_ && reached_ >= plan_.end) {
    // While it waited to go on, somebody else was given the rest.
    complete_ = true;
    return core::fail(stopped());
  }
  attempt_region_ = region();
  aws::endpoint regional = settings_.endpoint;
  if (attempt_region_ != settings_.region && settings_.options.url.empty()) {
    auto other = aws::resolve_endpoint("s3", attempt_region_, settings_.options);
    if (!other) return core::fail(std::move(other.error()));
    regional = std::move(*other);
  }
  const aws::s3_address address = aws::locate(object_.uri, regional);

  aws::object_request what;
  what.version_id = object_.version_id;
  const bool again = began_ || reached_ > 0;
  if (began_) {
    what.if_match = etag_;
  } else {
    what.if_none_match = plan_.if_none_match;
    what.if_match = plan_.if_match;
  }
  if (plan_.part_number != 0 && !began_)
    what.part_number = plan_.part_number;
  else if (again || plan_.end != to_the_end)
    what.range = {reached_, plan_.end};
  auto encoded = aws::encode_get_object(what);

  net::http_request request;
  request.method = "GET";
  request.to = {regional.tls, address.host, regional.port};
  request.target = address.path + (encoded.query.empty() ? "" : "?" + encoded.query);
  const aws::signable_request to_sign{.method = request.method,
                                      .host = address.host_header,
                                      .path = address.path,
                                      .query = encoded.query,
                                      .headers = encoded.headers,
                                      .body = {}};
  const aws::signing_scope scope{.region = attempt_region_,
                                 .service = "s3",
                                 .unix_seconds = ::time(nullptr) + tools_->clock_offset,
                                 .s3 = true};
  request.headers.push_back({"Host", address.host_header});
  for (auto& [name, value] : aws::sign_v4(to_sign, scope, *keys_))
    request.headers.push_back({std::move(name), std::move(value)});
  for (auto& [name, value] : encoded.headers)
    request.headers.push_back({std::move(name), std::move(value)});
  request.headers.push_back({"User-Agent", "lambda-cache"});
  request.sink = std::make_shared<body>(weak_from_this());
  tools_->calls.fetch_add(1, std::memory_order_relaxed);
  attempt_start_ = core::now();
  return request;
}

bool s3_get::correct_clock(const net::http_response& refused) {
  const auto theirs = aws::parse_http_date(refused.find("date"));
  if (!theirs) return false;
  const std::int64_t offset = *theirs - ::time(nullptr);
  if (std::abs(offset - tools_->clock_offset) < 30) return false;
  tools_->clock_offset = offset;
  return true;
}

error_info s3_get::refusal(const net::http_response& got) const {
  return aws::classify({.status = got.status,
                        .body = {got.body.data(), got.body.size()},
                        .error_type_header = {},
                        .request_id = got.find("x-amz-request-id")},
                       "s3", "GetObject", object_.uri.text);
}

/// Whether the refusal says that the bucket is somewhere else.
bool s3_get::learn_region(const net::http_response& refused) {
  if (refused.status != 301 && refused.status != 307 && refused.status != 400) return false;
  std::string found(refused.find("x-amz-bucket-region"));
  const auto error = aws::parse_xml_error({refused.body.data(), refused.body.size()});
  if (refused.status == 400 && (!error || (error->code != "AuthorizationHeaderMalformed" &&
                                           error->code != "IllegalLocationConstraintException")))
    return false;
  if (found.empty() && error) found = error->region;
  if (!aws::is_region(found) || found == attempt_region_ ||
      aws::partition_of(found) != aws::partition_of(settings_.region))
    return false;
  if (regions_.size() >= most_buckets) regions_.clear();
  regions_[object_.uri.bucket] = std::move(found);
  return true;
}

}  // namespace lambda_cache::sources
