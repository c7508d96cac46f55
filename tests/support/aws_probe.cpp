// Lets tests in other languages ask src/aws: one JSON object per line in, one per line out.
//
// "op" chooses the question; bytes travel as hexadecimal. A refusal is answered with "error", the
// kind, and "message".
#include "aws/checksum.hpp"
#include "aws/command_line.hpp"
#include "aws/endpoints.hpp"
#include "aws/ini_file.hpp"
#include "aws/parameter_name.hpp"
#include "aws/s3_codec.hpp"
#include "aws/s3_uri.hpp"
#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "aws/ssm_codec.hpp"
#include "aws/text.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;
namespace aws = lambda_cache::aws;
namespace core = lambda_cache::core;

namespace {

std::string text(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  return member == nullptr ? std::string() : json::value_to<std::string>(*member);
}

bool flag(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  return member != nullptr && member->as_bool();
}

std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1])));
  return out;
}

core::secret_bytes secret(std::string_view bytes) {
  return {bytes.begin(), bytes.end()};
}

json::object refusal(const lambda_cache::error_info& error) {
  return {{"error", std::string(to_string(error.kind))},
          {"message", error.message},
          {"code", error.code},
          {"retryable", error.retryable}};
}

json::object sign(const json::object& question) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const json::value& entry : question.at("headers").as_array())
    headers.emplace_back(json::value_to<std::string>(entry.at(0)),
                         json::value_to<std::string>(entry.at(1)));
  const std::string method = text(question, "method");
  const std::string host = text(question, "host");
  const std::string path = text(question, "path");
  const std::string query = text(question, "query");
  const std::string body = from_hex(text(question, "body"));
  const std::string region = text(question, "region");
  const std::string service = text(question, "service");
  aws::credentials keys;
  keys.access_key_id = text(question, "id");
  keys.secret_access_key = secret(text(question, "secret"));
  keys.session_token = secret(text(question, "token"));

  const aws::signing_scope scope{region, service, question.at("time").as_int64(),
                                 flag(question, "s3")};
  json::array added;
  for (const auto& [name, value] :
       aws::sign_v4({method, host, path, query, headers, body}, scope, keys))
    added.push_back({name, value});
  return {{"headers", added}};
}

json::object endpoint(const json::object& question) {
  const auto found = aws::resolve_endpoint(
      text(question, "service"), text(question, "region"),
      {text(question, "url"), flag(question, "fips"), flag(question, "dual_stack")});
  if (!found) return refusal(found.error());
  return {{"tls", found->tls},
          {"host", found->host},
          {"port", found->port},
          {"base_path", found->base_path},
          {"host_header", found->host_header},
          {"is_aws", found->is_aws},
          {"partition", std::string(aws::partition_of(text(question, "region")))}};
}

/// A whole GetObject, signed.
json::object get_object(const json::object& question) {
  const auto uri = aws::parse_s3_uri(text(question, "uri"));
  if (!uri) return refusal(uri.error());
  const std::string region = text(question, "region");
  const auto found = aws::resolve_endpoint(
      "s3", region, {text(question, "url"), flag(question, "fips"), flag(question, "dual_stack")});
  if (!found) return refusal(found.error());
  const aws::s3_address address = aws::locate(*uri, *found);
  const std::string version = text(question, "version_id");
  const std::string etag = text(question, "if_none_match");
  aws::object_request what;
  what.version_id = version;
  what.if_none_match = etag;
  if (flag(question, "range")) what.range = {5, 10};
  const auto encoded = aws::encode_get_object(what);
  aws::credentials keys;
  keys.access_key_id = text(question, "id");
  keys.secret_access_key = secret(text(question, "secret"));
  keys.session_token = secret(text(question, "token"));
  json::object headers;
  for (const auto& [name, value] : encoded.headers)
    headers[aws::text::lower(name)] = value;
  for (const auto& [name, value] :
       aws::sign_v4({"GET", address.host_header, address.path, encoded.query, encoded.headers, {}},
                    {region, "s3", question.at("time").as_int64(), true}, keys))
    headers[aws::text::lower(name)] = value;
  return {{"url", (found->tls ? "https://" : "http://") + address.host_header + address.path +
                      (encoded.query.empty() ? "" : "?" + encoded.query)},
          {"headers", headers}};
}

json::object checksum(const json::object& question) {
  json::object all;
  const std::string bytes = from_hex(text(question, "body"));
  for (const auto algorithm : {aws::checksum_algorithm::crc32, aws::checksum_algorithm::sha1,
                               aws::checksum_algorithm::sha256}) {
    aws::checksum sum(algorithm);
    sum.update(bytes);
    all[aws::to_string(algorithm)] = aws::base64(sum.digest());
  }
  return all;
}

