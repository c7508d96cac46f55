// A memoised function: a native callable that keeps the results of a Python function by its
// arguments. Everything here is guarded by the GIL; what takes several steps does so without
// running Python code in between.
#pragma once

#include "core/clock.hpp"
#include "python/projection.hpp"

#include <cstdint>
#include <pthread.h>
#include <vector>

namespace lambda_cache::python {

struct memo;
struct memo_flight;

/// A place in a list, which is a ring. A node that is in none points to itself, or to nothing.
struct ring_node {
  ring_node* before = nullptr;
  ring_node* after = nullptr;

  void link_before(ring_node& other) noexcept {
    before = other.before;
    after = &other;
    before->after = this;
    other.before = this;
  }
  void unlink() noexcept {
    if (before == nullptr) return;
    before->after = after;
    after->before = before;
    before = after = nullptr;
  }
};

/// The Python object `_native.MemoEntry`: what is known for one key. Once detached (evicted,
/// invalidated, cleared) it takes no value any more; flights that began on it answer their own
/// waiters only.
struct memo_entry {
  PyObject ob_base;
  ring_node use;     // among the entries with a value, by last use
  memo* owner;       // null: detached
  PyObject* key;     // owned
  PyObject* value;   // owned; null: none
  core::nanos wall;  // when its computation began, as far as a hit is concerned
  core::nanos mono;
  core::instant started;  // when it began
  std::uint64_t number;   // of its flight: later ones have larger numbers
  memo_flight* current;   // owned: the computation that others may join
  memo_flight* next;      // owned: the one that begins when `running` ends
  std::size_t flights;    // that have not ended
  int failures;           // in a row, for a passing reason
  core::nanos back_off;
  core::instant failed_at;
  bool in_outage;  // an old value was served and logged, nothing newer came since
};

/// The Python object `_native.Memo`.
struct memo {
  PyObject ob_base;
  vectorcallfunc vectorcall;
  PyObject* known;   // dict: key → MemoEntry
  memo_entry* sole;  // borrowed: the entry of no arguments at all, if there is one
  ring_node by_use;  // the least recently used first
  core::nanos max_age;
  std::uint64_t hits;
  PyObject* function;    // owned, as all below
  PyObject* key;         // null: the arguments are the key
  PyObject* retry_on;    // a tuple of exception classes
  PyObject* attributes;  // __dict__
  PyObject* weak_references;
  core::nanos stale_if_error;
  std::size_t size;  // entries with a value
  std::size_t max_entries;
  std::uint64_t misses;
  std::uint64_t joins;
  std::uint64_t stale;
  std::uint64_t failures;
  bool has_max_age;   // given where it is declared: the configuration does not matter
  bool is_bound;      // max_age is valid
  bool is_coroutine;  // a call that misses gives the entry: _function.py goes on from there
};

/// The Python object `_native.MemoFlight`: one computation, and who waits for it.
struct memo_flight {
  struct seat {
    pthread_t thread;
    PyObject* lock;  // owned: taken; released when there is something to see
  };
  enum class state { queued, flying, settled, ended };

