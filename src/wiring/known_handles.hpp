// The handles that a thread has asked for by name.
#pragma once

#include <lambda_cache/handle.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace lambda_cache::wiring {

/// `make_handle` makes the handle of a name; it throws for names that cannot exist.
template <handle (*make_handle)(std::string_view)>
class known_handles {
 public:
  /// Ends with the thread; a read after that (from destructors of other thread-locals) works on one
  /// that is never freed.
  static known_handles& of_this_thread() {
    if (current_ == nullptr) [[unlikely]]
      make();
    return *current_;
  }

  [[nodiscard]] const handle& find(std::string_view name) {
    if (const auto found = handles_.find(name); found != handles_.end()) return found->second;
    handle made = make_handle(name);
    if (handles_.size() >= max_names) handles_.clear();
    return handles_.emplace(std::string(name), std::move(made)).first->second;
  }

 private:
  static constexpr std::size_t max_names = 1024;
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct ending {
    ~ending() { delete std::exchange(current_, nullptr); }
  };

  static void make() {
    static thread_local const ending at_exit;
    (void)at_exit;
    current_ = new known_handles();
  }

  static constinit thread_local known_handles* current_;
  std::unordered_map<std::string, handle, hash, std::equal_to<>> handles_;
};

template <handle (*make_handle)(std::string_view)>
constinit thread_local known_handles<make_handle>* known_handles<make_handle>::current_ = nullptr;

}  // namespace lambda_cache::wiring
