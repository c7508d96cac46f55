#include "sources/agent_source.hpp"

#include "aws/agent_codec.hpp"
#include "aws/s3_uri.hpp"
#include "aws/secret_id.hpp"
#include "aws/secrets_codec.hpp"
#include "aws/ssm_codec.hpp"
#include "sources/agent_exchange.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr const char* several_parameters = "GetParameters";
/// What a path may hold (path_limits), in JSON of its longest form, with what is told of each.
constexpr std::size_t longest_path = std::size_t{400} << 20;

const char* decryption(bool wanted) {
  return wanted ? "withDecryption=true" : "withDecryption=false";
}

service_request get(const char* operation, std::string target) {
  service_request out;
  out.operation = operation;
  out.target = std::move(target);
  return out;
}

error_info unanswered(const std::string& name) {
  error_info why = core::make_error(error_kind::protocol,
                                    "The agent's answer does not mention " + name +
                                        ", which was asked for: is it a lambda-cache agent?");
  why.service = "ssm";
  why.operation = several_parameters;
  why.name = name;
  return why;
}

}  // namespace

agent_parameters::agent_parameters(cache::engine& engine, std::shared_ptr<tools> with,
                                   service_settings settings, bool decrypt)
    : named_values_source(engine, std::move(with), std::move(settings)), decrypt_(decrypt) {}

void agent_parameters::fetch(std::vector<cache::flight_ptr> wanted) {
  // One that is forced would force the others that it goes with.
  const auto others = std::stable_partition(wanted.begin(), wanted.end(),
                                            [](const auto& flying) { return flying->forced(); });
  std::vector<cache::flight_ptr> rest(others, wanted.end());
  wanted.erase(others, wanted.end());
  if (!wanted.empty()) named_values_source::fetch(std::move(wanted));
  if (!rest.empty()) named_values_source::fetch(std::move(rest));
}

service_request agent_parameters::ask_one(const cache::flight_ptr& flying) const {
  return get("GetParameter", std::string("/systemsmanager/parameters/get?") + decryption(decrypt_) +
                                 "&name=" + aws::encode_query(flying->target()->locator));
}

service_request agent_parameters::ask_several(flights asked) const {
  std::string target = std::string("/systemsmanager/parameters/get-many?") + decryption(decrypt_);
  for (const auto& flying : asked)
    target += "&name=" + aws::encode_query(flying->target()->locator);
  return get(several_parameters, std::move(target));
}

core::result<agent_parameters::values> agent_parameters::read_one(std::string_view body,
                                                                  const cache::flight_ptr&) const {
  return only(aws::decode_get_parameter(body));
}

core::result<agent_parameters::values> agent_parameters::read_several(std::string_view body,
                                                                      flights asked) const {
  const auto all = aws::decode_get_parameters(body);
  if (!all) return core::fail(all.error());
  const auto misses = aws::decode_agent_misses(body);
  values out;
  out.reserve(asked.size());
  for (const auto& flying : asked) {
    const std::string& name = flying->target()->locator;
    const auto missed = std::ranges::find(misses, name, &aws::agent_miss::name);
    if (missed != misses.end())
      out.emplace_back(core::fail(explain_miss(
          *missed, {.service = "ssm", .operation = several_parameters, .name = name})));
    else if (const aws::parameter* found = aws::find_answer(*all, name))
      out.emplace_back(found->value);
    else if (std::ranges::find(all->invalid, name) != all->invalid.end())
      out.emplace_back(std::nullopt);  // asked for alone, it is told why
    else
      out.emplace_back(core::fail(unanswered(name)));
  }
  return out;
}

std::size_t agent_parameters::most_names_per_call() const {
  return aws::max_names_per_call;
}

bool agent_parameters::lacks_several(const service_call::answer& got) const {
  if (got.result || got.status < 400 || got.status >= 500) return false;
  const error_info& why = got.result.error();
  return why.kind == error_kind::rejected && why.code.empty();
}

service_request agent_secrets::ask_one(const cache::flight_ptr& flying) const {
  const auto which = aws::split_secret_locator(flying->target()->locator);
  std::string target = "/secretsmanager/get?secretId=" + aws::encode_query(which.id);
  if (!which.version_id.empty()) target += "&versionId=" + aws::encode_query(which.version_id);
  if (!which.version_stage.empty())
    target += "&versionStage=" + aws::encode_query(which.version_stage);
  // AWS's agent knows it in this place only.
  if (flying->forced()) target += "&refreshNow=true";
  return get("GetSecretValue", std::move(target));
}

service_request agent_secrets::ask_several(flights asked) const {
  return ask_one(asked.front());
}

core::result<agent_secrets::values> agent_secrets::read_one(std::string_view body,
                                                            const cache::flight_ptr&) const {
  return only(aws::decode_get_secret_value(body));
}

core::result<agent_secrets::values> agent_secrets::read_several(std::string_view body,
                                                                flights asked) const {
  return read_one(body, asked.front());
}

service_request agent_path_request(const aws::parameter_path& of, bool decrypt) {
  service_request out =
      get("GetParametersByPath", std::string("/systemsmanager/parameters/by-path?") +
                                     decryption(decrypt) +
                                     (of.recursive ? "&recursive=true" : "&recursive=false") +
                                     "&path=" + aws::encode_query(of.path));
  out.max_answer_bytes = longest_path;
  return out;
}

std::shared_ptr<remote_source> make_agent_source(cache::engine& engine, std::shared_ptr<tools> with,
                                                 service_settings settings, bool decrypt) {
  if (settings.service == "ssm")
    return std::make_shared<agent_parameters>(engine, std::move(with), std::move(settings),
                                              decrypt);
  return std::make_shared<agent_secrets>(engine, std::move(with), std::move(settings));
}

}  // namespace lambda_cache::sources
