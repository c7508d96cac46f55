// What systemd is told: that the service is ready, that it ends.
#pragma once

#include "aws/credentials.hpp"

#include <string_view>

namespace lambda_cache::agent {

/// One message ("READY=1") to the socket that NOTIFY_SOCKET names, if there is one. Never waits;
/// whether it came there is not known.
void tell_service_manager(const aws::environment& env, std::string_view message) noexcept;

}  // namespace lambda_cache::agent
