#include "agent/exchange.hpp"

#include "agent/bodies.hpp"
#include "agent/failures.hpp"
#include "agent/list_items.hpp"
#include "agent/log.hpp"
#include "aws/json_text.hpp"
#include "cache/policy.hpp"
#include "core/object_data.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::agent {
namespace {

using aws::append;
using aws::append_json_string;

value_origin origin_of(cache::origin from) {
  switch (from) {
    case cache::origin::hit:
      return value_origin::hit;
    case cache::origin::stale:
      return value_origin::stale;
    case cache::origin::fetched:
    case cache::origin::failed:
      break;
  }
  return value_origin::miss;
}

/// RFC 9110 §13.1.2, by weak comparison.
bool matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view one = take_item(if_none_match);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (!etag.empty() && one == etag) return true;
  }
  return false;
}

/// A failure is told once, and again when it is another one or a while has passed: what clients of
/// AWS's extension get does not say why.
void note(known_entry& of, const error_info& why, bool is_served) {
  constexpr core::nanos again_after = 60 * core::second;
  const core::nanos now = core::coarse_mono();
  if (of.logged == why.kind && now - of.logged_at < again_after) return;
  of.logged = why.kind;
  of.logged_at = now;
  log(is_served ? log_level::warn : log_level::error,
      is_served ? "served from the cache, too old: " + why.message : why.message,
      {{"name", of.given}, {"code", code_of(why)}, {"request_id", why.request_id}});
}

/// What is picked is answered as itself, without AWS's document around it.
bool is_bare(const wanted& what) {
  return !what.field.empty() || !what.transform.empty();
}

}  // namespace

exchange::exchange(entries& in, const settings& how, wanted what)
    : in_(in), how_(how), what_(std::move(what)) {}

exchange::~exchange() {
  give_up();
}

bool exchange::json_errors() const {
  return what_.json_errors || how_.json_errors;
}

std::optional<response> exchange::look() {
  const core::moment now = core::current_moment();
  bool is_all_there = true;
  for (auto& each : in_.find(what_)) {
    part& made = parts_.emplace_back();
    if (!each) {
      made.failure = std::move(each.error());
      continue;
    }
    made.entry = std::move(*each);
    made.entry->is_used = true;
    made.value = look_at(*made.entry, now);
    made.from = value_origin::hit;
    is_all_there = is_all_there && made.value;
  }
  if (!is_all_there) return std::nullopt;
  return answer();
}

/// One read, as old as the client accepts.
wiring::read_item exchange::item_of(const known_entry& of) const {
  std::optional<core::nanos> max_age = what_.max_age;
  if (max_age) max_age = std::min(*max_age, of.bound.max_age);
  if (what_.refresh_now) max_age = 0;
  auto item = of.bound.read(core::no_deadline, max_age);
  // It is about the age that the settings accept.
  if (max_age) item.request.refresh_ahead = 0;
  return item;
}

/// The value if it is fresh and need not be waited for.
cache::snapshot_ptr exchange::look_at(const known_entry& of, const core::moment& now) {
  const cache::read_request request = item_of(of).request;
  if (request.max_age == 0) return nullptr;
  auto value = in_.cache().engine().look(request, now);
  if (value && of.bound.is_file && !wiring::is_file_there(*value)) return nullptr;
  return value;
}

std::optional<response> exchange::read(std::function<void()> notify) {
  std::vector<wiring::read_item> items;
  for (part& each : parts_) {
    if (!each.entry || each.value) continue;
    each.place = items.size() + 1;
    items.push_back(item_of(*each.entry));
  }
  reading_ = wiring::read_operation::start(in_.cache(), std::move(items), std::move(notify));
  return poll();
}

