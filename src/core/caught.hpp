// Exceptions as values: what a callback that somebody waits for makes of one that reaches it.
#pragma once

#include "core/result.hpp"

#include <exception>
#include <new>

namespace lambda_cache::core {

/// The words, or where there is no memory for them some that need none.
inline void set_message(error_info& of, const char* words) noexcept {
  try {
    of.message = words;
  } catch (const std::bad_alloc&) {
    of.message.clear();
    of.message.append("out of memory");  // short enough to be stored inside of the string
  }
}

/// An error for when memory is short: make_error() without a throw.
[[nodiscard]] inline error_info plain_error(error_kind kind, const char* words) noexcept {
  error_info info = make_error(kind, std::string());
  set_message(info, words);
  return info;
}

/// Only inside a catch block: the exception as a passing failure. Allocates nothing for
/// std::bad_alloc, which says why: there may be room the next time.
[[nodiscard]] inline error_info caught() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return plain_error(error_kind::protocol, "out of memory");
  } catch (const std::exception& thrown) {
    return plain_error(error_kind::protocol, thrown.what());
  } catch (...) {
    return plain_error(error_kind::protocol, "unknown error");
  }
}

}  // namespace lambda_cache::core
