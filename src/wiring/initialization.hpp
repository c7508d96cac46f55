// The phase in which Lambda initialises a function, and what may be fetched in it.
#pragma once

#include "aws/credentials.hpp"

#include <optional>
#include <string_view>

namespace lambda_cache::wiring {

/// Whether the function is initialised for a SnapStart snapshot: then nothing is fetched before it
/// is read, since what is fetched would be part of the snapshot.
[[nodiscard]] bool is_snap_start(const aws::environment& env);
/// Whether this process is a function's, and values may be fetched before they are read.
[[nodiscard]] bool prefetches(const aws::environment& env);
/// Whether what is declared for a function starts loading at once: if that is wanted, or, where
/// nothing is said, if the function is the one that Lambda calls.
[[nodiscard]] bool loads_at_declaration(const aws::environment& env, std::string_view module,
                                        std::string_view function, std::optional<bool> wanted);
/// Whether that function of that module is the one that Lambda calls (_HANDLER).
[[nodiscard]] bool is_handler(const aws::environment& env, std::string_view module,
                              std::string_view function);

}  // namespace lambda_cache::wiring
