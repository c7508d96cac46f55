#include <lambda_cache/value.hpp>

#include "core/value_data.hpp"

namespace lambda_cache {
inline namespace v0 {

std::string_view Value::text() const& noexcept {
  return data_ ? data_->view() : std::string_view{};
}

std::vector<std::string_view> Value::list() const& {
  if (!data_) return {};
  if (!is_list()) return {data_->view()};
  return core::split_list(data_->view());
}

std::vector<std::string_view> Value::list(char delimiter) const& {
  if (!data_) return {};
  return core::split_list(data_->view(), delimiter);
}

std::string_view Value::type() const& noexcept {
  return data_ ? std::string_view(data_->type) : std::string_view{};
}

bool Value::is_list() const noexcept {
  return data_ && data_->kind == core::value_kind::text_list;
}

bool Value::is_binary() const noexcept {
  return data_ && data_->kind == core::value_kind::bytes;
}

std::string_view Value::version_id() const& noexcept {
  return data_ ? std::string_view(data_->version_id) : std::string_view{};
}

std::int64_t Value::version() const noexcept {
  return data_ ? data_->version : 0;
}

}  // namespace v0
}  // namespace lambda_cache
