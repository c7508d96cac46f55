// Answers of Secrets Manager. Input: a body.
#include "aws/checksum.hpp"
#include "aws/json_text.hpp"
#include "aws/secrets_codec.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {
namespace {

void write_member(core::secret_bytes& out, std::string_view name, std::string_view text) {
  aws::append_json_string(out, name);
  aws::append(out, ":");
  aws::append_json_string(out, text);
}

core::secret_bytes write(const aws::secret& from) {
  core::secret_bytes out;
  aws::append(out, "{");
  write_member(out, "Name", from.name);
  aws::append(out, ",");
  write_member(out, "ARN", from.value.arn);
  aws::append(out, ",");
  write_member(out, "VersionId", from.value.version_id);
  aws::append(out, ",");
  if (from.value.kind == core::value_kind::bytes) {
    write_member(out, "SecretBinary", aws::base64(from.value.view()));
  } else {
    write_member(out, "SecretString", from.value.view());
  }
  aws::append(out, "}");
  return out;
}

void check(const aws::secret& found) {
  const bool binary = found.value.kind == core::value_kind::bytes;
  require(found.value.type == (binary ? "SecretBinary" : "SecretString"), "a secret has its type");
  require(binary || is_utf8(found.value.view()), "text is UTF-8");
  require(aws::answers(found, found.name), "a secret answers its own name");
  const auto again = aws::decode_get_secret_value(view(write(found)));
  require(again && again->name == found.name && again->value.arn == found.value.arn &&
              again->value.version_id == found.value.version_id &&
              again->value.kind == found.value.kind && again->value.content == found.value.content,
          "a secret that is written is read again");
}

void check_refusal(const error_info& why) {
  require_discreet(why);
  require(why.kind == error_kind::protocol && why.retryable, "an answer that is none is passing");
}

}  // namespace

void secrets_answers(std::string_view input) {
  if (const auto one = aws::decode_get_secret_value(input)) {
    check(*one);
  } else {
    check_refusal(one.error());
  }
  if (const auto several = aws::decode_batch_get_secret_value(input)) {
    for (const aws::secret& each : several->found)
      check(each);
    for (const aws::secret_refusal& each : several->refused)
      require(is_utf8(each.id) && is_utf8(each.code) && is_utf8(each.message), "text is UTF-8");
  } else {
    check_refusal(several.error());
  }
  if (const auto described = aws::decode_describe_secret(input)) {
    for (const auto& [stage, version] : described->stages)
      require(!described->version_of(stage).empty() || version.empty() ||
                  std::ranges::any_of(described->stages,
                                      [&](const auto& other) {
                                        return other.first == stage && other.second.empty();
                                      }),
              "a stage has its version");
  } else {
    check_refusal(described.error());
  }
}

}  // namespace lambda_cache::fuzz
