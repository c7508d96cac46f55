// What a request asks for.
#pragma once

#include "agent/request.hpp"
#include "agent/settings.hpp"
#include "core/clock.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lambda_cache::agent {

enum class subject { parameter, parameters, path, secret, object };

/// A read of one value, or of several that are answered together.
struct wanted {
  subject what = subject::parameter;
  std::vector<std::string> names;  // parameters: any number of them; else one
  std::optional<long long> version = {};
  std::optional<std::string> label = {};
  std::optional<std::string> version_id = {};
  std::optional<std::string> version_stage = {};
  bool decrypt = false;
  bool recursive = true;
  std::string field = {};
  std::string transform = {};

  bool refresh_now = false;
  std::optional<core::nanos> max_age = {};  // as the client's Cache-Control says
  bool json_errors = false;
  std::string if_none_match = {};
};

enum class page { ping, health, metrics, status, status_data };

using route = std::variant<response, page, wanted>;

/// A refusal as an answer, the page, or what is to be read. Neither token nor origin are looked at.
[[nodiscard]] route route_of(const request_view& request, const settings& how);

/// Whether it is for what needs no token and no place: /ping, with any method, and /healthz.
[[nodiscard]] bool is_open_to_all(const request_view& request) noexcept;

/// Whether the client asks for JSON by name in its Accept header.
[[nodiscard]] bool accepts_json(const request_view& request) noexcept;

}  // namespace lambda_cache::agent
