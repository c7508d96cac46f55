#include <lambda_cache/error.hpp>
#include <lambda_cache/value.hpp>

#include "core/result.hpp"
#include "core/value_data.hpp"

#include <string>
#include <utility>

namespace lambda_cache {
namespace {

error_info no_such_name(const Value& among, std::string_view name) {
  std::string message = "There is no value '" + std::string(name) + "' in it: it ";
  if (!among.is_several()) {
    message += "is one value, not several.";
  } else if (among.size() == 0) {
    message += "is empty.";
  } else {
    constexpr std::size_t most_listed = 20;
    message += "has ";
    const auto names = among.names();
    for (std::size_t i = 0; i < std::min(names.size(), most_listed); ++i)
      message.append(i == 0 ? "" : ", ").append(names[i]);
    message += names.size() > most_listed ? ", ..." : ".";
  }
  error_info info = core::make_error(error_kind::invalid_argument, std::move(message));
  info.name = name;
  return info;
}

}  // namespace

inline namespace v0 {

std::string_view Value::text() const& noexcept {
  return data_ ? data_->view() : std::string_view{};
}

std::vector<std::string_view> Value::list() const& {
  if (!data_ || is_several()) return {};
  if (!is_list()) return {data_->view()};
  return core::split_list(data_->view());
}

std::vector<std::string_view> Value::list(char delimiter) const& {
  if (!data_ || is_several()) return {};
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

bool Value::is_several() const noexcept {
  return data_ && data_->kind == core::value_kind::several;
}

std::size_t Value::size() const noexcept {
  return data_ ? data_->members.size() : 0;
}

std::vector<std::string_view> Value::names() const& {
  std::vector<std::string_view> out;
  out.reserve(size());
  if (data_)
    for (const core::named_value& each : data_->members)
      out.emplace_back(each.name);
  return out;
}

bool Value::contains(std::string_view name) const noexcept {
  return data_ && core::find_member(*data_, name) != nullptr;
}

const Value& Value::value(std::string_view name) const& {
  const Value* const found = data_ ? core::find_member(*data_, name) : nullptr;
  if (found == nullptr) throw error(no_such_name(*this, name));
  return *found;
}

std::string_view Value::text(std::string_view name) const& {
  return value(name).text();
}

std::vector<std::string_view> Value::list(std::string_view name) const& {
  return value(name).list();
}

std::string_view Value::version_id() const& noexcept {
  return data_ ? std::string_view(data_->version_id) : std::string_view{};
}

std::int64_t Value::version() const noexcept {
  return data_ ? data_->version : 0;
}

}  // namespace v0
}  // namespace lambda_cache
