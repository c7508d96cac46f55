// One request on its way to an answer.
#pragma once

#include "agent/entries.hpp"
#include "agent/request.hpp"
#include "agent/route.hpp"
#include "core/clock.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace lambda_cache::wiring {
class read_operation;
}

namespace lambda_cache::agent {

/// A read of what is wanted. One thread only, but for `notify`.
class exchange {
 public:
  exchange(entries& in, const settings& how, wanted what);
  ~exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// The answer, if it can be given without waiting. Else `notify` is called once, from any thread,
  /// when poll() has something new; it must not throw.
  [[nodiscard]] std::optional<response> start(std::function<void()> notify);
  /// The answer, once everything is there or its time is over.
  [[nodiscard]] std::optional<response> poll();
  /// When poll() should be called though nothing was notified; no_deadline: never.
  [[nodiscard]] core::deadline next_wake();
  /// The client has gone.
  void give_up();

 private:
  struct part {
    std::shared_ptr<known_entry> entry;  // null: `failure` says why
    cache::snapshot_ptr value;
    value_origin from = value_origin::none;
    std::optional<error_info> failure;
    std::size_t place = 0;  // in the read
  };
  bool look_at_all();
  void start_reading(std::function<void()> notify);
  [[nodiscard]] response answer();
  [[nodiscard]] response answer_one(part& of);
  [[nodiscard]] response answer_many();
  void fill_value(response& out, part& of);
  [[nodiscard]] bool json_errors() const;

  entries& in_;
  const settings& how_;
  wanted what_;
  std::vector<part> parts_;
  std::shared_ptr<wiring::read_operation> reading_;
};

}  // namespace lambda_cache::agent