  PyObject ob_base;
  memo* of;           // owned
  memo_entry* entry;  // owned
  state at;
  pthread_t leader;  // valid while running
  core::instant started;
  std::uint64_t number;
  bool is_lost;     // its thread did not come through a fork
  PyObject* value;  // owned: the result, once settled
  PyObject* error;  // owned: or the exception
  PyObject* trace;  // owned: its traceback as it came from the function; may be null
  bool is_passing;  // the exception
  std::vector<seat>* seats;
};

inline PyTypeObject* memo_entry_type = nullptr;
inline PyTypeObject* memo_flight_type = nullptr;

[[nodiscard]] inline memo* as_memo(PyObject* object) noexcept {
  return reinterpret_cast<memo*>(object);
}
[[nodiscard]] inline memo_entry* as_entry(PyObject* object) noexcept {
  return reinterpret_cast<memo_entry*>(object);
}
[[nodiscard]] inline memo_flight* as_flight(PyObject* object) noexcept {
  return reinterpret_cast<memo_flight*>(object);
}
template <class T>
[[nodiscard]] PyObject* as_object(T* ours) noexcept {
  return reinterpret_cast<PyObject*>(ours);
}
/// A new reference.
template <class T>
[[nodiscard]] T* held(T* ours) noexcept {
  Py_INCREF(as_object(ours));
  return ours;
}

// memo.cpp: the callable.

struct memo_options {
  std::optional<double> max_age;  // seconds; nothing: as configured
  double stale_if_error = 0;
  std::size_t max_entries = 1000;
  bool is_coroutine = false;
};

[[nodiscard]] bool add_memo_types(PyObject* module);
[[nodiscard]] bool is_memo(PyObject* object) noexcept;
/// `key` may be null; `retry_on` is a tuple. Null with the Python error set.
[[nodiscard]] ref make_memo(PyObject* function, PyObject* key, PyObject* retry_on,
                            const memo_options& how);
[[nodiscard]] bool memo_is_hit(const memo& of, const clocks& now) noexcept;
/// The value of a function without arguments if it is a hit, borrowed; else null without an error.
[[nodiscard]] PyObject* memo_hit(memo& of, const clocks& now) noexcept;
/// Forgets every value of every memoised function; with `configuration`, also how long those are
/// kept that did not say. Runs Python code: values end.
void clear_memos(bool configuration);

// memo_store.cpp: what is kept.

/// References that are to be dropped when everything is consistent again: dropping them may run
/// any Python code.
using garbage = std::vector<ref>;

/// The key of a call; null with the Python error set.
[[nodiscard]] ref memo_key(const memo& of, PyObject* const* args, std::size_t positional,
                           PyObject* kwnames);
/// The entry of a key, a new reference. Nothing without an error: there is none.
[[nodiscard]] memo_entry* look_up(const memo& in, PyObject* key);
/// The same, made if there is none. Null with the Python error set.
[[nodiscard]] memo_entry* attach(memo& to, PyObject* key);
/// Forgets an entry; its value goes into `out`.
void detach(memo_entry& entry, garbage& out);
/// Takes a result for the entry, unless it is detached or has a later one. The one before goes into
/// `out`. To be followed by evict().
void keep(memo_entry& entry, const memo_flight& from, PyObject* value, garbage& out);
/// Forgets the least recently used that are too many. Runs Python code (comparisons of keys, ends
/// of values); the caller holds a reference to the memo.
void evict(memo& of);
/// Drops an entry that holds nothing and that nobody computes.
void drop_if_empty(memo_entry& entry);
/// Forgets everything.
[[nodiscard]] bool forget_all(memo& of);
/// Puts an entry at the end of the line of those that may go.
inline void used(memo_entry& entry, memo& of) noexcept {
  if (entry.use.after == &of.by_use) return;
  entry.use.unlink();
  entry.use.link_before(of.by_use);
}
/// Whether the value may be had, judged by every clock. If so, the next hits are quick.
[[nodiscard]] bool is_fresh_now(memo_entry& entry, core::nanos max_age, const core::instant& now);
/// Whether the value may stand in for a failed computation.
[[nodiscard]] bool is_servable(const memo_entry& entry, const memo& of, const core::instant& now);
[[nodiscard]] bool is_backing_off(const memo_entry& entry, const core::instant& now);

// memo_steps.hpp, memo_compute.cpp, memo_flight.cpp: who computes, who waits.

[[nodiscard]] bool add_flight_type(PyObject* module);
/// A call that found no fresh value. `entry` is taken over. A new reference or null with the Python
/// error set.
[[nodiscard]] PyObject* compute(memo& of, memo_entry* entry, PyObject* const* args,
                                std::size_t nargsf, PyObject* kwnames, bool is_forced);
/// A flight that nobody can join here: asyncio's waiters are kept by _function.py.
[[nodiscard]] PyObject* begin_flight(memo& of, memo_entry& entry);
/// Resolves how old values may be. False: the configuration is wrong, the Python error is set.
[[nodiscard]] bool bind(memo& of);
/// In a tuple of one: the value, if it is fresh, or the old one while tries are pointless. Else
/// None.
[[nodiscard]] PyObject* peek_entry(memo& of, memo_entry& entry);
/// The exception that is set, taken; never null.
[[nodiscard]] PyObject* take_error() noexcept;
/// Sets an exception object, which is taken over.
void set_error(PyObject* error) noexcept;

}  // namespace lambda_cache::python
