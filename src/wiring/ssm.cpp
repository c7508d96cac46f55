// The C++ front door: parameters.
#include <lambda_cache/ssm.hpp>

#include "wiring/handle_state.hpp"

#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace lambda_cache {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw error(core::make_error(error_kind::invalid_argument, std::move(message)));
}

std::optional<core::nanos> checked(const char* option,
                                   const std::optional<std::chrono::nanoseconds>& duration) {
  if (!duration) return std::nullopt;
  if (duration->count() < 0) refuse(std::string(option) + " is negative: give 0 or more.");
  return duration->count();
}

std::optional<core::nanos> checked_timeout(const std::optional<std::chrono::nanoseconds>& timeout) {
  if (timeout && timeout->count() <= 0)
    refuse("timeout has to be more than 0: no read could ever be answered.");
  return checked("timeout", timeout);
}

std::optional<int> checked_attempts(const std::optional<int>& attempts) {
  if (attempts && *attempts < 1) refuse("max_attempts is less than 1.");
  return attempts;
}

/// The handles that one thread has asked for by name.
class known_handles {
 public:
  /// Ends with the thread; a read after that (from destructors of other thread-locals) works on one
  /// that is never freed.
  static known_handles& of_this_thread() {
    if (current_ == nullptr) [[unlikely]]
      make();
    return *current_;
  }

  [[nodiscard]] const handle& find(std::string_view name) {
    if (const auto found = handles_.find(name); found != handles_.end()) return found->second;
    handle made = ssm::parameter(name);  // throws for names that cannot exist
    if (handles_.size() >= max_names) handles_.clear();
    return handles_.emplace(std::string(name), std::move(made)).first->second;
  }

 private:
  static constexpr std::size_t max_names = 1024;
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct ending {
    ~ending() { delete std::exchange(current_, nullptr); }
  };

  static void make() {
    static thread_local const ending at_exit;
    (void)at_exit;
    current_ = new known_handles();
  }

  static constinit thread_local known_handles* current_;
  std::unordered_map<std::string, handle, hash, std::equal_to<>> handles_;
};

constinit thread_local known_handles* known_handles::current_ = nullptr;

}  // namespace

inline namespace v0 {
namespace ssm {

handle parameter(std::string_view name, options how, const client& in) {
  auto spec = wiring::make_spec(name, how.with_decryption, std::move(how.region),
                                std::move(how.endpoint_url));
  if (!spec) throw error(std::move(spec.error()));
  spec->max_age = checked("max_age", how.max_age);
  spec->stale_if_error = checked("stale_if_error", how.stale_if_error);
  spec->timeout = checked_timeout(how.timeout);
  spec->max_attempts = checked_attempts(how.max_attempts);
  return handle(
      std::make_shared<wiring::handle_state>(in.internals(), std::move(*spec), std::string(name)));
}

const Value& get(std::string_view name) {
  known_handles& known = known_handles::of_this_thread();
  return known.find(name).get();
}

binding cache(const cache_options& what, const client& in) {
  const int forms = (what.parameter.empty() ? 0 : 1) + (what.parameters.empty() ? 0 : 1) +
                    (what.mapping.empty() ? 0 : 1);
  if (forms != 1)
    refuse("ssm::cache() takes exactly one of .parameter, .parameters and .mapping, not empty.");

  const options how{.max_age = what.max_age,
                    .stale_if_error = what.stale_if_error,
                    .timeout = what.timeout,
                    .max_attempts = what.max_attempts,
                    .region = what.region,
                    .endpoint_url = what.endpoint_url,
                    .with_decryption = what.with_decryption};
  binding out;
  if (!what.parameter.empty()) {
    handle value = parameter(what.parameter, how, in);
    std::string name = what.entry_name.empty() ? value.short_name() : what.entry_name;
    out.items.push_back({std::move(name), std::move(value)});
    return out;
  }
  out.entry_name = what.entry_name;
  for (const std::string& name : what.parameters) {
    handle value = parameter(name, how, in);
    std::string known_as = value.short_name();
    out.items.push_back({std::move(known_as), std::move(value)});
  }
  for (const auto& [alias, name] : what.mapping) {
    if (alias.empty()) refuse("An alias in .mapping is empty (of " + name + ").");
    out.items.push_back({alias, parameter(name, how, in)});
  }
  if (!what.parameters.empty() && what.entry_name.empty())
    refuse("Several parameters need .entry_name: the name of the mapping that holds them.");
  std::set<std::string> names;
  for (const binding::item& item : out.items)
    if (!names.insert(item.name).second)
      refuse("Two parameters would both be called '" + item.name + "' (one is " +
             item.value.name() + "): give them names of your own with .mapping.");
  return out;
}

}  // namespace ssm
}  // namespace v0
}  // namespace lambda_cache
