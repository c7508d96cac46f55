// Answers of Parameter Store. Input: a body.
#include "aws/json.hpp"
#include "aws/json_text.hpp"
#include "aws/ssm_codec.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

#include <array>

namespace lambda_cache::fuzz {
namespace {

void write_member(core::secret_bytes& out, std::string_view name, std::string_view text) {
  aws::append_json_string(out, name);
  aws::append(out, ":");
  aws::append_json_string(out, text);
  aws::append(out, ",");
}

core::secret_bytes write(const aws::parameter& from) {
  core::secret_bytes out;
  aws::append(out, R"({"Parameter":{)");
  write_member(out, "Name", from.name);
  write_member(out, "ARN", from.arn);
  write_member(out, "Selector", from.selector);
  write_member(out, "Type", from.value.type);
  write_member(out, "Value", from.value.view());
  aws::append(out, R"("Version":)" + std::to_string(from.value.version) + "}}");
  return out;
}

void check(const aws::parameter& found) {
  for (const std::string_view text : {std::string_view(found.name), std::string_view(found.arn),
                                      std::string_view(found.selector), found.value.view()})
    require(is_utf8(text), "what comes out of JSON is UTF-8");
  require((found.value.kind == core::value_kind::text_list) == (found.value.type == "StringList"),
          "a StringList is a list");
  const auto again = aws::decode_get_parameter(view(write(found)));
  require(again && again->name == found.name && again->arn == found.arn &&
              again->selector == found.selector && again->value.type == found.value.type &&
              again->value.content == found.value.content &&
              again->value.version == found.value.version,
          "a parameter that is written is read again");
}

void check_refusal(const error_info& why) {
  require_discreet(why);
  require(why.kind == error_kind::protocol && why.retryable, "an answer that is none is passing");
}

void check_requests(std::string_view name) {
  const std::array names = {name, name};
  for (const auto& body :
       {aws::encode_get_parameter(name, true), aws::encode_get_parameters(names, false),
        aws::encode_get_parameters_by_path({std::string(name), true, {}}, true, name)}) {
    const aws::json_document document(view(body));
    require(document.object() != nullptr, "a request is JSON");
    const auto sent = aws::find_text(*document.object(), "Name");
    require(!sent || !is_utf8(name) || *sent == name, "a request asks for the name");
  }
}

}  // namespace

void ssm_answers(std::string_view input) {
  if (const auto one = aws::decode_get_parameter(input)) {
    check(*one);
  } else {
    check_refusal(one.error());
  }
  if (const auto several = aws::decode_get_parameters(input)) {
    for (const aws::parameter& each : several->found) {
      check(each);
      const auto* answer = aws::find_answer(*several, each.name + each.selector);
      require(answer == nullptr || (answer >= several->found.data() &&
                                    answer < several->found.data() + several->found.size()),
              "an answer is one of those that came");
    }
    for (const std::string& name : several->invalid)
      require(aws::find_answer(*several, name) == nullptr, "an invalid name has no answer");
  } else {
    check_refusal(several.error());
  }
  if (const auto page = aws::decode_get_parameters_by_path(input)) {
    for (const aws::parameter& each : page->found) {
      check(each);
      for (const std::string_view path : {"/", "/app", "/app/"})
        require(each.name.ends_with(aws::name_below(path, each.name)), "below is a part of it");
    }
    require(is_utf8(page->next_token), "a token is text");
  } else {
    check_refusal(page.error());
  }
  check_requests(input.substr(0, 2048));
}

}  // namespace lambda_cache::fuzz
