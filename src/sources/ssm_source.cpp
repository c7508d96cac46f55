#include "sources/ssm_source.hpp"

#include "aws/ssm_codec.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr const char* single = "GetParameter";
constexpr const char* batch = "GetParameters";

error_info not_found(const std::string& name) {
  error_info why;
  why.kind = error_kind::not_found;
  why.service = "ssm";
  why.operation = batch;
  why.code = "ParameterNotFound";
  why.name = name;
  why.http_status = 200;
  why.message = "ParameterNotFound: there is no parameter " + name +
                " in this region (or no such version or label). Check the name, the region and "
                "the account, or create it.";
  return why;
}

error_info unanswered(const std::string& name) {
  error_info why = core::make_error(
      error_kind::protocol, "The answer of " + std::string(batch) + " does not mention " + name +
                                ", which was asked for: is the endpoint really SSM?");
  why.service = "ssm";
  why.operation = batch;
  why.name = name;
  return why;
}

}  // namespace

ssm_source::ssm_source(cache::engine& engine, std::shared_ptr<tools> with,
                       service_settings settings, bool decrypt)
    : named_values_source(engine, std::move(with), std::move(settings)), decrypt_(decrypt) {}

service_request ssm_source::ask_one(const cache::flight_ptr& flying) const {
  return json_request("AmazonSSM", single,
                      aws::encode_get_parameter(flying->target()->locator, decrypt_));
}

service_request ssm_source::ask_several(flights asked) const {
  std::vector<std::string_view> names;
  names.reserve(asked.size());
  for (const auto& flying : asked)
    names.emplace_back(flying->target()->locator);
  return json_request("AmazonSSM", batch, aws::encode_get_parameters(names, decrypt_));
}

core::result<ssm_source::values> ssm_source::read_one(std::string_view body,
                                                      const cache::flight_ptr&) const {
  return only(aws::decode_get_parameter(body));
}

core::result<ssm_source::values> ssm_source::read_several(std::string_view body,
                                                          flights asked) const {
  const auto all = aws::decode_get_parameters(body);
  if (!all) return core::fail(all.error());
  values out;
  out.reserve(asked.size());
  for (const auto& flying : asked) {
    const std::string& name = flying->target()->locator;
    if (const aws::parameter* found = aws::find_answer(*all, name))
      out.emplace_back(found->value);
    else if (std::ranges::find(all->invalid, name) != all->invalid.end())
      out.emplace_back(core::fail(not_found(name)));
    else
      out.emplace_back(core::fail(unanswered(name)));
  }
  return out;
}

std::size_t ssm_source::most_names_per_call() const {
  return aws::max_names_per_call;
}

bool ssm_source::goes_with_others(const cache::flight_ptr&) const {
  return true;
}

bool ssm_source::one_denies_all() const {
  return true;
}

bool ssm_source::several_serves_one() const {
  return true;
}

}  // namespace lambda_cache::sources
