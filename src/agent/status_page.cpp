#include "agent/status_page.hpp"

#include "aws/base64.hpp"
#include "aws/crypto.hpp"

#include <string>

namespace lambda_cache::agent {
namespace {

/// 'sha256-...' of what stands between the first tag of that name and its end.
std::string hash_of(std::string_view tag) {
  const std::string open = '<' + std::string(tag) + '>';
  const std::size_t from = status_page_html.find(open) + open.size();
  const std::size_t to = status_page_html.find("</" + std::string(tag) + '>', from);
  const auto digest = aws::sha256(status_page_html.substr(from, to - from));
  core::secret_bytes text;
  aws::append_base64(text, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return "'sha256-" + std::string(text.begin(), text.end()) + '\'';
}

}  // namespace

std::string_view status_page_policy() {
  static const std::string policy = "default-src 'none'; script-src " + hash_of("script") +
                                    "; style-src " + hash_of("style") +
                                    "; connect-src 'self'; img-src data:; base-uri 'none'; "
                                    "form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace lambda_cache::agent
