#include "sources/role_fetchers.hpp"

#include "aws/sts_codec.hpp"
#include "sources/file_reader.hpp"

#include <utility>

namespace lambda_cache::sources {
namespace {

sts_call::handler decoded(std::string operation, key_fetcher::handler done) {
  return [operation = std::move(operation),
          done = std::move(done)](core::result<core::secret_bytes>& answer) mutable {
    settle_with(done, [&]() -> core::result<aws::credentials> {
      if (!answer) return core::fail(std::move(answer.error()));
      return aws::decode_assumed_role({answer->data(), answer->size()}, operation);
    });
  };
}

class role_fetcher final : public key_fetcher {
 public:
  role_fetcher(const fetch_tools& with, const sts_settings& where, aws::role_settings role,
               std::shared_ptr<credentials_provider> base)
      : role_(std::move(role)), base_(std::move(base)), call_(with, where) {}

  [[nodiscard]] renewal renews() const noexcept override { return renewal::by_share; }

  void fetch(handler done) override {
    call_.start({.operation = "AssumeRole",
                 .role = role_,
                 .body = aws::encode_assume_role(role_),
                 .signer = base_.get()},
                decoded("AssumeRole", std::move(done)));
  }

 private:
  const aws::role_settings role_;
  const std::shared_ptr<credentials_provider> base_;
  sts_call call_;
};

class web_identity_fetcher final : public key_fetcher {
 public:
  web_identity_fetcher(const fetch_tools& with, const sts_settings& where,
                       aws::web_identity_plan plan)
      : plan_(std::move(plan)), call_(with, where) {}

  [[nodiscard]] renewal renews() const noexcept override { return renewal::by_share; }

  void fetch(handler done) override {
    constexpr const char* operation = "AssumeRoleWithWebIdentity";
    const auto token = read_token_file(plan_.token_file, "the web identity token file");
    if (!token) return done(core::fail(token.error()));
    call_.start({.operation = operation,
                 .role = plan_.role,
                 .body = aws::encode_assume_role_with_web_identity(plan_.role,
                                                                   {token->data(), token->size()}),
                 .signer = nullptr},
                decoded(operation, std::move(done)));
  }

 private:
  const aws::web_identity_plan plan_;
  sts_call call_;
};

}  // namespace

std::unique_ptr<key_fetcher> make_role_fetcher(const fetch_tools& with, const sts_settings& where,
                                               aws::role_settings role,
                                               std::shared_ptr<credentials_provider> base) {
  return std::make_unique<role_fetcher>(with, where, std::move(role), std::move(base));
}

std::unique_ptr<key_fetcher> make_web_identity_fetcher(const fetch_tools& with,
                                                       const sts_settings& where,
                                                       aws::web_identity_plan plan) {
  return std::make_unique<web_identity_fetcher>(with, where, std::move(plan));
}

}  // namespace lambda_cache::sources
