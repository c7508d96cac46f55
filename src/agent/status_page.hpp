// The status page: src/agent/status_page.html, which is built in.
#pragma once

#include <string_view>

namespace lambda_cache::agent {

/// The page as it was written (cmake/embed_status_page.cmake).
extern const std::string_view status_page_html;

/// Its Content-Security-Policy: its own style and script, by their hashes, and answers of this
/// server. Lives as long as the process.
[[nodiscard]] std::string_view status_page_policy();

}  // namespace lambda_cache::agent
