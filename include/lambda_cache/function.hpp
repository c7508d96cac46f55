// Results of functions, kept by their arguments: memoize(), and function::cache() for handlers.
#pragma once

#include <lambda_cache/binding.hpp>
#include <lambda_cache/client.hpp>
#include <lambda_cache/error.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace lambda_cache {
namespace wiring {
class memo_state;
}
inline namespace v0 {

/// How results are kept.
struct memo_options {
  /// Oldest acceptable age, counted from when the computation started; 0 always computes,
  /// `forever` never again. Else the client's: LAMBDA_CACHE_TTL_SECONDS, 60 s.
  std::optional<std::chrono::nanoseconds> max_age = {};
  /// Results kept; the least recently used (to about half a second) goes first. At least 1.
  std::size_t max_entries = 1000;
  /// How much longer a result is served while computing it fails for a passing reason. Tries are
  /// 1 s apart then, doubling to 30 s, with full jitter. 0: off.
  std::chrono::nanoseconds stale_if_error = std::chrono::nanoseconds(0);
  /// Which failures count as passing; by default all that derive from std::exception. Others, and
  /// what does not derive from it, are thrown at once.
  std::function<bool(const std::exception&)> retry_on = {};
};

/// What one memoised function did so far.
struct memo_info {
  std::uint64_t hits = 0;      // calls answered with a result that was kept
  std::uint64_t misses = 0;    // calls that computed
  std::uint64_t joins = 0;     // calls that waited for another one's computation
  std::uint64_t stale = 0;     // calls answered with an old result while computing fails
  std::uint64_t failures = 0;  // computations that threw
  std::size_t entries = 0;     // results kept now
  std::size_t max_entries = 0;
};

namespace detail {

using erased = std::shared_ptr<const void>;

/// One call as the table sees it. Lives on the caller's stack.
class memo_call {
 public:
  explicit memo_call(std::size_t hash) noexcept : hash_(hash) {}
  memo_call(const memo_call&) = delete;
  memo_call& operator=(const memo_call&) = delete;
  [[nodiscard]] std::size_t hash() const noexcept { return hash_; }
  /// Whether these are its arguments.
  [[nodiscard]] virtual bool is(const void* key) const = 0;
  /// A copy of its arguments.
  [[nodiscard]] virtual erased key() const = 0;
  [[nodiscard]] virtual erased compute() const = 0;

 protected:
  ~memo_call() = default;

 private:
  std::size_t hash_;
};

/// The results of one function, whatever its types. Copies share them.
class memo_table {
 public:
  /// Throws `error` (invalid_argument): a negative duration, no entries.
  memo_table(memo_options how, const client& in);

  [[nodiscard]] erased get(const memo_call& call) const;
  [[nodiscard]] erased refresh(const memo_call& call) const;
  /// The result if it is fresh; never computes.
  [[nodiscard]] erased peek(const memo_call& call) const;
  void invalidate(const memo_call& call) const;
  void clear() const;
  [[nodiscard]] memo_info info() const;

 private:
  std::shared_ptr<wiring::memo_state> state_;
};

template <class T>
concept text_like = std::convertible_to<const T&, std::string_view>;

/// What an argument is kept as: by value, text as a std::string.
template <class T>
using key_part = std::conditional_t<text_like<std::decay_t<T>>, std::string, std::decay_t<T>>;

template <class T>
concept hashable = text_like<T> || requires(const T& value) {
  { std::hash<T>{}(value) } -> std::convertible_to<std::size_t>;
  { value == value } -> std::convertible_to<bool>;
};

template <class T>
[[nodiscard]] std::size_t hash_of(const T& value) {
  if constexpr (text_like<T>)
    return std::hash<std::string_view>{}(std::string_view(value));
  else
    return std::hash<T>{}(value);
}

template <class Kept, class T>
[[nodiscard]] bool is_same(const Kept& kept, const T& given) {
  if constexpr (text_like<T>)
    return std::string_view(kept) == std::string_view(given);
  else
    return kept == given;
}

/// splitmix64's finish: std::hash of a number is often the number.
[[nodiscard]] constexpr std::size_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<std::size_t>(z ^ (z >> 31U));
}

template <class... Args>
[[nodiscard]] std::size_t hash_all(const Args&... args) {
  std::uint64_t sum = sizeof...(Args);
  ((sum = mix(sum + 0x9e3779b97f4a7c15U) ^ mix(hash_of(args))), ...);
  return mix(sum);
}

/// The one signature of a callable.
template <class Callable>
struct signature : signature<decltype(&Callable::operator())> {};
template <class R, class... Args>
struct signature<R(Args...)> {
  using result = std::remove_cvref_t<R>;
  using arguments = std::tuple<Args...>;
  static constexpr bool is_void = std::is_void_v<R>;
};
// NOLINTBEGIN(bugprone-macro-parentheses): a list of specialisations
#define LAMBDA_CACHE_SIGNATURE(qualifiers)   \
  template <class C, class R, class... Args> \
  struct signature<R (C::*)(Args...) qualifiers> : signature<R(Args...)> {}
LAMBDA_CACHE_SIGNATURE();
LAMBDA_CACHE_SIGNATURE(const);
LAMBDA_CACHE_SIGNATURE(noexcept);
LAMBDA_CACHE_SIGNATURE(const noexcept);
LAMBDA_CACHE_SIGNATURE(&);
LAMBDA_CACHE_SIGNATURE(const&);
#undef LAMBDA_CACHE_SIGNATURE
// NOLINTEND(bugprone-macro-parentheses)
template <class R, class... Args>
struct signature<R (*)(Args...)> : signature<R(Args...)> {};
template <class R, class... Args>
struct signature<R (*)(Args...) noexcept> : signature<R(Args...)> {};

template <class T>
inline constexpr bool is_memoized = false;

template <class Callable>
concept has_one_signature = !is_memoized<std::decay_t<Callable>> &&
                            requires { typename signature<std::decay_t<Callable>>::result; };

}  // namespace detail

