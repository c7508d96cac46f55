#include "sources/caller_identity.hpp"

#include <utility>

namespace lambda_cache::sources {

void ask_caller_identity(std::shared_ptr<tools> with, credentials_provider& who,
                         std::move_only_function<void(identity_answer)> done) {
  const fetch_tools fetching = with->fetching();
  auto call = std::make_shared<sts_call>(fetching, with->store().sts());
  // The call keeps itself and the tools until it has ended.
  call->start(
      {.operation = "GetCallerIdentity",
       .role = {},
       .body = aws::encode_get_caller_identity(),
       .signer = &who},
      [call, with = std::move(with),
       done = std::move(done)](core::result<core::secret_bytes>& answer) mutable {
        const auto difference = call->clock_difference();
        // The loop lets go of it when nothing of it is on the stack any more.
        with->loop.post([call = std::move(call), with] {});
        if (!answer) return done({core::fail(std::move(answer.error())), difference});
        done({aws::decode_get_caller_identity({answer->data(), answer->size()}), difference});
      });
}

}  // namespace lambda_cache::sources
