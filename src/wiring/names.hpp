// What users call the things that are read, where one text has to say it all: "ssm:/app/x",
// "secret:db", "s3://b/k".
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::wiring {

enum class name_kind { parameter, path, secret, object };

struct asked_name {
  name_kind kind = name_kind::parameter;
  std::string given;  // as it was written
  std::string name;   // as its service calls it: without the prefix, an object's URI whole
};

/// The legal forms, for messages.
[[nodiscard]] std::string_view legal_names() noexcept;

/// Errors (invalid_argument): no prefix or an unknown one, with what may have been meant; nothing
/// behind the prefix. What follows it is checked by whoever declares the read.
[[nodiscard]] core::result<asked_name> parse_name(std::string_view given);

}  // namespace lambda_cache::wiring
