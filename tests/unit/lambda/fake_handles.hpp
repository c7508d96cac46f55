// Handles without a cache behind them: tests say what is cached and what a fetch brings.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/handle.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::wiring {

class handle_state {
 public:
  std::string name;
  std::optional<Value> cached;
  /// What a fetch brings; afterwards it is cached.
  std::function<result<Value>()> fetch;
};

}  // namespace lambda_cache::wiring

namespace lambda_cache::test {

/// The names that each round of calls asked for.
inline std::vector<std::vector<std::string>> rounds;
/// The names of the handles that were to be prefetched.
inline std::vector<std::string> prefetched;
inline bool is_in_lambda = false;

[[nodiscard]] Value make_value(std::string_view text);
[[nodiscard]] Value make_list(std::string_view joined);
[[nodiscard]] Value make_several(std::vector<std::pair<std::string, Value>> members);
[[nodiscard]] error make_failure(error_kind kind, std::string message, std::string code = {});

/// A handle that fetches `text`, or fails.
[[nodiscard]] handle fetching(std::string name, std::string text);
[[nodiscard]] handle failing(std::string name, error failure);
/// A handle that has its value already.
[[nodiscard]] handle cached(std::string name, std::string_view text);

/// One value injected as `name`.
[[nodiscard]] binding single(std::string name, handle value);
/// Several under one name.
[[nodiscard]] binding mapping(std::string entry_name, std::vector<binding::item> items);

}  // namespace lambda_cache::test