std::optional<response> exchange::poll() {
  if (!reading_ || !reading_->poll()) return std::nullopt;
  for (part& each : parts_) {
    if (each.place == 0) continue;
    cache::outcome& got = reading_->outcomes()[each.place - 1];
    each.value = std::move(got.value);
    each.from = origin_of(got.from);
    if (got.failure)
      note(*each.entry, *got.failure, each.value != nullptr);
    else
      each.entry->logged.reset();
    if (!each.value) each.failure = std::move(got.failure);
  }
  reading_.reset();
  return answer();
}

core::deadline exchange::next_wake() {
  return reading_ ? reading_->next_wake() : core::no_deadline;
}

void exchange::give_up() {
  if (!reading_) return;
  reading_->give_up();
  reading_.reset();
}

response exchange::answer() {
  if (what_.what == subject::parameters) return answer_many();
  return answer_one(parts_.front());
}

response exchange::answer_one(part& of) {
  if (!of.value) return failed_read(*of.failure, how_.mode, json_errors());
  response out;
  out.from = of.from;
  out.age = cache::age_of(of.value->request_start, core::now()).age;
  out.etag = in_.etag_of(*of.entry, of.value->as<core::value_data>());
  if (!what_.if_none_match.empty() && matches(what_.if_none_match, out.etag)) {
    out.status = 304;
    return out;
  }
  fill_value(out, of);
  return out;
}

void exchange::fill_value(response& out, part& of) {
  const auto value = of.value->as<core::value_data>();
  const bool typed = how_.mode == compatibility::extension || what_.what != subject::secret;
  if (typed) out.content_type = "application/json";
  switch (what_.what) {
    case subject::path:
      append(out.body, "{\"Parameters\":[");
      for (bool first = true; const core::named_value& each : value->members) {
        if (!std::exchange(first, false)) out.body.push_back(',');
        append_parameter(out.body, *each.value.internals());
      }
      append(out.body, "]}");
      return;
    case subject::object: {
      const auto object = std::static_pointer_cast<const core::object_data>(value);
      out.content_type = object->type;
      if (object->type.empty()) out.content_type = "application/octet-stream";
      out.object = object;
      return;
    }
    default:
      break;
  }
  if (is_bare(what_)) {
    auto seen = wiring::look_at(of.entry->view, value, of.entry->given);
    if (!seen) {
      out = failed_read(seen.error(), how_.mode, true);
      return;
    }
    out.body.assign((*seen)->view().begin(), (*seen)->view().end());
    const bool binary = (*seen)->kind == core::value_kind::bytes;
    const bool json = of.entry->view.how == transform::json && what_.field.empty();
    out.content_type = binary ? "application/octet-stream"
                       : json ? "application/json"
                              : "text/plain; charset=utf-8";
    return;
  }
  if (what_.what == subject::parameter)
    append_parameter_answer(out.body, *value);
  else
    append_secret_answer(out.body, *value, how_.mode);
}

response exchange::answer_many() {
  response out;
  out.content_type = "application/json";
  core::secret_bytes invalid;
  core::secret_bytes errors;
  append(out.body, "{\"Parameters\":[");
  bool first = true;
  const core::instant now = core::now();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    part& each = parts_[i];
    if (each.value) {
      if (!std::exchange(first, false)) out.body.push_back(',');
      append_parameter(out.body, *each.value->as<core::value_data>());
      // The oldest and the least fresh of them count for all.
      out.age = std::max(out.age, cache::age_of(each.value->request_start, now).age);
      out.from = std::max(out.from, each.from);
      continue;
    }
    if (each.failure->kind == error_kind::not_found) {
      if (!invalid.empty()) invalid.push_back(',');
      append_json_string(invalid, what_.names[i]);
    }
    if (!errors.empty()) errors.push_back(',');
    append_miss(errors, what_.names[i], *each.failure);
  }
  append(out.body, "],\"InvalidParameters\":[");
  out.body.insert(out.body.end(), invalid.begin(), invalid.end());
  append(out.body, "],\"Errors\":[");
  out.body.insert(out.body.end(), errors.begin(), errors.end());
  append(out.body, "]}");
  return out;
}

}  // namespace lambda_cache::agent
