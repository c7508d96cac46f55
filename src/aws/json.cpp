#include "aws/json.hpp"

#include "core/secret_memory.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/src.hpp>

#include <array>
#include <cmath>
#include <new>

namespace lambda_cache::aws {
namespace {

/// core::secret_resource() with the base class that Boost 1.81 expects.
class secret_upstream final : public boost::json::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return core::secret_allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    core::secret_release(block, bytes, alignment);
  }
  bool do_is_equal(const boost::container::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

boost::json::storage_ptr secret_storage() {
  // Never destroyed: late threads may still parse.
  alignas(secret_upstream) static std::array<std::byte, sizeof(secret_upstream)> storage;
  static auto* only = new (storage.data()) secret_upstream();
  return boost::json::storage_ptr(only);
}

}  // namespace

json_document::json_document(std::string_view text)
    : memory_(text.size() + 1024, secret_storage()), root_(&memory_) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::json::parser parser(secret_storage(), options);
  parser.reset(boost::json::storage_ptr(&memory_));
  boost::json::error_code failed;
  parser.write(text.data(), text.size(), failed);
  if (failed) return;
  root_ = parser.release();
  valid_ = true;
}

const boost::json::object* json_document::object() const noexcept {
  return valid_ ? root_.if_object() : nullptr;
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
