// The module lambda_cache._native: hot types of its own, and the functions that are called rarely.
#include "python/context.hpp"
#include "python/errors.hpp"
#include "python/get_entry.hpp"
#include "python/memo.hpp"
#include "python/pending.hpp"
#include "python/testing.hpp"
#include "python/wrapper.hpp"
#include "wiring/environment.hpp"
#include "wiring/initialization.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace lambda_cache::python {
namespace {

[[noreturn]] void throw_python_error() {
  throw nb::python_error();
}

nb::object owned(ref made) {
  if (!made) throw_python_error();
  return nb::steal(made.release());
}

reader* checked_reader(nb::handle object) {
  if (!is_reader(object.ptr())) throw nb::type_error("not a Reader");
  return reinterpret_cast<reader*>(object.ptr());
}

/// An option of a declaration; Python has checked its type.
template <class T>
std::optional<T> option(const nb::dict& from, const char* name) {
  if (!from.contains(name)) return std::nullopt;
  const nb::object value = from[name];
  if (value.is_none()) return std::nullopt;
  return nb::cast<T>(value);
}

std::optional<core::nanos> duration(const nb::dict& from, const char* name) {
  const auto seconds = option<double>(from, name);
  if (!seconds) return std::nullopt;
  return wiring::seconds_to_nanos(*seconds);
}

ref object_option(const nb::dict& from, const char* name) {
  return from.contains(name) ? ref::borrow(nb::object(from[name]).ptr()) : ref();
}

/// Of paths: key, whether a beginning is enough, values.
std::vector<aws::parameter_filter> filters_option(const nb::dict& from) {
  std::vector<aws::parameter_filter> filters;
  if (!from.contains("filters")) return filters;
  for (nb::handle each : nb::cast<nb::list>(nb::object(from["filters"])))
    filters.push_back({.key = nb::cast<std::string>(nb::object(each[0])),
                       .values = nb::cast<std::vector<std::string>>(nb::object(each[2])),
                       .begins_with = nb::cast<bool>(nb::object(each[1]))});
  return filters;
}

nb::object make_declared_reader(const std::string& service, const nb::list& places,
                                bool is_mapping) {
  std::vector<place_options> declared;
  for (nb::handle each : places) {
    const auto given = nb::cast<nb::dict>(nb::object(each[2]));
    declared.push_back(
        {nb::cast<std::string>(nb::object(each[0])),
         nb::cast<std::optional<std::string>>(nb::object(each[1])),
         {.max_age = duration(given, "ttl_seconds"),
          .stale_if_error = duration(given, "stale_if_error_seconds"),
          .timeout = duration(given, "timeout_seconds"),
          .max_attempts = option<int>(given, "max_attempts"),
          .refresh_ahead = duration(given, "refresh_ahead_seconds"),
          .region = option<std::string>(given, "region"),
          .endpoint_url = option<std::string>(given, "endpoint_url"),
          .role = {.role_arn = option<std::string>(given, "role_arn").value_or(""),
                   .external_id = option<std::string>(given, "external_id").value_or(""),
                   .session_name = option<std::string>(given, "role_session_name").value_or("")},
          .decrypt = option<bool>(given, "with_decryption").value_or(true),
          .version = option<long long>(given, "version"),
          .label = option<std::string>(given, "label"),
          .recursive = option<bool>(given, "recursive").value_or(true),
          .filters = filters_option(given),
          .version_id = option<std::string>(given, "version_id"),
          .version_stage = option<std::string>(given, "version_stage"),
          .rotation_aware = option<bool>(given, "rotation_aware").value_or(false),
          .as_bytes = option<bool>(given, "as_bytes").value_or(false),
          .file_name = option<std::string>(given, "file_name")},
         object_option(given, "view"),
         object_option(given, "default"),
         object_option(given, "progress")});
  }
  return owned(make_reader(service, std::move(declared), is_mapping));
}

ref checked_name(nb::handle name) {
  if (!PyUnicode_CheckExact(name.ptr())) throw nb::type_error("not a str");
  PyObject* text = ref::borrow(name.ptr()).release();
  PyUnicode_InternInPlace(&text);
  return ref::steal(text);
}

/// The object `_native.Plan`: what an `async def` handler's wrapper works with.
struct async_plan {
  plan what;
};

using named_readers = std::vector<std::pair<nb::object, nb::object>>;

plan make_plan(const nb::list& injections, const nb::list& further_in, Py_ssize_t position,
               const nb::object& context_name, bool optional) {
  plan made;
  for (nb::handle each : injections) {
    const nb::object reader_object = each[1];
    if (is_memo(reader_object.ptr())) {
      made.functions.push_back(
          {checked_name(nb::object(each[0])), ref::borrow(reader_object.ptr())});
      continue;
    }
    checked_reader(reader_object);
    made.injections.push_back(
        {checked_name(nb::object(each[0])), ref::borrow(reader_object.ptr())});
  }
  for (nb::handle each : further_in) {
    checked_reader(each);
    made.further_in.push_back(ref::borrow(each.ptr()));
  }
  made.where.position = position;
  if (!context_name.is_none()) made.where.name = checked_name(context_name);
  made.where.optional = optional;
  return made;
}

nb::list injections_of(const plan& what) {
  nb::list all;
  for (const injection& each : what.injections)
    all.append(nb::make_tuple(nb::borrow(each.name.get()), nb::borrow(each.value_reader.get())));
  for (const function_injection& each : what.functions)
    all.append(nb::make_tuple(nb::borrow(each.name.get()), nb::borrow(each.function.get())));
  return all;
}

nb::list functions_of(const async_plan& self) {
  nb::list all;
  for (const function_injection& each : self.what.functions)
    all.append(nb::borrow(each.function.get()));
  return all;
}

nb::list further_in_of(const plan& what) {
  nb::list all;
  for (const ref& each : what.further_in)
    all.append(nb::borrow(each.get()));
  return all;
}

const plan& checked_plan(nb::handle object) {
  if (is_wrapper(object.ptr())) return plan_of(object.ptr());
  return nb::cast<const async_plan&>(object).what;
}

nb::object value_or_raise(reading& got) {
  if (!got.failures.empty()) {
    raise(got.failures, stage::fetch);
    throw_python_error();
  }
  return nb::steal(got.value.release());
}

/// Puts the readings of a plan, and the results of its functions, into a context and returns what
/// the handler gets.
nb::object inject(const plan& what, nb::handle context, std::vector<reading>& got,
                  const std::vector<ref>& results) {
  std::vector<error_info> failures;
  for (std::size_t i = 0; i < what.injections.size(); ++i)
    for (error_info& why : got[i].failures)
      failures.push_back(std::move(why));
  if (!failures.empty()) {
    raise(failures, stage::fetch);
    throw_python_error();
  }
  injector into;
  if (!into.adapt(context.ptr())) throw_python_error();
  for (std::size_t i = 0; i < what.injections.size(); ++i)
    if (!into.set(what.injections[i].name.get(), got[i].value.get())) throw_python_error();
  for (std::size_t i = 0; i < results.size(); ++i)
    if (!into.set(what.functions[i].name.get(), results[i].get())) throw_python_error();
  if (!into.finish()) throw_python_error();
  return nb::borrow(into.context());
}

nb::object begin(std::span<reader* const> readers, const nb::object& context) {
  return nb::cast(new pending(readers, context.ptr()), nb::rv_policy::take_ownership);
}

/// The value if it is a hit, else a Pending.
nb::object begin_read(nb::handle of, const nb::object& context) {
  reader* const only[] = {checked_reader(of)};
  if (only[0]->is_hit(clocks())) {
    only[0]->count_hits();
    return owned(ref::steal(only[0]->hit_value()));
  }
  return begin(only, context);
}

/// The context with everything in it if all are hits, else a Pending.
nb::object begin_plan(const async_plan& self, const nb::object& context) {
  const std::vector<reader*> all = self.what.readers();
  const clocks now;
  if (!self.what.is_hit(now)) return begin(all, context);
  std::vector<reading> got(self.what.injections.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!all[i]->is_hit(now)) return begin(all, context);
    got[i].value = ref::steal(all[i]->hit_value());
    if (!got[i].value) throw_python_error();
  }
  std::vector<ref> results;
  for (const function_injection& each : self.what.functions) {
    results.push_back(ref::borrow(memo_hit(each.from(), now)));
    if (!results.back()) return begin(all, context);
  }
  self.what.count_hits();
  return inject(self.what, context, got, results);
}

