// How many requests came, how they were answered, and how long that took.
#pragma once

#include "agent/request.hpp"
#include "agent/route.hpp"
#include "core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

namespace lambda_cache::agent {

/// What was asked for: few, whatever clients send.
enum class request_label {
  other,  // no such path, a wrong method or query, no HTTP, one connection too many
  ping,
  health,
  metrics,
  status,
  status_data,
  parameter,
  parameters,
  path,
  secret,  // in both forms
  object,
};
inline constexpr std::size_t request_labels = 11;

[[nodiscard]] request_label label_of(const route& asked) noexcept;
/// The path, without what stands for one name.
[[nodiscard]] std::string_view text_of(request_label label) noexcept;
/// Whether values are asked for.
[[nodiscard]] bool is_read(request_label label) noexcept;

/// Times of one kind of answer, as Prometheus has them.
struct histogram {
  /// Upper ends, in nanoseconds: hits take some 10 µs, misses what the service takes.
  static constexpr std::array<core::nanos, 16> ends = {
      25'000,
      50'000,
      100'000,
      250'000,
      500'000,
      core::millisecond,
      5 * core::millisecond,
      10 * core::millisecond,
      25 * core::millisecond,
      50 * core::millisecond,
      100 * core::millisecond,
      250 * core::millisecond,
      500 * core::millisecond,
      core::second,
      core::second * 5 / 2,
      10 * core::second,
  };
  std::array<std::uint64_t, ends.size() + 1> counts = {};  // each of its own range
  std::uint64_t count = 0;
  core::nanos sum = 0;

  void add(core::nanos took) noexcept;
};

/// One thread only.
class request_counts {
 public:
  /// `took`: from the request's head to its answer, not counting how it is sent.
  void count(request_label label, const response& answer, core::nanos took) noexcept;

  /// By status.
  [[nodiscard]] const std::map<int, std::uint64_t>& answers(request_label label) const noexcept {
    return answers_[static_cast<std::size_t>(label)];
  }
  /// Of reads, by where the value came from; `none`: the read failed, or was refused.
  [[nodiscard]] const histogram& times(value_origin from) const noexcept {
    return times_[static_cast<std::size_t>(from)];
  }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  std::array<std::map<int, std::uint64_t>, request_labels> answers_;
  std::array<histogram, 4> times_;
  std::uint64_t total_ = 0;
};

}  // namespace lambda_cache::agent
