#include "aws/json.hpp"

#include "core/secret_memory.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/src.hpp>

#include <cmath>

namespace lambda_cache::aws {

json_memory::json_memory(std::size_t first_block) : blocks_(first_block, core::secret_resource()) {}

void* json_memory::do_allocate(std::size_t bytes, std::size_t alignment) {
  return blocks_.allocate(bytes, alignment);
}

void json_memory::do_deallocate(void*, std::size_t, std::size_t) {}  // all at once, at the end

bool json_memory::do_is_equal(const boost::container::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

json_document::json_document(std::string_view text) : memory_(text.size() + 2048), root_(&memory_) {
  const core::stack_wiper at_end;  // texts with escapes are decoded on the stack
  boost::json::parse_options options;
  options.max_depth = deepest;
  boost::json::parser parser(&memory_, options);
  parser.reset(boost::json::storage_ptr(&memory_));
  boost::json::error_code failed;
  parser.write(text.data(), text.size(), failed);
  if (!failed) {
    root_ = parser.release();
  } else if (failed == boost::json::error::too_deep) {
    defect_ = "is nested deeper than 32 levels";
  } else {
    defect_ = "is not JSON";
  }
}

std::string_view json_document::object_defect() const noexcept {
  return !valid() || root_.is_object() ? defect_ : "is no JSON object";
}

const boost::json::object* json_document::object() const noexcept {
  return valid() ? root_.if_object() : nullptr;
}

const boost::json::value* find_member(const boost::json::object& object,
                                      std::string_view name) noexcept {
  const boost::json::value* found = object.if_contains({name.data(), name.size()});
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<std::string_view> find_text(const boost::json::object& object,
                                          std::string_view name) noexcept {
  const boost::json::value* member = find_member(object, name);
  const boost::json::string* text = member == nullptr ? nullptr : member->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::int64_t> to_unix_milliseconds(const boost::json::value& value) noexcept {
  constexpr double furthest = 253402300800.0;  // the year 10000
  double seconds = 0;
  if (const double* number = value.if_double())
    seconds = *number;
  else if (const auto whole = to_integer(value))
    seconds = static_cast<double>(*whole);
  else
    return std::nullopt;
  if (!(std::abs(seconds) < furthest)) return std::nullopt;
  return std::llround(seconds * 1000);
}

std::optional<std::int64_t> to_integer(const boost::json::value& value) noexcept {
  if (const std::int64_t* number = value.if_int64()) return *number;
  if (const double* number = value.if_double()) {
    // Above 2^53 a double no longer tells neighbours apart.
    if (std::abs(*number) <= 9'007'199'254'740'992.0 && std::trunc(*number) == *number)
      return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

}  // namespace lambda_cache::aws
