// What the error codes of AWS services mean to a reader of values.
#pragma once

#include <lambda_cache/error.hpp>

#include <string_view>

namespace lambda_cache::aws {

/// `rejected` for a code that is not known.
[[nodiscard]] error_kind kind_by_code(std::string_view code) noexcept;

/// Whether a refusal's words say that it was about a KMS key: Parameter Store hands on the refusals
/// of KMS under KMS's codes, AccessDeniedException among them.
[[nodiscard]] bool mentions_kms(std::string_view message) noexcept;

}  // namespace lambda_cache::aws