std::vector<reading> finished(pending& read) {
  std::vector<reading> got;
  if (!read.readings(got)) throw_python_error();
  return got;
}

/// What a decorator has declared: fetched at once where that is asked for, or, if nothing is said,
/// where the function is the one that this Lambda function calls.
void prefetch_declared(const nb::list& sources, const std::string& module,
                       const std::string& function, std::optional<bool> wanted) {
  if (!wiring::loads_at_declaration(wiring::process_environment(), module, function, wanted))
    return;
  std::vector<reader*> readers;
  for (nb::handle each : sources)
    if (is_reader(each.ptr())) readers.push_back(checked_reader(each));
  prefetch(readers);
}

double to_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

nb::list entry_stats() {
  nb::list all;
  for (const entry_statistics& seen : wiring::wired_cache::shared()->entry_stats()) {
    nb::dict out;
    out["service"] = seen.service;
    out["region"] = seen.region;
    out["name"] = seen.name;
    out["hits"] = seen.hits;
    out["misses"] = seen.misses;
    out["joins"] = seen.joins;
    out["loads"] = seen.loads;
    out["revalidated"] = seen.revalidated;
    out["failures"] = seen.failures;
    out["stale"] = seen.stale;
    out["negative"] = seen.negative;
    out["last_error"] = nb::none();
    if (seen.last_error)
      out["last_error"] = nb::str(std::string(to_string(*seen.last_error)).c_str());
    out["age_seconds"] = nb::none();
    if (seen.age) out["age_seconds"] = to_seconds(*seen.age);
    out["bytes"] = seen.bytes;
    out["load_seconds_total"] = to_seconds(seen.load_time_total);
    out["load_seconds_max"] = to_seconds(seen.load_time_max);
    all.append(out);
  }
  return all;
}

