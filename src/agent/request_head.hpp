// How a request is read: its head only, within limits, into memory that is wiped.
#pragma once

#include "agent/request.hpp"
#include "core/secret_memory.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstddef>
#include <vector>

namespace lambda_cache::agent {

/// The token is in the headers.
using request_parser = boost::beast::http::request_parser<boost::beast::http::empty_body,
                                                          core::secret_allocator<char>>;

void set_limits(request_parser& parser, std::size_t max_header_bytes);

struct request_head {
  request_view request;  // points into the parser, and its headers into what was given
  bool is_head = false;  // HEAD: answers have no body
  /// A body, which nobody reads: what stands behind the head is no request.
  bool has_body = false;
  bool keep_alive = false;
};

/// What was parsed. `headers` is where they are put.
[[nodiscard]] request_head head_of(const request_parser& parsed, std::vector<header>& headers);

}  // namespace lambda_cache::agent
