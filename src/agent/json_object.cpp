#include "agent/json_object.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace lambda_cache::agent {
namespace {

void append_chars(core::secret_bytes& out, auto number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.insert(out.end(), text.data(), end);
}

}  // namespace

void append_number(core::secret_bytes& out, double number) {
  append_chars(out, std::isfinite(number) ? number : 0.0);
}

void append_number(core::secret_bytes& out, std::uint64_t number) {
  append_chars(out, number);
}

}  // namespace lambda_cache::agent
