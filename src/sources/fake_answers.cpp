// Of the services of the test kit: a flight's way from the call to its answer.
#include "aws/secrets_codec.hpp"
#include "aws/ssm_codec.hpp"
#include "sources/fake_failures.hpp"
#include "sources/fake_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// How a service is called for one name and for several.
struct operations {
  std::string_view one = "Get";
  std::string_view several = "Get";
  std::size_t most_names = 1;
};

operations operations_of(const stand_in_part& part) {
  if (part.path) return {"GetParametersByPath", "GetParametersByPath", 1};
  if (part.service == "ssm") return {"GetParameter", "GetParameters", aws::max_names_per_call};
  if (part.service == "s3") return {"GetObject", "GetObject", 1};
  if (part.service == "secretsmanager")
    return {"GetSecretValue", "BatchGetSecretValue", aws::max_secrets_per_call};
  return {};
}

/// A version of a secret is asked for alone.
bool goes_with_others(const operations& how, std::string_view name) {
  return how.most_names > 1 && name.find('#') == std::string_view::npos;
}

}  // namespace

/// The calls that the service would get for these, which are all of one source.
void fake_services::record(const std::vector<asked>& all) {
  std::vector<fake_call> made;
  fake_call several;
  for (const asked& each : all) {
    const stand_in_part& part = each.from->what;
    const operations how = operations_of(part);
    if (!goes_with_others(how, each.name)) {
      made.push_back({std::string(part.service), each.operation, {each.name}});
      continue;
    }
    several.service = part.service;
    several.operation = each.operation;
    several.names.push_back(each.name);
    if (several.names.size() == how.most_names) made.push_back(std::exchange(several, {}));
  }
  if (!several.names.empty()) made.push_back(std::move(several));
  call_count_ += made.size();
  std::ranges::move(made, std::back_inserter(calls_));
}

void fake_services::answer(source& from, std::vector<cache::flight_ptr> flights) {
  const operations how = operations_of(from.what);
  const core::instant now = core::now();
  std::vector<asked> all;
  for (cache::flight_ptr& flying : flights) {
    const cache::entry& entry = *flying->target();
    asked one{from.shared_from_this(),
              std::move(flying),
              entry.locator,
              std::string(how.one),
              now,
              nullptr};
    if (from.is_s3()) {
      auto object = object_of(entry);
      if (!object) {
        from.engine.fail(one.flight, object.error(), core::current_moment());
        continue;
      }
      one.known = from.engine.current(entry).first;
      one.name = fake_object_name(*object);
      one.object = std::move(*object);
    }
    all.push_back(std::move(one));
  }
  const auto together = static_cast<std::size_t>(std::ranges::count_if(
      all, [&](const asked& each) { return goes_with_others(how, each.name); }));
  std::size_t place = 0;
  for (asked& each : all) {
    if (!goes_with_others(how, each.name)) continue;
    // The last call may be left with one name.
    const bool alone = place % how.most_names == 0 && place + 1 == together;
    if (!alone) each.operation = how.several;
    ++place;
  }
  std::vector<settlement> done;
  {
    const core::lock_guard lock(mutex_);
    if (is_open_) record(all);
    for (asked& each : all) {
      if (is_open_ && hangs_now(each))
        waiting_.push_back(std::move(each));
      else
        done.push_back(settle(std::move(each)));
    }
    called_.notify_all();
  }
  deliver(done);
}

bool fake_services::hangs_now(const asked& what) const {
  return std::ranges::any_of(hangs_, [&](const fake_scope& scope) {
    return scope.covers(what.from->what.service, what.name);
  });
}

fake_services::settlement fake_services::settle(asked what) {
  if (!is_open_) {
    const std::string& name = what.flight->target()->locator;
    error_info why =
        core::make_error(error_kind::cancelled, "Reading " + name +
                                                    " was given up: the fake cloud that it was "
                                                    "asked of has been stopped.");
    why.name = name;
    return {std::move(what), core::fail(std::move(why))};
  }
  if (auto why = failure_for(what)) return {std::move(what), core::fail(std::move(*why))};
  return what.object ? find_object(std::move(what)) : find(std::move(what));
}

std::optional<error_info> fake_services::failure_for(const asked& what) {
  const std::string_view service = what.from->what.service;
  const auto found = std::ranges::find_if(
      failures_.rbegin(), failures_.rend(),
      [&](const fake_failure& each) { return each.scope.covers(service, what.name); });
  if (found == failures_.rend()) return std::nullopt;
  error_info why = fake_error(found->kind, found->code, "made to fail by the test", service,
                              what.operation, what.flight->target()->locator);
  if (found->times && --*found->times == 0) failures_.erase(std::next(found).base());
  return why;
}

fake_services::settlement fake_services::find(asked what) const {
  const stand_in_part& part = what.from->what;
  const std::string& name = what.flight->target()->locator;
  fake_answer found = std::unexpected(fake_refusal{
      "ValidationException", "the fake cloud does not play " + std::string(part.service)});
  if (part.path) {
    aws::parameter_path path = *part.path;
    path.path = name;
    found = parameters_.find_below(path, part.decrypt, part.region);
  } else if (part.service == "ssm") {
    found = parameters_.find(name, part.decrypt, part.region);
  } else if (part.service == "secretsmanager") {
    found = secrets_.find(name, part.region);
  }
  if (!found) {
    error_info why = fake_error(error_kind::not_found, found.error().code, found.error().message,
                                part.service, what.operation, name);
    return {std::move(what), core::fail(std::move(why))};
  }
  auto value = std::make_shared<const core::value_data>(std::move(*found));
  const std::size_t bytes = value->footprint();
  return {std::move(what), std::move(value), bytes};
}

/// Files are written under the lock, so that no child of a fork has one that is half-way there.
fake_services::settlement fake_services::find_object(asked what) const {
  const stand_in_part& part = what.from->what;
  const auto found = objects_.find(*what.object);
  if (!found) {
    error_info why = fake_error(error_kind::not_found, found.error().code, found.error().message,
                                part.service, what.operation, what.object->uri.text);
    return {std::move(what), core::fail(std::move(why))};
  }
  std::shared_ptr<const core::object_data> before;
  if (what.known)
    before = std::static_pointer_cast<const core::object_data>(what.known->as<core::value_data>());
  const auto got = take_fake_object(**found, *what.object, before, part.max_bytes_in_memory);
  if (!got) return {std::move(what), core::fail(got.error())};
  settlement out{std::move(what), *got, (*got)->object_footprint()};
  if (*got == before) return out;
  const auto listener = out.what.from->progress.find(out.what.flight->target()->key);
  if (listener != out.what.from->progress.end()) out.tell = listener->second;
  out.size = (*got)->size;
  return out;
}

void fake_services::deliver(std::vector<settlement>& all) {
  for (settlement& each : all) {
    cache::engine& engine = each.what.from->engine;
    const cache::flight_ptr& flight = each.what.flight;
    if (!each.got) {
      engine.fail(flight, each.got.error(), core::current_moment());
      continue;
    }
    if (each.tell) each.tell(each.size, each.size);
    const cache::snapshot_ptr& known = each.what.known;
    if (known && known->value == *each.got) {
      engine.revalidate(flight, *known, each.what.at, 0, core::current_moment());
      continue;
    }
    engine.complete(flight,
                    {.value = std::move(*each.got),
                     .bytes = each.bytes,
                     .request_start = each.what.at,
                     .pinned = flight->target()->pinned},
                    core::current_moment());
  }
}

}  // namespace lambda_cache::sources
