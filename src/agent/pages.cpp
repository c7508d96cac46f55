#include "agent/pages.hpp"

#include "agent/health.hpp"
#include "agent/metrics.hpp"
#include "agent/status_data.hpp"
#include "agent/status_page.hpp"

#include <utility>

namespace lambda_cache::agent {
namespace {

/// Whoever shows it as a page gets no more than its text.
constexpr std::string_view data_policy = "default-src 'none'; frame-ancestors 'none'";

response document(std::string_view type, std::string_view policy, core::secret_bytes body) {
  response made;
  made.content_type = type;
  made.policy = policy;
  made.body = std::move(body);
  return made;
}

}  // namespace

facts pages::look(std::size_t connections) const {
  const core::instant now = core::now();
  return {.how = how_,
          .cache = known_.cache(),
          .requests = requests_,
          .version = LAMBDA_CACHE_VERSION,
          .connections = connections,
          .uptime = now.boot - started_,
          .now = now};
}

response pages::show(page which, std::size_t connections) const {
  switch (which) {
    case page::ping:
      return text_response(200, "healthy");
    case page::health:
      return document("application/json", data_policy, health_document(look(connections)));
    case page::metrics:
      return document(metrics_type, data_policy, metrics_document(look(connections)));
    case page::status_data:
      return document("application/json", data_policy, status_document(look(connections)));
    case page::status:
      break;
  }
  return document("text/html; charset=utf-8", status_page_policy(),
                  {status_page_html.begin(), status_page_html.end()});
}

}  // namespace lambda_cache::agent
