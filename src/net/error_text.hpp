// What errno means, for error texts.
#pragma once

#include <array>
#include <cstring>
#include <string>

namespace lambda_cache::net {

[[nodiscard]] inline std::string error_text(int code) {
  std::array<char, 128> text{};
  return ::strerror_r(code, text.data(), text.size());  // GNU's, which returns the text
}

}  // namespace lambda_cache::net