nb::object stats(bool per_entry) {
  hand_in_hits();
  if (per_entry) return entry_stats();
  const statistics seen = wiring::wired_cache::shared()->stats();
  nb::dict out;
  out["hits"] = seen.hits;
  out["misses"] = seen.misses;
  out["joins"] = seen.joins;
  out["loads"] = seen.loads;
  out["revalidated"] = seen.revalidated;
  out["failures"] = seen.failures;
  out["stale"] = seen.stale;
  out["negative"] = seen.negative;
  out["evictions"] = seen.evictions;
  out["calls"] = seen.calls;
  out["entries"] = seen.entries;
  out["bytes"] = seen.bytes;
  return out;
}

void add_functions(nb::module_& m) {
  m.def("clear_cache", [] {
    wiring::wired_cache::shared()->clear();
    drop_outdated_values();
    clear_memos(false);
  });
  m.def("reset", [] {
    wiring::wired_cache::shared()->reset();
    drop_outdated_values();
    clear_memos(true);
  });
  m.def("start_over", [] {
    {
      const nb::gil_scoped_release released;
      wiring::wired_cache::shared()->start_over();
      wiring::jitter().reseed(wiring::random_seed());
    }
    drop_outdated_values();
    clear_memos(true);
  });
  m.def("is_snap_start", [] { return wiring::is_snap_start(wiring::process_environment()); });
  m.def("stats", &stats, nb::kw_only(), "per_entry"_a = false);
  m.def("invalidate_reader", [](nb::handle of) { invalidate(*checked_reader(of)); }, "reader"_a);
  m.def("prefetch", &prefetch_declared, "sources"_a, "module"_a, "function"_a, "wanted"_a.none());
  m.def("_fake_cloud_type", &fake_cloud_type);
  m.def("_shift_clock", &core::shift, "wall_ns"_a, "mono_ns"_a, "boot_ns"_a);
  m.def("make_reader", &make_declared_reader, "service"_a, "places"_a, "is_mapping"_a);
  m.def("make_entry_getter",
        [](nb::handle resolve) { return owned(make_entry_getter(resolve.ptr())); });
  m.def(
      "make_memo",
      [](nb::handle function, nb::handle key, nb::handle retry_on, std::optional<double> max_age,
         double stale_if_error, std::size_t max_entries, bool is_coroutine) {
        return owned(make_memo(function.ptr(), key.is_none() ? nullptr : key.ptr(), retry_on.ptr(),
                               {max_age, stale_if_error, max_entries, is_coroutine}));
      },
      "function"_a, "key"_a.none(), "retry_on"_a, "max_age"_a.none(), "stale_if_error"_a,
      "max_entries"_a, "is_coroutine"_a);
  m.def(
      "make_wrapper",
      [](nb::handle target, const nb::list& injections, const nb::list& further_in,
         Py_ssize_t position, const nb::object& context_name, bool optional) {
        return owned(make_wrapper(
            target.ptr(), make_plan(injections, further_in, position, context_name, optional)));
      },
      "target"_a, "injections"_a, "further_in"_a, "position"_a, "context_name"_a.none(),
      "optional"_a);
  m.def(
      "make_plan",
      [](const nb::list& injections, const nb::list& further_in, Py_ssize_t position,
         const nb::object& context_name, bool optional) {
        return async_plan{make_plan(injections, further_in, position, context_name, optional)};
      },
      "injections"_a, "further_in"_a, "position"_a, "context_name"_a.none(), "optional"_a);
  m.def("target_of", [](nb::handle wrapper) {
    if (!is_wrapper(wrapper.ptr())) throw nb::type_error("not a Wrapper");
    return nb::borrow(target_of(wrapper.ptr()));
  });
  m.def("injections_of", [](nb::handle of) { return injections_of(checked_plan(of)); });
  m.def("further_in_of", [](nb::handle of) { return further_in_of(checked_plan(of)); });
}

