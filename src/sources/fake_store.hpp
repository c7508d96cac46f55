// Parameters and secrets as their services keep them: versions, labels, stages. For the test kit.
#pragma once

#include "aws/parameter_path.hpp"
#include "core/result.hpp"
#include "core/value_data.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::sources {

/// What a service says where it has no value to give.
struct fake_refusal {
  std::string code;
  std::string message;
};
using fake_answer = std::expected<core::value_data, fake_refusal>;

/// A name or ARN as a source asks for it, taken apart: two that name one thing have one base.
struct fake_name {
  std::string base;
  std::string selector;  // version, label or stage
  bool is_arn = false;
};
[[nodiscard]] fake_name take_apart(std::string_view service, std::string_view locator);
/// Whether a test that says `name` means what is asked for by `locator`; every version of it,
/// unless the name chooses one.
[[nodiscard]] bool means(std::string_view service, std::string_view name, std::string_view locator);

/// Not thread-safe, like the store below.
class fake_parameters {
 public:
  /// A new version, and its number. Errors (invalid_argument): not the name of a parameter, a type
  /// that there is not, a label that cannot be.
  core::result<std::int64_t> put(std::string_view name, std::string_view value,
                                 std::string_view type, std::span<const std::string> labels);
  /// Moves a label to a version; 0 is the newest. Errors (invalid_argument): no such version.
  core::result<void> label(std::string_view name, const std::string& label, std::int64_t to);
  /// Whether there was one.
  bool remove(std::string_view name);
  [[nodiscard]] fake_answer find(std::string_view locator, bool decrypt,
                                 const std::string& region) const;
  /// All that the path holds, as several; of each the newest version, or the newest of those that
  /// have one of the labels.
  [[nodiscard]] core::value_data find_below(const aws::parameter_path& asked, bool decrypt,
                                            const std::string& region) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct version {
    core::secret_bytes content;
    std::string type;
  };
  struct parameter {
    std::string name;               // as it was put
    std::vector<version> versions;  // counted from 1
    std::map<std::string, std::int64_t> labels;
  };
  [[nodiscard]] static core::value_data value_of(const parameter& of, std::int64_t number,
                                                 bool decrypt, const std::string& region);
  [[nodiscard]] static std::int64_t chosen_by(const std::vector<aws::parameter_filter>& filters,
                                              const parameter& of);
  std::map<std::string, parameter> parameters_;  // by base
};

class fake_secrets {
 public:
  struct version_options {
    /// Empty: made up.
    std::string version_id;
    /// None: AWSCURRENT, and what had it becomes AWSPREVIOUS.
    std::vector<std::string> stages;
    bool is_binary = false;
  };
  /// A new version, and its id. Errors (invalid_argument): not the name of a secret, an id that
  /// cannot be or that the secret has already.
  core::result<std::string> put(std::string_view name, std::string_view value, version_options how);
  bool remove(std::string_view name);
  [[nodiscard]] fake_answer find(std::string_view locator, const std::string& region) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct version {
    std::string id;
    core::secret_bytes content;
    bool is_binary = false;
  };
  struct secret {
    std::vector<version> versions;
    std::map<std::string, std::string> stages;  // stage, version id
  };
  std::map<std::string, secret> secrets_;  // by name
  std::uint64_t last_id_ = 0;
};

}  // namespace lambda_cache::sources
