// Reads, as the command line makes them.
#pragma once

#include "cli/wanted.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::cli {

inline wanted made(std::string_view name, wiring::entry_options options = {},
                   wiring::view_options view = {}) {
  auto parsed = parse_name(name);
  if (!parsed) throw error(std::move(parsed.error()));
  auto out = make_wanted(std::move(*parsed), std::move(options), std::move(view));
  if (!out) throw error(std::move(out.error()));
  return std::move(*out);
}

inline std::vector<wanted> made(std::initializer_list<std::string_view> names) {
  std::vector<wanted> out;
  for (const std::string_view each : names)
    out.push_back(made(each));
  return out;
}

inline std::string text(const core::secret_bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace lambda_cache::cli