json::object encode(const json::object& question) {
  std::vector<std::string> names;
  for (const json::value& name : question.at("names").as_array())
    names.push_back(json::value_to<std::string>(name));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const bool decrypt = flag(question, "decrypt");
  const core::secret_bytes one = aws::encode_get_parameter(views.front(), decrypt);
  const core::secret_bytes all = aws::encode_get_parameters(views, decrypt);
  return {{"get_parameter", json::string_view(one.data(), one.size())},
          {"get_parameters", json::string_view(all.data(), all.size())}};
}

json::object describe(const aws::parameter& found) {
  const std::string_view value = found.value.view();
  return {{"Name", found.name},
          {"ARN", found.arn},
          {"Selector", found.selector},
          {"Type", found.value.type},
          {"Version", found.value.version},
          {"is_list", found.value.kind == core::value_kind::text_list},
          {"Value", json::string_view(value.data(), value.size())}};
}

json::object decode_one(const json::object& question) {
  const auto found = aws::decode_get_parameter(from_hex(text(question, "body")));
  return found ? describe(*found) : refusal(found.error());
}

json::object decode_many(const json::object& question) {
  const auto found = aws::decode_get_parameters(from_hex(text(question, "body")));
  if (!found) return refusal(found.error());
  json::array parameters;
  for (const aws::parameter& entry : found->found)
    parameters.push_back(describe(entry));
  return {{"Parameters", parameters},
          {"InvalidParameters", json::array(found->invalid.begin(), found->invalid.end())}};
}

json::object encode_page(const json::object& question) {
  aws::parameter_path of{.path = text(question, "path"), .recursive = flag(question, "recursive")};
  for (const json::value& each : question.at("filters").as_array()) {
    const json::object& given = each.as_object();
    of.filters.push_back({text(given, "Key"),
                          json::value_to<std::vector<std::string>>(given.at("Values")),
                          text(given, "Option") == "BeginsWith"});
  }
  const core::secret_bytes body =
      aws::encode_get_parameters_by_path(of, flag(question, "decrypt"), text(question, "token"));
  return {{"body", json::string_view(body.data(), body.size())}};
}

json::object decode_page(const json::object& question) {
  const auto found = aws::decode_get_parameters_by_path(from_hex(text(question, "body")));
  if (!found) return refusal(found.error());
  json::array parameters;
  for (const aws::parameter& entry : found->found)
    parameters.push_back(describe(entry));
  return {{"Parameters", parameters}, {"NextToken", found->next_token}};
}

json::object classify(const json::object& question) {
  const std::string body = from_hex(text(question, "body"));
  const std::string header = text(question, "header");
  const aws::service_reply reply{static_cast<int>(question.at("status").as_int64()), body, header,
                                 "request-1"};
  return refusal(aws::classify(reply, text(question, "service"), text(question, "operation"),
                               text(question, "name")));
}

json::object ini(const json::object& question) {
  const auto sections = aws::parse_ini(from_hex(text(question, "text")), "file");
  if (!sections) return refusal(sections.error());
  json::object out;
  for (const aws::ini_section& section : *sections) {
    json::object options;
    for (const aws::ini_option& option : section.options) {
      json::object nested;
      for (const auto& [name, value] : option.nested)
        nested[std::string_view(name)] = std::string_view(value);
      options[std::string_view(option.name)] =
          option.has_nested ? json::value(nested) : json::value(std::string_view(option.value));
    }
    out[std::string_view(section.name)] = options;
  }
  return {{"sections", out}};
}

json::object split(const json::object& question) {
  const auto words = aws::split_command(text(question, "text"));
  if (!words) return {{"words", nullptr}};
  return {{"words", json::array(words->begin(), words->end())}};
}

json::object answer(const json::object& question) {
  const std::string op = text(question, "op");
  if (op == "sign") return sign(question);
  if (op == "endpoint") return endpoint(question);
  if (op == "get_object") return get_object(question);
  if (op == "checksum") return checksum(question);
  if (op == "encode") return encode(question);
  if (op == "decode_get_parameter") return decode_one(question);
  if (op == "decode_get_parameters") return decode_many(question);
  if (op == "ini") return ini(question);
  if (op == "split") return split(question);
  if (op == "encode_get_parameters_by_path") return encode_page(question);
  if (op == "decode_get_parameters_by_path") return decode_page(question);
  if (op == "classify") return classify(question);
  throw std::runtime_error("unknown op " + op);
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << json::serialize(answer(json::parse(line).as_object())) << '\n';
  return 0;
}
