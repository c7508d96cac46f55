// A value or the reason why there is none, for callers who do not want exceptions.
#pragma once

#include <lambda_cache/error.hpp>

#include <utility>
#include <variant>

namespace lambda_cache {
inline namespace v0 {

/// Either a T or an error. (std::expected would do, but public headers are C++20.)
template <class T>
class [[nodiscard]] result {
 public:
  using failure_type = ::lambda_cache::v0::error;

  // NOLINTBEGIN(google-explicit-constructor): that is how results are returned
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(failure_type failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws the error if there is none.
  [[nodiscard]] const T& value() const& {
    if (!has_value()) throw std::get<1>(state_);
    return std::get<0>(state_);
  }
  [[nodiscard]] T value() && {
    if (!has_value()) throw std::get<1>(std::move(state_));
    return std::get<0>(std::move(state_));
  }
  /// Undefined without a value.
  [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }
  /// Undefined with a value.
  [[nodiscard]] const failure_type& error() const& noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, failure_type> state_;
};

}  // namespace v0
}  // namespace lambda_cache
