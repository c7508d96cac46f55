// The invocation that a thread runs: its context, and what was already read for it.
#pragma once

#include "core/clock.hpp"
#include "python/api.hpp"

namespace lambda_cache::python {

struct prefetched;

/// One call of a decorated handler, on the stack of the thread that runs it.
struct invocation {
  PyObject* context;  // borrowed: the caller holds it for the time of the call
  prefetched* ready;  // values read for decorated functions further in; may be null
  invocation* outer;
};

/// The innermost one of this thread. The initial-exec model makes it one instruction.
inline constinit thread_local invocation* running [[gnu::tls_model("initial-exec")]] = nullptr;

/// When the invocation behind that context (may be null) will be killed, by its
/// get_remaining_time_in_millis(); no_deadline where it has none. Runs Python code; an exception
/// of it is dropped.
[[nodiscard]] core::deadline deadline_of(PyObject* context) noexcept;

/// The first deadline of everything that this thread, or its running task, is inside of.
[[nodiscard]] core::deadline running_deadline() noexcept;

/// A callable that gives the context of the running asyncio task, or None.
void set_context_source(ref source) noexcept;

}  // namespace lambda_cache::python
