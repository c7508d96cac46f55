// Keys from STS: of a role assumed with other credentials, or with a token.
#pragma once

#include "aws/credential_plan.hpp"
#include "aws/role.hpp"
#include "sources/credentials_provider.hpp"
#include "sources/key_fetcher.hpp"
#include "sources/sts_call.hpp"

#include <memory>

namespace lambda_cache::sources {

/// AssumeRole, signed with `base`. `role` has a session name; `where` outlives the fetcher.
[[nodiscard]] std::unique_ptr<key_fetcher> make_role_fetcher(
    const fetch_tools& with, const sts_settings& where, aws::role_settings role,
    std::shared_ptr<credentials_provider> base);

/// AssumeRoleWithWebIdentity; the token's file is read before each request.
[[nodiscard]] std::unique_ptr<key_fetcher> make_web_identity_fetcher(const fetch_tools& with,
                                                                     const sts_settings& where,
                                                                     aws::web_identity_plan plan);

}  // namespace lambda_cache::sources
