// One request on its way to an answer.
#pragma once

#include "agent/entries.hpp"
#include "agent/request.hpp"
#include "agent/route.hpp"
#include "core/clock.hpp"
#include "wiring/read_operation.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace lambda_cache::agent {

/// A read of what is wanted. One thread only, but for `notify`.
class exchange {
 public:
  exchange(entries& in, const settings& how, wanted what);
  ~exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// First of all: the answer, if it can be given from the cache.
  [[nodiscard]] std::optional<response> look();
  /// Else: reads what look() did not find. The answer, if that needs no wait after all; else
  /// `notify` is called once, from any thread, when poll() has something new.
  [[nodiscard]] std::optional<response> read(std::function<void()> notify);
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
  [[nodiscard]] wiring::read_item item_of(const known_entry& of) const;
  [[nodiscard]] cache::snapshot_ptr look_at(const known_entry& of, const core::moment& now);
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
