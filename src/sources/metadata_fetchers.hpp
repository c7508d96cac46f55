// Keys from endpoints of the machine itself: the container's and the EC2 instance's.
#pragma once

#include "aws/credential_plan.hpp"
#include "aws/credentials.hpp"
#include "sources/key_fetcher.hpp"

#include <memory>

namespace lambda_cache::sources {

/// Lambda SnapStart, ECS, EKS Pod Identity. The authorization file is read before each request.
[[nodiscard]] std::unique_ptr<key_fetcher> make_container_fetcher(
    const fetch_tools& with, const aws::container_source& source);

/// IMDSv2: a session token, the role's name, its keys. Keys that are about to expire (the service
/// has trouble of its own) are taken for a little longer, as AWS asks for.
[[nodiscard]] std::unique_ptr<key_fetcher> make_instance_fetcher(const fetch_tools& with,
                                                                 aws::instance_plan plan);

}  // namespace lambda_cache::sources
