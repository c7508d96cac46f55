// What a wrapped handler is given besides its request: the values and the facts of the invocation.
#pragma once

#include <lambda_cache/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace lambda_cache {
namespace lambda {
class entry_table;
struct entry_group;
}  // namespace lambda
inline namespace v0 {

/// What the request says about its invocation; empty where it says nothing. Points into the
/// request.
struct invocation_facts {
  std::string_view request_id = {};
  std::string_view function_arn = {};
  std::string_view trace_id = {};
  std::optional<std::chrono::system_clock::time_point> deadline = {};
};

/// Makes the moment at which the running invocation is killed known to this thread: for the life of
/// the object no read on this thread lasts longer (less a margin of 200 ms, to answer with an
/// error). with() and run() do this by themselves; needed only with a runtime of one's own around
/// handlers that are not wrapped. Nests; must end on the thread that began it.
class invocation_scope {
 public:
  /// Without a deadline the outer scope's stays in force.
  explicit invocation_scope(std::optional<std::chrono::system_clock::time_point> deadline) noexcept;
  ~invocation_scope();
  invocation_scope(const invocation_scope&) = delete;
  invocation_scope& operator=(const invocation_scope&) = delete;

 private:
  alignas(std::int64_t) std::byte inner_[sizeof(std::int64_t)];
  bool is_open_;
};

/// Several values under one entry, each by its short name (or the alias it was given), or what a
/// path holds, each by its name below the path. A view: valid as long as the Context.
class Values {
 public:
  /// The text of one of them. Throws `error` (invalid_argument), which lists the names there are,
  /// if there is none of that name; so do all that take a name.
  [[nodiscard]] std::string_view text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const;
  [[nodiscard]] const Value& value(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  /// In the order of their declaration; of a path sorted.
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  friend class Context;
  Values(const lambda::entry_table& table, const lambda::entry_group& group,
         const Value* values) noexcept
      : table_(&table), group_(&group), values_(values) {}
  /// What a path holds, if this is such an entry.
  [[nodiscard]] const Value* whole() const noexcept;

  const lambda::entry_table* table_;
  const lambda::entry_group* group_;
  const Value* values_;
};

/// The values that with() was asked for, and what is known of the invocation. One per call of the
/// handler. What it returns stays valid until the handler returns, whatever happens to the cache
/// meanwhile; copy what has to live longer (a Value is cheap to copy).
///
/// Names that do not exist throw `error` (invalid_argument), which lists those that do.
class Context {
 public:
  /// Takes the values in the table's order. with() calls this.
  Context(const lambda::entry_table& table, std::vector<Value> values,
          const invocation_facts& facts,
          std::vector<std::shared_ptr<const void>> results = {}) noexcept;
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// The result of a function (function::cache()). T is what the function returns: throws `error`
  /// (invalid_argument) if it is another type. Throws for entries that are not of functions.
  template <class T>
  [[nodiscard]] const T& get(std::string_view name) const {
    return *static_cast<const T*>(result_of(name, typeid(T)));
  }
  /// The text of an entry (of a StringList: its items joined by commas; of a function's result, if
  /// it is text).
  [[nodiscard]] std::string_view text(std::string_view name) const;
  /// The items of a StringList; of any other value a list of one.
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const;
  /// The entry itself, with its type and version.
  [[nodiscard]] const Value& value(std::string_view name) const;
  /// An entry that holds several values: `context.values("parameters").text("var1")`.
  [[nodiscard]] Values values(std::string_view name) const;
  /// Whether there is an entry of that name, single or several.
  [[nodiscard]] bool contains(std::string_view name) const noexcept;

  /// Empty where the request says nothing.
  [[nodiscard]] std::string_view request_id() const noexcept { return facts_.request_id; }
  [[nodiscard]] std::string_view function_arn() const noexcept { return facts_.function_arn; }
  /// For X-Ray, e.g. "Root=1-5759e988-bd862e3fe1be46a994272793;...".
  [[nodiscard]] std::string_view trace_id() const noexcept { return facts_.trace_id; }
  /// When the invocation is killed.
  [[nodiscard]] std::optional<std::chrono::system_clock::time_point> deadline() const noexcept {
    return facts_.deadline;
  }
  /// Time until then; not negative.
  [[nodiscard]] std::optional<std::chrono::milliseconds> time_remaining() const noexcept;

 private:
  [[nodiscard]] const lambda::entry_group& single(std::string_view name) const;
  [[nodiscard]] const void* result_of(std::string_view name, const std::type_info& type) const;

  const lambda::entry_table* table_;
  std::vector<Value> values_;
  std::vector<std::shared_ptr<const void>> results_;
  invocation_facts facts_;
};

}  // namespace v0
}  // namespace lambda_cache
