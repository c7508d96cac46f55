// Certificates for tests, made when the test runs: no key is ever kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace lambda_cache::test {

/// PEM texts.
struct identity {
  std::string certificate;
  std::string key;
};

struct certificate_wish {
  std::vector<std::string> dns_names{};
  std::vector<std::string> addresses{};
  /// Seconds from now.
  long valid_from = -3600;
  long valid_until = 3600;
};

class test_ca {
 public:
  explicit test_ca(const std::string& name = "Test CA");
  ~test_ca();
  test_ca(const test_ca&) = delete;
  test_ca& operator=(const test_ca&) = delete;

  [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }
  [[nodiscard]] identity issue(const certificate_wish& wish) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
  std::string certificate_;
};

/// A file that is removed with the object.
class temporary_file {
 public:
  explicit temporary_file(const std::string& content);
  ~temporary_file();
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace lambda_cache::test
