#include "agent/entries.hpp"

#include "aws/crypto.hpp"
#include "core/object_data.hpp"
#include "wiring/environment.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lambda_cache::agent {
namespace {

/// Names that nobody asks for any more are forgotten all together: finding them again costs
/// microseconds.
constexpr std::size_t most_known = 16384;
constexpr std::size_t most_key_bytes = std::size_t{4} * 1024 * 1024;

std::string key_of(const wanted& what, const std::string& name, bool decrypt) {
  std::string key;
  const auto add = [&](std::string_view part) {
    key.append(std::to_string(part.size())).append(":").append(part);
  };
  // `parameters` are parameters.
  key +=
      what.what == subject::parameters ? '0' : static_cast<char>('0' + static_cast<int>(what.what));
  key += decrypt ? 'd' : 'e';
  key += what.recursive ? 'r' : 'o';
  add(name);
  add(what.version ? std::to_string(*what.version) : std::string());
  add(what.label.value_or(std::string()));
  add(what.version_id.value_or(std::string()));
  add(what.version_stage.value_or(std::string()));
  add(what.field);
  add(what.transform);
  return key;
}

transform transform_of(const std::string& text) {
  if (text == "json") return transform::json;
  if (text == "binary") return transform::binary;
  if (text == "auto") return transform::automatic;
  return transform::none;
}

bool has_secure_string(const core::value_data& value) {
  return value.type == "SecureString" ||
         std::ranges::any_of(value.members, [](const core::named_value& each) {
           return each.value.type() == "SecureString";
         });
}

/// Downloads of the agent do not meet those of the library, or each other.
std::string file_of(const std::string& uri, const wanted& what) {
  const auto digest = aws::sha256(uri + '\n' + what.version_id.value_or(std::string()));
  return "lambda-cache-agent-" + aws::hex(digest).substr(0, 32);
}

}  // namespace

core::result<wiring::entry_spec> spec_of(const wanted& what, const std::string& name,
                                         const settings& how) {
  wiring::entry_options options;
  options.stale_if_error = how.stale_if_error;
  const auto within = [&](core::nanos max_age, const std::optional<core::nanos>& timeout) {
    options.max_age = max_age;
    options.timeout = timeout;
    if (how.refresh_ahead < max_age) options.refresh_ahead = how.refresh_ahead;
  };
  switch (what.what) {
    case subject::parameter:
    case subject::parameters:
      within(how.parameter_max_age, how.parameter_timeout);
      options.version = what.version;
      options.label = what.label;
      options.decrypt = what.decrypt;
      return wiring::parameter_spec(name, std::move(options));
    case subject::path:
      within(how.parameter_max_age, how.parameter_timeout);
      options.decrypt = what.decrypt;
      options.recursive = what.recursive;
      return wiring::path_spec(name, std::move(options));
    case subject::secret:
      within(how.secret_max_age, how.secret_timeout);
      options.version_id = what.version_id;
      options.version_stage = what.version_stage;
      return wiring::secret_spec(name, std::move(options));
    case subject::object:
      break;
  }
  within(how.object_max_age, {});
  options.version_id = what.version_id;
  options.file_name = file_of(name, what);
  return wiring::object_spec(name, std::move(options));
}

entries::entries(const settings& how, std::shared_ptr<wiring::wired_cache> cache)
    : how_(how), cache_(std::move(cache)) {
  for (std::size_t at = 0; at < tag_key_.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t some = wiring::random_seed();
    std::memcpy(tag_key_.data() + at, &some, sizeof some);
  }
}

core::result<std::shared_ptr<known_entry>> entries::make(const wanted& what,
                                                         const std::string& name) {
  auto spec = spec_of(what, name, how_);
  if (!spec) return core::fail(std::move(spec.error()));
  auto view = wiring::make_view({.how = transform_of(what.transform), .field = what.field},
                                spec->given_name);
  if (!view) return core::fail(std::move(view.error()));
  auto bound = cache_->bind(*spec);
  if (!bound) return core::fail(std::move(bound.error()));
  auto made = std::make_shared<known_entry>();
  made->bound = std::move(*bound);
  made->view = std::move(*view);
  made->given = name;
  return made;
}

std::shared_ptr<known_entry> entries::decrypted_twin(const wanted& what, const std::string& name) {
  if (what.decrypt || what.what == subject::secret || what.what == subject::object) return nullptr;
  const auto found = known_.find(key_of(what, name, true));
  if (found == known_.end()) return nullptr;
  const auto present = cache_->engine().current(*found->second->bound.entry).first;
  if (!present || has_secure_string(*present->as<core::value_data>())) return nullptr;
  return found->second;
}

core::result<std::shared_ptr<known_entry>> entries::find_one(const wanted& what,
                                                             const std::string& name) {
  if (auto twin = decrypted_twin(what, name)) return twin;
  std::string key = key_of(what, name, what.decrypt);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  auto made = make(what, name);
  if (made) {
    if (known_.size() >= most_known || key_bytes_ + key.size() > most_key_bytes) forget_asked();
    key_bytes_ += key.size();
    known_.emplace(std::move(key), *made);
  }
  return made;
}

/// What was declared stays: nobody would declare it again.
void entries::forget_asked() {
  std::erase_if(known_, [](const auto& each) { return !each.second->is_declared; });
  key_bytes_ = 0;
  for (const auto& each : known_)
    key_bytes_ += each.first.size();
}

std::vector<core::result<std::shared_ptr<known_entry>>> entries::find(const wanted& what) {
  if (epoch_ != cache_->epoch()) {
    epoch_ = cache_->epoch();
    known_.clear();
    key_bytes_ = 0;
  }
  std::vector<core::result<std::shared_ptr<known_entry>>> out;
  out.reserve(what.names.size());
  for (const std::string& name : what.names)
    out.push_back(find_one(what, name));
  return out;
}

void entries::refresh_ahead() {
  constexpr int last_part = 5;
  std::vector<wiring::bound_entry> ending;
  for (const auto& [key, each] : known_) {
    if (!each->is_declared && !each->is_used) continue;
    wiring::bound_entry early = each->bound;
    if (early.max_age == 0 || early.max_age == core::infinite) continue;
    early.max_age -= early.max_age / last_part;
    early.refresh_ahead = 0;
    ending.push_back(std::move(early));
    each->is_used = false;
  }
  if (!ending.empty()) cache_->prefetch(ending);
}

const std::string& entries::etag_of(known_entry& of,
                                    const std::shared_ptr<const core::value_data>& value) {
  const std::shared_ptr<const void> known = of.tagged.lock();
  if (known == value && !of.etag.empty()) return of.etag;
  of.tagged = value;
  if (value->kind == core::value_kind::file) {
    of.etag = static_cast<const core::object_data&>(*value).etag;
    return of.etag;
  }
  const std::string_view key(tag_key_.data(), tag_key_.size());
  std::string tagged = of.given + '\n' + value->type + '\n' + std::to_string(value->version) +
                       '\n' + value->version_id + '\n';
  // The value goes in as a keyed hash of its own: it is not copied.
  tagged += aws::hex(aws::hmac_sha256(key, value->view()));
  for (const core::named_value& each : value->members)
    tagged += each.name + '\n' + std::to_string(each.value.version()) +
              aws::hex(aws::hmac_sha256(key, each.value.internals()->view()));
  of.etag = '"' + aws::hex(aws::hmac_sha256(key, tagged)).substr(0, 32) + '"';
  return of.etag;
}

}  // namespace lambda_cache::agent
