#include "python/testing.hpp"

#include <lambda_cache/testing.hpp>

#include "core/clock.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/reader.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::python {
namespace {

namespace nb = nanobind;
using namespace nb::literals;
using testing::fake_cloud;

/// Runs what may throw `error`, and raises that as Python has it.
template <class Work>
auto checked(Work work) {
  try {
    return work();
  } catch (const error& why) {
    raise(why.info(), stage::declaration);
    throw nb::python_error();
  }
}

std::string_view view(const nb::bytes& of) {
  return {of.c_str(), of.size()};
}

constexpr error_kind kinds[] = {
    error_kind::not_found, error_kind::access_denied, error_kind::decryption,
    error_kind::rejected,  error_kind::credentials,   error_kind::throttled,
    error_kind::timeout,   error_kind::connection,    error_kind::tls,
    error_kind::protocol,  error_kind::service,       error_kind::transform,
    error_kind::cancelled,
};

void fail(fake_cloud& self, const std::string& name, const std::string& why, bool is_kind,
          std::optional<int> times, const std::string& service) {
  checked([&] {
    if (!is_kind) return self.fail(name, why, {.times = times, .service = service});
    const auto* const kind =
        std::ranges::find(kinds, why, [](error_kind of) { return std::string(to_string(of)); });
    self.fail(name, kind == std::end(kinds) ? error_kind::service : *kind,
              {.times = times, .service = service});
  });
}

nb::list calls(const fake_cloud& self) {
  nb::list out;
  for (const testing::call& each : self.calls()) {
    nb::list names;
    for (const std::string& name : each.names)
      names.append(name);
    out.append(nb::make_tuple(each.service, each.operation, nb::tuple(names)));
  }
  return out;
}

/// In slices, so that Ctrl-C ends it.
bool wait_for_calls(const fake_cloud& self, std::size_t count, const std::string& name,
                    const std::string& service, double seconds) {
  constexpr std::chrono::milliseconds slice{50};
  constexpr double longest = 86400;
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::duration<double>(std::min(seconds, longest)));
  return checked([&] {
    for (;;) {
      bool came = false;
      {
        const gil_released others_run;
        const auto left = std::max(until - std::chrono::steady_clock::now(),
                                   std::chrono::steady_clock::duration::zero());
        came = self.wait_for_calls(count, name, service,
                                   std::min<std::chrono::nanoseconds>(left, slice));
      }
      if (came || std::chrono::steady_clock::now() >= until) return came;
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
    }
  });
}

nb::object make_type() {
  // No scope: the module is part of the name.
  nb::class_<fake_cloud> type(nb::handle(), "lambda_cache._native.FakeCloud");
  type.attr("__qualname__") = "FakeCloud";
  type.def("__init__", [](fake_cloud* self) { new (self) fake_cloud(testing::deferred); })
      .def("start",
           [](fake_cloud& self) {
             self.start();
             drop_outdated_values();
           })
      .def("stop",
           [](fake_cloud& self) {
             self.stop();
             drop_outdated_values();
           })
      .def("is_started", &fake_cloud::is_started)
      .def(
          "put_parameter",
          [](fake_cloud& self, const std::string& name, const nb::bytes& value,
             const std::string& type_name, const std::vector<std::string>& labels) {
            return checked(
                [&] { return self.put_parameter(name, view(value), {type_name, labels}); });
          },
          "name"_a, "value"_a, "type"_a, "labels"_a)
      .def(
          "label_parameter",
          [](fake_cloud& self, const std::string& name, const std::string& label,
             std::int64_t version) {
            checked([&] { self.label_parameter(name, label, version); });
          },
          "name"_a, "label"_a, "version"_a)
      .def(
          "put_secret",
          [](fake_cloud& self, const std::string& name, const nb::bytes& value,
             const std::string& version_id, const std::vector<std::string>& stages,
             bool is_binary) {
            return checked([&] {
              return self.put_secret(name, view(value), {version_id, stages, is_binary});
            });
          },
          "name"_a, "value"_a, "version_id"_a, "stages"_a, "is_binary"_a)
      .def(
          "remove_parameter",
          [](fake_cloud& self, const std::string& name) { return self.remove_parameter(name); },
          "name"_a)
      .def(
          "remove_secret",
          [](fake_cloud& self, const std::string& name) { return self.remove_secret(name); },
          "name"_a)
      .def(
          "put_object",
          [](fake_cloud& self, const std::string& uri, const nb::bytes& value,
             const std::string& version_id, const std::string& content_type) {
            return checked(
                [&] { return self.put_object(uri, view(value), {version_id, content_type}); });
          },
          "uri"_a, "value"_a, "version_id"_a, "content_type"_a)
      .def(
          "remove_object",
          [](fake_cloud& self, const std::string& uri) { return self.remove_object(uri); }, "uri"_a)
      .def("object_names", &fake_cloud::object_names)
      .def("parameter_names", &fake_cloud::parameter_names)
      .def("secret_names", &fake_cloud::secret_names)
      .def(
          "move",
          [](fake_cloud& self, double seconds) {
            constexpr double longest = 1e10;  // more than it takes
            checked([&] {
              self.move(
                  std::chrono::nanoseconds(wiring::seconds_to_nanos(std::min(seconds, longest))));
            });
          },
          "seconds"_a)
      .def("fail", &fail, "name"_a, "why"_a, "is_kind"_a, "times"_a.none(), "service"_a)
      .def(
          "recover",
          [](fake_cloud& self, const std::string& name, const std::string& service) {
            self.recover(name, service);
          },
          "name"_a, "service"_a)
      .def(
          "hang",
          [](fake_cloud& self, const std::string& name, const std::string& service) {
            self.hang(name, service);
          },
          "name"_a, "service"_a)
      .def(
          "release",
          [](fake_cloud& self, const std::string& name, const std::string& service) {
            self.release(name, service);
          },
          "name"_a, "service"_a)
      .def("calls", &calls)
      .def(
          "call_count",
          [](const fake_cloud& self, const std::string& name, const std::string& service) {
            return self.call_count(name, service);
          },
          "name"_a, "service"_a)
      .def("forget_calls", &fake_cloud::forget_calls)
      .def("wait_for_calls", &wait_for_calls, "count"_a, "name"_a, "service"_a, "seconds"_a);
  return type;
}

}  // namespace

nb::object fake_cloud_type() {
  static PyObject* const only = make_type().release().ptr();
  return nb::borrow(only);
}

}  // namespace lambda_cache::python
