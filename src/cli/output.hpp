// What goes to a descriptor, whole or with the reason why not.
#pragma once

#include "cli/interrupts.hpp"

#include <string>
#include <string_view>

namespace lambda_cache::cli {

/// Exit statuses besides those of signals.
inline constexpr int success = 0;
inline constexpr int failure = 1;
inline constexpr int wrong_use = 2;

class output {
 public:
  output(int descriptor, const interrupts& by) : descriptor_(descriptor), by_(by) {}

  /// False if not everything could be written; everything after that is false as well.
  bool write(std::string_view text);
  /// The content of a file. Reads and writes in pieces, which are wiped.
  bool write_file(const std::string& path);

  /// What the program should end with after a false: a signal's status, that of SIGPIPE when
  /// nobody reads any more, else 1 (and `reason()` says why).
  [[nodiscard]] int status() const noexcept { return status_; }
  /// Empty where there is nothing to say.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  bool fail(int error, std::string_view what);

  int descriptor_;
  const interrupts& by_;
  int status_ = success;
  std::string reason_;
};

/// One line to stderr, "lambda-cache: ...". Control characters in it become spaces.
void complain(std::string_view message);

}  // namespace lambda_cache::cli
