// The entries of the cache that clients have asked for, found by what was asked.
#pragma once

#include "agent/route.hpp"
#include "agent/settings.hpp"
#include "wiring/view.hpp"
#include "wiring/wired_cache.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lambda_cache::agent {

/// One value that is asked for.
struct known_entry {
  wiring::bound_entry bound;
  wiring::view_options view;
  std::string given;         // what messages call it
  bool is_declared = false;  // prefetched: kept fresh whether anybody asks or not
  bool is_used = false;      // asked for since it was refreshed ahead
  // The failure that was logged last, and when.
  std::optional<error_kind> logged;
  core::nanos logged_at = 0;
  // The ETag of the value that was answered last.
  std::weak_ptr<const void> tagged;
  std::string etag;
};

/// One thread only.
class entries {
 public:
  entries(const settings& how, std::shared_ptr<wiring::wired_cache> cache);

  /// The entries of what is wanted, one for each name. Errors: those of declaring it.
  [[nodiscard]] std::vector<core::result<std::shared_ptr<known_entry>>> find(const wanted& what);

  /// What tells this value from others in a client's cache: the service's own tag for objects, else
  /// a keyed hash, so that nobody can try values against it. With its quotes.
  [[nodiscard]] const std::string& etag_of(known_entry& of,
                                           const std::shared_ptr<const core::value_data>& value);

  /// Starts fetching what was declared, or asked for lately, and will soon be too old.
  void refresh_ahead();

  [[nodiscard]] wiring::wired_cache& cache() noexcept { return *cache_; }

 private:
  [[nodiscard]] core::result<std::shared_ptr<known_entry>> find_one(const wanted& what,
                                                                    const std::string& name);
  [[nodiscard]] core::result<std::shared_ptr<known_entry>> make(const wanted& what,
                                                                const std::string& name);
  /// Parameters that are no SecureString are the same with and without decryption. The entry with
  /// decryption, where that is known of what it holds.
  [[nodiscard]] std::shared_ptr<known_entry> decrypted_twin(const wanted& what,
                                                            const std::string& name);

  void forget_asked();

  const settings& how_;
  const std::shared_ptr<wiring::wired_cache> cache_;
  std::unordered_map<std::string, std::shared_ptr<known_entry>> known_;
  std::size_t key_bytes_ = 0;  // of `known_`
  std::uint64_t epoch_ = 0;
  std::array<char, 32> tag_key_{};
};

/// The entry as it is declared. Errors: invalid_argument, naming what is wrong.
[[nodiscard]] core::result<wiring::entry_spec> spec_of(const wanted& what, const std::string& name,
                                                       const settings& how);

}  // namespace lambda_cache::agent
