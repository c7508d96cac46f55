#include "sources/secrets_source.hpp"

#include "aws/secrets_codec.hpp"
#include "aws/service_error.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr const char* service = "secretsmanager";
constexpr const char* single = "GetSecretValue";
constexpr const char* batch = "BatchGetSecretValue";
/// 20 secrets of 64 KiB in the longest JSON there is for them.
constexpr std::size_t longest_batch = std::size_t{8} << 20;

}  // namespace

service_request secrets_source::ask_one(const cache::flight_ptr& flying) const {
  return json_request(
      service, single,
      aws::encode_get_secret_value(aws::split_secret_locator(flying->target()->locator)));
}

service_request secrets_source::ask_several(flights asked) const {
  std::vector<std::string_view> ids;
  ids.reserve(asked.size());
  for (const auto& flying : asked)
    ids.emplace_back(flying->target()->locator);
  service_request request = json_request(service, batch, aws::encode_batch_get_secret_value(ids));
  request.max_answer_bytes = longest_batch;
  return request;
}

core::result<secrets_source::values> secrets_source::read_one(std::string_view body,
                                                              const cache::flight_ptr&) const {
  return only(aws::decode_get_secret_value(body));
}

core::result<secrets_source::values> secrets_source::read_several(std::string_view body,
                                                                  flights asked) const {
  const auto all = aws::decode_batch_get_secret_value(body);
  if (!all) return core::fail(all.error());
  values out;
  out.reserve(asked.size());
  for (const auto& flying : asked) {
    const std::string& id = flying->target()->locator;
    const auto found =
        std::ranges::find_if(all->found, [&](const aws::secret& s) { return aws::answers(s, id); });
    if (found != all->found.end()) {
      out.emplace_back(found->value);
      continue;
    }
    const auto refused = std::ranges::find(all->refused, id, &aws::secret_refusal::id);
    if (refused == all->refused.end()) {
      out.emplace_back(std::nullopt);  // the answer had no room for it
      continue;
    }
    // As if it had been asked for alone.
    out.emplace_back(
        core::fail(aws::classify(refused->code, refused->message, service, single, id)));
  }
  return out;
}

std::size_t secrets_source::most_names_per_call() const {
  return aws::max_secrets_per_call;
}

bool secrets_source::goes_with_others(const cache::flight_ptr& flying) const {
  return flying->target()->locator.find('#') == std::string::npos;
}

bool secrets_source::one_denies_all() const {
  return false;
}

bool secrets_source::several_serves_one() const {
  return false;
}

}  // namespace lambda_cache::sources