void add_async(nb::module_& m) {
  nb::class_<pending>(m, "Pending")
      .def("fileno", &pending::fileno)
      .def("done", &pending::done)
      .def("seconds_to_look", &pending::seconds_to_look)
      .def("close", &pending::close)
      .def("value", [](pending& self) {
        std::vector<reading> got = finished(self);
        return value_or_raise(got.front());
      });
  nb::class_<async_plan>(m, "Plan")
      .def_prop_ro("optional", [](const async_plan& self) { return self.what.where.optional; })
      .def("begin", &begin_plan, "context"_a.none())
      .def(
          "inject",
          [](const async_plan& self, const nb::object& context, pending& read,
             const nb::list& results) {
            std::vector<reading> got = finished(read);
            std::vector<ref> of_functions;
            for (nb::handle each : results)
              of_functions.push_back(ref::borrow(each.ptr()));
            if (of_functions.size() != self.what.functions.size())
              throw nb::value_error("one result per function");
            return inject(self.what, context, got, of_functions);
          },
          "context"_a.none(), "read"_a, "results"_a)
      .def_prop_ro("functions", &functions_of);
  m.def("begin", &begin_read, "reader"_a, "context"_a.none());
  m.def("set_context_source",
        [](const nb::object& source) { set_context_source(ref::borrow(source.ptr())); });
}

}  // namespace
}  // namespace lambda_cache::python

NB_MODULE(_native, m) {
  using namespace lambda_cache::python;
  // Decorated handlers live in modules, and those until the process ends.
  nb::set_leak_warnings(false);
  if (!add_reader_type(m.ptr()) || !add_wrapper_type(m.ptr()) || !add_entry_getter_type(m.ptr()) ||
      !add_memo_types(m.ptr()))
    throw nb::python_error();
  add_functions(m);
  add_async(m);
  m.attr("__version__") = LAMBDA_CACHE_VERSION;
}
