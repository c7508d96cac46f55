// What Parameter Store and Secrets Manager have in common: values by name, one or several a call.
#pragma once

#include "cache/engine.hpp"
#include "core/value_data.hpp"
#include "sources/permission_memory.hpp"
#include "sources/remote_source.hpp"
#include "sources/service_call.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::sources {

/// Turns flights into calls: those that come together go together, as many a call as the service
/// takes, the calls side by side. A refusal of several at once is asked again for each, so that
/// each entry fails for its own reason only; what the role may not do is remembered.
class named_values_source : public remote_source {
 public:
  named_values_source(cache::engine& engine, std::shared_ptr<tools> with,
                      service_settings settings);
  ~named_values_source() override;

  void fetch(std::vector<cache::flight_ptr> wanted) override;
  void abandon(const cache::flight_ptr& flight) noexcept override;
  void close() noexcept override;
  void use(std::shared_ptr<tools> with) noexcept override { tools_ = std::move(with); }
  void after_fork_in_child(std::shared_ptr<tools> with) override;

 protected:
  using flights = std::span<const cache::flight_ptr>;
  /// One result for each flight of a call, in order; none where the answer left one out, which is
  /// then asked for alone.
  using values = std::vector<std::optional<core::result<core::value_data>>>;

  /// The operation for one name, and the one for several.
  [[nodiscard]] virtual service_request ask_one(const cache::flight_ptr& flying) const = 0;
  [[nodiscard]] virtual service_request ask_several(flights asked) const = 0;
  /// Errors: protocol. What the answer says of one name only is an error in its place.
  [[nodiscard]] virtual core::result<values> read_one(std::string_view body,
                                                      const cache::flight_ptr& asked) const = 0;
  [[nodiscard]] virtual core::result<values> read_several(std::string_view body,
                                                          flights asked) const = 0;
  [[nodiscard]] virtual std::size_t most_names_per_call() const = 0;
  /// Whether this one can be asked for together with others.
  [[nodiscard]] virtual bool goes_with_others(const cache::flight_ptr& flying) const = 0;
  /// Whether one name that the role may not read makes the service deny all of a call; else a
  /// denial is about the operation.
  [[nodiscard]] virtual bool one_denies_all() const = 0;
  /// Whether a role may be allowed the operation for several, but not the one for one.
  [[nodiscard]] virtual bool several_serves_one() const = 0;

  /// Of an answer about one name, decoded.
  [[nodiscard]] static core::result<values> only(auto decoded) {
    if (!decoded) return core::fail(std::move(decoded.error()));
    values out;
    out.emplace_back(std::move(decoded->value));
    return out;
  }

  /// Whether the answer to a request for several says that who is asked knows no such request: they
  /// are asked for one by one then.
  [[nodiscard]] virtual bool lacks_several(const service_call::answer& /*got*/) const {
    return false;
  }

  /// What a flight ends with; to be called by whoever changes how.
  virtual void complete(const cache::flight_ptr& flying, cache::load brought,
                        const core::moment& now);
  virtual void fail(const cache::flight_ptr& flying, const error_info& why,
                    const core::moment& now);
  /// Something was thrown on the way to either.
  virtual void abort(const cache::flight_ptr& flying, const error_info& why) noexcept;

  [[nodiscard]] cache::engine& engine() const noexcept { return engine_; }
  [[nodiscard]] const service_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] const std::shared_ptr<tools>& with() const noexcept { return tools_; }

 private:
  /// Calls for each entry that follow a refusal of several.
  struct second_round;
  struct attempt;
  struct state;

  void start_all(flights wanted);
  void start(std::vector<cache::flight_ptr> together, bool several,
             const std::shared_ptr<second_round>& round, bool other_tried) noexcept;
  void answered(const std::shared_ptr<attempt>& of, service_call::answer got) noexcept;
  void take_answer(const std::shared_ptr<attempt>& of, service_call::answer got);
  /// Fails those that are not on their way, with the exception that is being handled.
  void abort_idle(flights of) noexcept;
  void learn(const attempt& of, const service_call::answer& got, core::nanos now);
  void settle(attempt& of, service_call::answer& got, const core::moment& now);

  cache::engine& engine_;
  const service_settings settings_;
  std::shared_ptr<tools> tools_;
  std::unique_ptr<state> state_;
};

}  // namespace lambda_cache::sources