/// A function with its results kept: what memoize() returns. Copies share the function and the
/// results. Safe from any number of threads if the function is.
template <class Function, class Arguments = typename detail::signature<Function>::arguments>
class memoized;

template <class Function, class... Args>
class memoized<Function, std::tuple<Args...>> {
 public:
  using result_type = typename detail::signature<Function>::result;
  static_assert(!detail::signature<Function>::is_void,
                "memoize() keeps what a function returns, and this one returns nothing");
  static_assert(((!std::is_lvalue_reference_v<Args> ||
                  std::is_const_v<std::remove_reference_t<Args>>) &&
                 ...),
                "memoize() calls the function only sometimes: it may not write to its arguments");
  static_assert((detail::hashable<std::decay_t<Args>> && ...),
                "memoize() keeps results by the arguments: each needs std::hash and ==");

  memoized(Function function, memo_options how, const client& in)
      : function_(std::make_shared<Function>(std::move(function))), table_(std::move(how), in) {}

  /// The result for these arguments, computed if there is none that is fresh enough. Threads that
  /// miss the same arguments at the same time compute once; a wait that would close a cycle (the
  /// computation asks for itself, directly or over other threads) computes instead.
  ///
  /// Shared and never null. It stays valid as long as it is held, whatever happens to the cache.
  ///
  /// Throws what the function throws. Threads that waited for it get a copy of an `error`, and the
  /// same object of any other type. Failures are never kept. A wait ends 200 ms before the running
  /// invocation does, with an `error` (timeout).
  [[nodiscard]] std::shared_ptr<const result_type> operator()(
      const std::remove_reference_t<Args>&... args) const {
    return cast(table_.get(call(*function_, args...)));
  }
  /// Computes in any case, with a computation that starts after this call; keeps the result.
  std::shared_ptr<const result_type> refresh(const std::remove_reference_t<Args>&... args) const {
    return cast(table_.refresh(call(*function_, args...)));
  }
  /// Forgets one result, also if it is being computed just now.
  void invalidate(const std::remove_reference_t<Args>&... args) const {
    table_.invalidate(call(*function_, args...));
  }
  /// Forgets all of them. client::clear() and client::reset() do so too.
  void clear() const { table_.clear(); }
  [[nodiscard]] memo_info info() const { return table_.info(); }

  /// The result if there is one that is fresh enough, else nullptr. Never computes or waits.
  [[nodiscard]] std::shared_ptr<const result_type> peek(
      const std::remove_reference_t<Args>&... args) const {
    return cast(table_.peek(call(*function_, args...)));
  }

 private:
  using kept = std::tuple<detail::key_part<Args>...>;

  class call final : public detail::memo_call {
   public:
    explicit call(Function& function, const std::remove_reference_t<Args>&... args)
        : memo_call(detail::hash_all<std::decay_t<Args>...>(args...)),
          function_(function),
          args_(args...) {}
    [[nodiscard]] bool is(const void* key) const override {
      return compare(*static_cast<const kept*>(key), std::index_sequence_for<Args...>());
    }
    [[nodiscard]] detail::erased key() const override {
      return std::apply(
          [](const auto&... args) {
            return std::make_shared<const kept>(detail::key_part<Args>(args)...);
          },
          args_);
    }
    [[nodiscard]] detail::erased compute() const override {
      return std::apply(
          [this](const auto&... args) {
            return std::make_shared<const result_type>(std::invoke(function_, pass<Args>(args)...));
          },
          args_);
    }

