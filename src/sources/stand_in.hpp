// What may stand in for the sources that ask AWS: a cache that has one makes no call of its own.
#pragma once

#include "aws/parameter_path.hpp"
#include "cache/engine.hpp"
#include "sources/remote_source.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lambda_cache::sources {

/// What a source is made for: one service and region.
struct stand_in_part {
  std::string_view service;  // static text
  std::string region;
  bool decrypt = true;
  std::optional<aws::parameter_path> path = {};  // of paths: how deep, and which of what is there
  std::uint64_t max_bytes_in_memory = 0;         // of objects
};

/// Thread-safe.
class stand_in {
 public:
  virtual ~stand_in() = default;
  [[nodiscard]] virtual std::shared_ptr<remote_source> make(cache::engine& engine,
                                                            stand_in_part part) = 0;
  /// How many calls it stood in for.
  [[nodiscard]] virtual std::uint64_t call_count() const = 0;

  /// Around fork(), once for each cache that has it: its lock is held meanwhile, taken last.
  virtual void before_fork() = 0;
  virtual void after_fork_in_parent() = 0;
  virtual void after_fork_in_child() = 0;
};

}  // namespace lambda_cache::sources
