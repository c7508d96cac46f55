// Command lines of the config file. Input: the line.
#include "aws/command_line.hpp"

#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {

void command_line(std::string_view input) {
  const auto words = aws::split_command(input);
  if (!words) {
    require(input.find_first_of("'\"\\") != std::string_view::npos, "plain words are always read");
    return;
  }
  std::size_t size = 0;
  std::string in_quotes;
  std::string in_backslashes;
  for (const std::string& word : *words) {
    size += word.size();
    in_quotes += '\'';
    for (const char c : word)
      in_quotes += c == '\'' ? std::string("'\\''") : std::string(1, c);
    in_quotes += "' ";
    in_backslashes += "\"\"";  // an empty word is one
    for (const char c : word)
      in_backslashes += {'\\', c};
    in_backslashes += '\t';
  }
  require(size <= input.size(), "nothing is expanded");
  require(aws::split_command(in_quotes) == words, "words that are quoted are read again");
  require(aws::split_command(in_backslashes) == words, "words that are escaped are read again");
}

}  // namespace lambda_cache::fuzz
