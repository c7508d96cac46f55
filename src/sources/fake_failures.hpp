// How the services, and what lies on the way to them, fail where a test wants them to.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::sources {

/// The error that a fetch of `name` ends with. Without a code the service's own for that kind is
/// taken, or none where no answer comes.
[[nodiscard]] error_info fake_error(error_kind kind, std::string_view code,
                                    std::string_view message, std::string_view service,
                                    std::string_view operation, const std::string& name);

}  // namespace lambda_cache::sources
