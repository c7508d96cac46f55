// Reads one parameter when it is told to, so that a test can stop, fork or kill it in between. The
// commands are lines; each is answered by one:
//   get SECONDS              "= value", "! passing" or "! definite": a read that accepts that age
//   begin SECONDS            "begun": the same in another thread
//   end                      what came of it
//   fork SECONDS             what a child reads
//   shift WALL MONO BOOT     "shifted": so many seconds pass on each clock
#include <lambda_cache/lambda_cache.hpp>

#include "core/clock.hpp"

#include <chrono>
#include <future>
#include <iostream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace lc = lambda_cache;

namespace {

std::string outcome_of(double seconds) {
  try {
    const auto age = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(seconds));
    return "= " + std::string(lc::ssm::parameter("/app/var", {.max_age = age}).get().text());
  } catch (const lc::error& why) {
    return why.info().retryable ? "! passing" : "! definite";
  }
}

std::string read_in_child(double seconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::cout << outcome_of(seconds) << std::endl;
    ::_exit(0);
  }
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) return "! child";
  return {};
}

}  // namespace

int main() {
  std::future<std::string> begun;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    double first = 0;
    double second = 0;
    double third = 0;
    words >> command >> first >> second >> third;
    std::string answer;
    if (command == "get") answer = outcome_of(first);
    if (command == "begin") {
      begun = std::async(std::launch::async, outcome_of, first);
      answer = "begun";
    }
    if (command == "end") answer = begun.get();
    if (command == "fork") answer = read_in_child(first);
    if (command == "shift") {
      const auto nanos = [](double seconds) {
        return static_cast<lc::core::nanos>(seconds * lc::core::second);
      };
      lc::core::shift(nanos(first), nanos(second), nanos(third));
      answer = "shifted";
    }
    if (!answer.empty()) std::cout << answer << std::endl;
  }
  return 0;
}
