// Profiles: what the shared config file and the shared credentials file say together. No I/O.
#pragma once

#include "aws/credentials.hpp"
#include "aws/ini_file.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::aws {

/// Where the two files are, as the environment says: AWS_CONFIG_FILE (~/.aws/config) and
/// AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials), with ~ and $NAME replaced. A path that begins
/// with ~ is empty if HOME is not set.
struct shared_files {
  std::string config;
  std::string credentials;
};
[[nodiscard]] shared_files shared_files_of(const environment& env);

/// "~", "~/x", "$NAME" and "${NAME}" replaced as a shell would; unknown names stay as they are.
/// Empty if "~" is needed and HOME is not set.
[[nodiscard]] std::string expand_path(std::string_view path, const environment& env);

/// The profile that the environment chooses: AWS_DEFAULT_PROFILE, AWS_PROFILE, else none.
[[nodiscard]] std::optional<std::string> chosen_profile(const environment& env);

class shared_config {
 public:
  shared_config() = default;
  /// Texts of the two files; empty for one that does not exist. Errors: those of parse_ini().
  [[nodiscard]] static core::result<shared_config> parse(const shared_files& paths,
                                                         std::string_view config,
                                                         std::string_view credentials);

  /// Whether either file has the profile.
  [[nodiscard]] bool has_profile(std::string_view profile) const noexcept;
  /// A setting of a profile; the credentials file beats the config file.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view profile,
                                                     std::string_view option) const noexcept;
  /// The same from one file only.
  [[nodiscard]] std::optional<std::string_view> find_in_config(
      std::string_view profile, std::string_view option) const noexcept;
  [[nodiscard]] std::optional<std::string_view> find_in_credentials(
      std::string_view profile, std::string_view option) const noexcept;

  /// An [sso-session name] of the config file.
  [[nodiscard]] const ini_section* sso_session(std::string_view name) const noexcept;
  /// endpoint_url of one service in a [services name] of the config file. `known` says whether
  /// there is such a section.
  [[nodiscard]] std::optional<std::string_view> service_endpoint(std::string_view services,
                                                                 std::string_view service_id,
                                                                 bool& known) const noexcept;

 private:
  ini_sections profiles_;      // of the config file, by profile name
  ini_sections sso_sessions_;  // of the config file
  ini_sections services_;      // of the config file
  ini_sections credentials_;   // sections of the credentials file are profiles as they are
};

/// The endpoint that is configured for a service: AWS_ENDPOINT_URL_<ID>, AWS_ENDPOINT_URL, then the
/// profile's [services] section and its endpoint_url. Empty if none is, or if
/// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (ignore_configured_endpoint_urls) is true.
/// `service_id`: "ssm", "secrets_manager", "s3", "sts", "sso".
/// Errors (invalid_argument): a [services] section that does not exist, a flag that is none.
[[nodiscard]] core::result<std::string> configured_endpoint_url(const environment& env,
                                                                const shared_config& files,
                                                                std::string_view profile,
                                                                std::string_view service_id);

/// "true" or "false" in any case; empty counts as false. Errors (invalid_argument) name `option`.
[[nodiscard]] core::result<bool> parse_flag(std::string_view option, std::string_view text);

}  // namespace lambda_cache::aws
