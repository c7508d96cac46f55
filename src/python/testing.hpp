// The native part of lambda_cache.testing.
#pragma once

#include <nanobind/nanobind.h>

namespace lambda_cache::python {

/// The class FakeCloud, made at the first call: programs that are no tests do not pay for it.
[[nodiscard]] nanobind::object fake_cloud_type();

}  // namespace lambda_cache::python
