#include "agent/pages.hpp"

namespace lambda_cache::agent {

response pages::show(page which) {
  switch (which) {
    case page::ping:
      return text_response(200, "healthy");
    case page::health:
    case page::metrics:
    case page::status:
    case page::status_data:
      break;
  }
  return text_response(404, "Not found");
}

void pages::count(const response& /*answer*/) noexcept {
  ++answers_;
}

}  // namespace lambda_cache::agent
