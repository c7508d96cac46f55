// Columns of text.
#pragma once

#include <string>
#include <vector>

namespace lambda_cache::cli {

class table {
 public:
  /// Rows may have different lengths.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Two spaces between the columns, none at the ends of lines. The last column is as long as it
  /// is. Widths are counted in bytes.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace lambda_cache::cli
