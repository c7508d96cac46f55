#include "sources/credentials_chain.hpp"

#include "sources/file_reader.hpp"
#include "sources/local_fetchers.hpp"
#include "sources/metadata_fetchers.hpp"
#include "sources/refreshing_provider.hpp"
#include "sources/role_fetchers.hpp"

#include <utility>
#include <variant>

namespace lambda_cache::sources {
namespace {

/// The keys of the environment. They stay what they are.
class fixed_provider final : public credentials_provider {
 public:
  explicit fixed_provider(const aws::credentials& held)
      : keys_(std::make_shared<const aws::credentials>(held)) {}
  void get(handler done) override { done(keys_); }
  bool renew(const keys&) override { return false; }
  [[nodiscard]] std::string describe() const override { return "environment"; }

 private:
  const keys keys_;
};

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};

std::string_view view_of(const std::optional<core::secret_bytes>& bytes) {
  return bytes ? std::string_view(bytes->data(), bytes->size()) : std::string_view();
}

}  // namespace

core::result<aws::shared_config> read_shared_config(const aws::environment& env) {
  const aws::shared_files paths = aws::shared_files_of(env);
  const auto config = read_small_file(paths.config, aws::longest_ini_file);
  if (!config) return core::fail(config.error());
  const auto credentials = read_small_file(paths.credentials, aws::longest_ini_file);
  if (!credentials) return core::fail(credentials.error());
  if (!*config && !*credentials) return aws::shared_config();
  return aws::shared_config::parse(paths, view_of(*config), view_of(*credentials));
}

core::result<aws::credential_plan> credentials_chain::plan() const {
  if (settings_.broken) return core::fail(*settings_.broken);
  aws::shared_config files;
  if (!settings_.fixed) {
    auto read = read_shared_config(settings_.env);
    if (!read) return core::fail(std::move(read.error()));
    files = std::move(*read);
  }
  return aws::plan_credentials(
      {.env = settings_.env,
       .files = files,
       .has_environment_keys = settings_.fixed.has_value(),
       .has_container = settings_.container || settings_.container_broken});
}

core::result<std::shared_ptr<credentials_provider>> credentials_chain::make(
    aws::credential_plan plan) const {
  if (std::holds_alternative<aws::environment_plan>(plan.how))
    return std::make_shared<fixed_provider>(*settings_.fixed);
  auto fetcher = fetcher_of(plan);
  if (!fetcher) return core::fail(std::move(fetcher.error()));
  return std::make_shared<refreshing_provider>(tools_, std::move(*fetcher),
                                               std::move(plan.description));
}

core::result<std::unique_ptr<key_fetcher>> credentials_chain::fetcher_of(
    aws::credential_plan& plan) const {
  using made = core::result<std::unique_ptr<key_fetcher>>;
  return std::visit(
      overloaded{
          [](aws::environment_plan&) -> made { std::unreachable(); },
          [&](aws::container_plan&) -> made {
            if (settings_.container_broken) return core::fail(*settings_.container_broken);
            return make_container_fetcher(tools_, *settings_.container);
          },
          [&](aws::file_keys_plan& how) -> made {
            // What the same profile has by then; a file that says something else ends it.
            auto reread = [this]() -> core::result<aws::credentials> {
              auto again = this->plan();
              if (!again) return core::fail(std::move(again.error()));
              aws::credential_plan* at = &*again;
              while (auto* role = std::get_if<aws::assume_role_plan>(&at->how))
                at = role->base.get();
              if (auto* found = std::get_if<aws::file_keys_plan>(&at->how))
                return std::move(found->keys);
              return core::fail(core::make_error(
                  error_kind::credentials,
                  "The keys of the profile have expired, and the shared files have no others."));
            };
            return make_file_keys_fetcher(std::move(how.keys), std::move(reread));
          },
          [&](aws::web_identity_plan& how) -> made {
            return make_web_identity_fetcher(tools_, settings_.sts, std::move(how));
          },
          [&](aws::sso_plan& how) -> made {
            return make_sso_fetcher(tools_, settings_, std::move(how));
          },
          [&](aws::process_plan& how) -> made {
            return make_process_fetcher(tools_, settings_, std::move(how));
          },
          [&](aws::instance_plan& how) -> made {
            return make_instance_fetcher(tools_, std::move(how));
          },
          [&](aws::assume_role_plan& how) -> made {
            auto base = make(std::move(*how.base));
            if (!base) return core::fail(std::move(base.error()));
            return make_role_fetcher(tools_, settings_.sts, std::move(how.role), std::move(*base));
          }},
      plan.how);
}

void credentials_chain::get(handler done) {
  if (!chosen_) {
    // What is wrong may be mended before the next time: an error is not kept.
    auto planned = plan();
    if (!planned) return done(core::fail(std::move(planned.error())));
    auto made = make(std::move(*planned));
    if (!made) return done(core::fail(std::move(made.error())));
    chosen_ = std::move(*made);
  }
  chosen_->get(std::move(done));
}

bool credentials_chain::renew(const keys& refused) {
  return chosen_ && chosen_->renew(refused);
}

std::string credentials_chain::describe() const {
  return chosen_ ? chosen_->describe() : std::string();
}

credentials_store::credentials_store(const fetch_tools& with, credentials_settings settings)
    : tools_(with),
      settings_(std::move(settings)),
      base_(std::make_shared<credentials_chain>(tools_, settings_)) {}

credentials_provider& credentials_store::for_role(const aws::role_settings& role) {
  if (!role) return *base_;
  aws::role_settings wanted = role;
  if (wanted.session_name.empty())
    wanted.session_name =
        aws::default_session_name(settings_.env("AWS_LAMBDA_FUNCTION_NAME").value_or(""));
  // Which has no line ends.
  std::string key = aws::identity_of(wanted);
  if (wanted.duration) key += '\n' + std::to_string(*wanted.duration);
  auto& provider = roles_[key];
  if (!provider) {
    std::string description = "role " + wanted.role_arn + " assumed with the default credentials";
    provider = std::make_shared<refreshing_provider>(
        tools_, make_role_fetcher(tools_, settings_.sts, std::move(wanted), base_),
        std::move(description));
  }
  return *provider;
}

}  // namespace lambda_cache::sources
