#include "aws/command_line.hpp"

#include <utility>

namespace lambda_cache::aws {

std::optional<std::vector<std::string>> split_command(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;  // "" is a word too
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"') {
        if (++i == line.size()) return std::nullopt;
        if (line[i] != '"' && line[i] != '\\') word.push_back('\\');
        word.push_back(line[i]);
      } else {
        word.push_back(c);
      }
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      in_word = true;
      if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '\\') {
        if (++i == line.size()) return std::nullopt;
        word.push_back(line[i]);
      } else {
        word.push_back(c);
      }
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace lambda_cache::aws