   private:
    template <std::size_t... Index>
    [[nodiscard]] bool compare(const kept& key, std::index_sequence<Index...>) const {
      return (detail::is_same<std::tuple_element_t<Index, kept>,
                              std::decay_t<std::tuple_element_t<Index, std::tuple<Args...>>>>(
                  std::get<Index>(key), std::get<Index>(args_)) &&
              ...);
    }
    /// What is taken by value or as a temporary gets a copy of its own.
    template <class Arg>
    static decltype(auto) pass(const std::remove_reference_t<Arg>& arg) {
      if constexpr (std::is_lvalue_reference_v<Arg>)
        return arg;
      else
        return std::decay_t<Arg>(arg);
    }

    Function& function_;
    std::tuple<const std::remove_reference_t<Args>&...> args_;
  };

  static std::shared_ptr<const result_type> cast(detail::erased value) {
    return std::static_pointer_cast<const result_type>(std::move(value));
  }

  std::shared_ptr<Function> function_;
  detail::memo_table table_;
};

namespace detail {
template <class Function, class Arguments>
inline constexpr bool is_memoized<memoized<Function, Arguments>> = true;
}

/// Keeps the results of a function by its arguments:
///
///     auto rates = lc::memoize(load_rates, {.max_age = 300s});
///     double euro = rates("EUR")->at("USD");
///
/// The function is a pointer, a lambda or any object with one call operator; it may be move-only.
/// Its arguments are copied into the key: text as std::string, everything else as it is, which
/// needs std::hash and ==. (Neither may call memoised functions.)
///
/// Why a shared_ptr and not the value: nothing is copied whatever its size, results need not be
/// copyable, and nobody can change what others get.
template <class Function>
  requires detail::has_one_signature<Function>
[[nodiscard]] memoized<std::decay_t<Function>> memoize(Function&& function, memo_options how = {},
                                                       const client& in = client::shared()) {
  return {std::forward<Function>(function), std::move(how), in};
}

namespace function {

/// What a handler is given: the result of a function, as `entry_name`, which is required.
struct cache_options {
  std::string entry_name = {};
  /// As in memo_options.
  std::optional<std::chrono::nanoseconds> max_age = {};
  std::chrono::nanoseconds stale_if_error = std::chrono::nanoseconds(0);
  std::function<bool(const std::exception&)> retry_on = {};
};

/// A memoised function of no arguments as something to inject.
template <class Function>
class result_of final : public computed_source {
 public:
  using result_type = typename memoized<Function>::result_type;

  explicit result_of(memoized<Function> function) : function_(std::move(function)) {}
  [[nodiscard]] std::shared_ptr<const void> peek() const override { return function_.peek(); }
  [[nodiscard]] std::shared_ptr<const void> get() const override { return function_(); }
  [[nodiscard]] const std::type_info& type() const noexcept override { return typeid(result_type); }
  [[nodiscard]] std::optional<std::string_view> text(const void* value) const override {
    if constexpr (detail::text_like<result_type>)
      return std::string_view(*static_cast<const result_type*>(value));
    else
      return std::nullopt;
  }

 private:
  memoized<Function> function_;
};

/// For lambda_cache::with(): the result is `context.get<T>("rates")` and, where it is text,
/// `context.text("rates")`. The function runs on the handler's thread, while what else the handler
/// misses is on its way; what it throws passes through to the caller of the handler.
template <class Function>
  requires detail::has_one_signature<Function>
[[nodiscard]] binding cache(Function&& function, cache_options what,
                            const client& in = client::shared()) {
  using held = std::decay_t<Function>;
  static_assert(std::tuple_size_v<typename detail::signature<held>::arguments> == 0,
                "function::cache() injects the result of a function without arguments");
  memo_options how{.max_age = what.max_age,
                   .max_entries = 1,
                   .stale_if_error = what.stale_if_error,
                   .retry_on = std::move(what.retry_on)};
  binding made;
  made.computed.push_back(
      {std::move(what.entry_name), std::make_shared<const result_of<held>>(memoize(
                                       std::forward<Function>(function), std::move(how), in))});
  return made;
}

/// The same for a function that is memoised already, with its own options and results.
template <class Function>
[[nodiscard]] binding cache(memoized<Function> function, std::string entry_name) {
  binding made;
  made.computed.push_back(
      {std::move(entry_name), std::make_shared<const result_of<Function>>(std::move(function))});
  return made;
}

}  // namespace function
}  // namespace v0
}  // namespace lambda_cache
