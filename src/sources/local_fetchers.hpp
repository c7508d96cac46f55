// Keys that a file or a command of this machine leads to: static ones, SSO, credential_process.
#pragma once

#include "aws/credential_plan.hpp"
#include "sources/credentials_settings.hpp"
#include "sources/key_fetcher.hpp"

#include <functional>
#include <memory>

namespace lambda_cache::sources {

/// Keys written in a file. `reread` reads the files anew, for when a tool has put newer ones there.
using reread_keys = std::function<core::result<aws::credentials>()>;
[[nodiscard]] std::unique_ptr<key_fetcher> make_file_keys_fetcher(aws::credentials keys,
                                                                  reread_keys reread);

/// GetRoleCredentials with the cached token of `aws sso login`. `settings` outlive the fetcher.
[[nodiscard]] std::unique_ptr<key_fetcher> make_sso_fetcher(const fetch_tools& with,
                                                            const credentials_settings& settings,
                                                            aws::sso_plan plan);

[[nodiscard]] std::unique_ptr<key_fetcher> make_process_fetcher(
    const fetch_tools& with, const credentials_settings& settings, aws::process_plan plan);

}  // namespace lambda_cache::sources
