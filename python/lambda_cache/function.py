"""Results of functions, kept by their arguments.

`cache` memoises any function, `inject` puts the result of one into a handler's context. Both take

- `ttl_seconds` (also `max_age_in_seconds`): the oldest acceptable age, counted from when the
  computation started; 60, or `LAMBDA_CACHE_TTL_SECONDS`. 0 always computes, `math.inf` never again.
- `stale_if_error_seconds`: how much longer a value is served while computing it fails for a
  passing reason; 0. Tries are a second apart then, later up to 30.
- `retry_on`: the exceptions that count as passing; any `Exception`. Others are raised at once.

Exceptions are never kept. Values are handed out as they are, as functools does it: whoever changes
one changes what the next call gets.
"""

from lambda_cache import _native
from lambda_cache._declare import described, wrong_type, wrong_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any, Concatenate, Generic, NoReturn, ParamSpec, Protocol, TypeVar, overload

    from lambda_cache._function import CacheInfo as CacheInfo

    P = ParamSpec("P")
    Q = ParamSpec("Q")
    R = TypeVar("R")
    S = TypeVar("S")
    R_co = TypeVar("R_co", covariant=True)

    class BoundMemoised(Protocol[P, R_co]):
        """A memoised method of an object."""

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
        def cache_clear(self) -> None: ...
        def cache_info(self) -> CacheInfo: ...

    class Memoised(Generic[P, R_co]):
        """A function with a cache. `refresh` and `invalidate` of a method take the object too."""

        __wrapped__: Callable[P, R_co]
        __name__: str
        __qualname__: str

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
        def refresh(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
        def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> None: ...
        def cache_clear(self) -> None: ...
        def cache_info(self) -> CacheInfo: ...
        @overload
        def __get__(self, instance: None, owner: type | None = None) -> "Memoised[P, R_co]": ...
        @overload
        def __get__(
            self: "Memoised[Concatenate[S, Q], R_co]", instance: S, owner: type | None = None
        ) -> BoundMemoised[Q, R_co]: ...
        def __get__(self, instance: Any, owner: type | None = None) -> Any: ...

    class Decorator(Protocol):
        def __call__(self, function: Callable[P, R], /) -> Memoised[P, R]: ...

    class HandlerDecorator(Protocol):
        """Leaves the handler's signature as it is."""

        def __call__(self, handler: Callable[P, R], /) -> Callable[P, R]: ...


__all__ = ["cache", "inject"]

OPTIONS = (
    "ttl_seconds",
    "max_age_in_seconds",
    "key",
    "max_entries",
    "stale_if_error_seconds",
    "retry_on",
)

CO_GENERATOR = 0x20
CO_ASYNC_GENERATOR = 0x200

if TYPE_CHECKING:

    @overload
    def cache(function: Callable[P, R], /) -> Memoised[P, R]: ...
    @overload
    def cache(
        *,
        ttl_seconds: float | None = None,
        max_age_in_seconds: float | None = None,
        key: Callable[..., Hashable] | None = None,
        max_entries: int = 1000,
        stale_if_error_seconds: float = 0,
        retry_on: type[BaseException] | tuple[type[BaseException], ...] | None = None,
    ) -> Decorator: ...
    def cache(function: Any = None, /, **options: Any) -> Any: ...

else:

    def cache(
        function=None,
        /,
        *,
        ttl_seconds=None,
        max_age_in_seconds=None,
        key=None,
        max_entries=1000,
        stale_if_error_seconds=0,
        retry_on=None,
        **unknown,
    ):
        """Memoise a function by its arguments: `@function.cache(ttl_seconds=300)`.

        Threads, and tasks of an event loop, that miss the same arguments compute once. All
        arguments have to be hashable, or `key` makes a key of them that is. `max_entries` results
        are kept; the least recently used goes first. What comes back has `cache_clear()`,
        `cache_info()`, `refresh(...)`, `invalidate(...)` and `__wrapped__`.
        """
        if unknown:
            _refuse_unknown(next(iter(unknown)), OPTIONS)
        if key is not None and not callable(key):
            wrong_type(
                "key has to be a function of the same arguments that returns a hashable key, "
                f"not {described(key)}"
            )
        if isinstance(max_entries, bool) or not isinstance(max_entries, int):
            wrong_type(f"max_entries has to be a whole number, not {described(max_entries)}")
        if not 1 <= max_entries < 2**62:
            wrong_value(f"max_entries={max_entries!r} has to be 1 or more")
        options = _lifetime(ttl_seconds, max_age_in_seconds, stale_if_error_seconds, retry_on)
        if function is not None and not callable(function) and not hasattr(function, "__func__"):
            raise TypeError(
                f"function.cache({described(function)}) decorates nothing: options are given by "
                "name, for example @function.cache(ttl_seconds=300)"
            )

        def decorate(function, /):
            return _memoise(function, key, max_entries, options)

        return decorate if function is None else decorate(function)


def inject(
    load: "Callable[[], Any]",
    /,
    entry_name: str | None = None,
    *,
    ttl_seconds: float | None = None,
    max_age_in_seconds: float | None = None,
    stale_if_error_seconds: float = 0,
    retry_on: "type[BaseException] | tuple[type[BaseException], ...] | None" = None,
    **unknown: object,
) -> "HandlerDecorator":
    """Inject the result of a function without arguments into a handler's context.

    It goes in as `entry_name`, by default the function's own name. Stacks with the other
    decorators: the function runs while what they miss is fetched. One that is memoised already
    keeps its own options and its own values. An `async def` one needs an `async def` handler.
    """
    from lambda_cache._declare import _checked_name

    if unknown:
        _refuse_unknown(next(iter(unknown)), ("entry_name", *OPTIONS[:2], *OPTIONS[4:]))
    options = _lifetime(ttl_seconds, max_age_in_seconds, stale_if_error_seconds, retry_on)
    _check_function(load)
    if entry_name is None:
        own_name = getattr(load, "__name__", None)
        if not isinstance(own_name, str) or not own_name.isidentifier():
            wrong_value(
                "the function to inject has no name of its own: give entry_name, "
                "for example entry_name='rates'"
            )
        name = _checked_name(own_name, f"{own_name!r}, the function's name,")
    elif isinstance(entry_name, str):
        name = _checked_name(entry_name, f"entry_name={entry_name!r}")
    else:
        wrong_type(f"entry_name has to be a str, not {described(entry_name)}")
    memo = memo_of(load)
    if memo is None:
        _check_no_arguments(load)
        memo = _make_memo(load, None, 1, options)
    elif options != _lifetime(None, None, 0, None):
        raise TypeError(
            f"{load!r} is memoised already, with options of its own: leave these out, or inject "
            "the function that it decorates (__wrapped__)"
        )

    def decorate(handler: "Callable[P, R]", /) -> "Callable[P, R]":
        from lambda_cache import _handlers

        decorated: Callable[P, R] = _handlers.decorate(handler, [(name, memo)])
        return decorated

    return decorate


def memo_of(function: "Any") -> "_native.Memo | None":
    """What is behind a memoised function; None: it is another one."""
    if type(function) is _native.Memo:
        return function
    note = getattr(function, "__lambda_cache_memo__", None)
    if note is None or note.function is not function:
        return None
    memo: _native.Memo = note.memo
    return memo


def _memoise(function: "Any", key: "Any", max_entries: int, options: "Any") -> "Any":
    from lambda_cache import _handlers

    _check_function(function)
    if memo_of(function) is not None:
        raise TypeError(f"{function!r} is memoised already")
    memo = _make_memo(function, key, max_entries, options)
    made: Any = memo
    if memo.is_coroutine:
        from lambda_cache import _function_async

        made = _function_async.wrap(function, memo)
    made = _handlers.look_like(made, function)
    made.__wrapped__ = function
    return made


def _make_memo(function: "Any", key: "Any", max_entries: int, options: "Any") -> "_native.Memo":
    from lambda_cache import _handlers

    max_age, stale_if_error, retry_on = options
    return _native.make_memo(
        function,
        key,
        retry_on,
        max_age,
        stale_if_error,
        max_entries,
        _handlers.is_coroutine_function(function),
    )


def _lifetime(
    ttl_seconds: object, max_age_in_seconds: object, stale_if_error_seconds: object, retry_on: "Any"
) -> "tuple[float | None, float, tuple[type[BaseException], ...]]":
    from lambda_cache._declare import seconds

    if ttl_seconds is not None and max_age_in_seconds is not None:
        raise TypeError(
            "ttl_seconds and max_age_in_seconds are two names of one option: give one of them"
        )
    max_age = None
    if ttl_seconds is not None:
        max_age = seconds("ttl_seconds", ttl_seconds)
    elif max_age_in_seconds is not None:
        max_age = seconds("max_age_in_seconds", max_age_in_seconds)
    stale = 0.0
    if stale_if_error_seconds is not None:
        stale = seconds("stale_if_error_seconds", stale_if_error_seconds)
    if retry_on is None:
        return max_age, stale, (Exception,)
    kinds = retry_on if isinstance(retry_on, tuple) else (retry_on,)
    for kind in kinds:
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            what = kind.__name__ if isinstance(kind, type) else described(kind)
            wrong_type(
                "retry_on has to be an exception class or a tuple of them, for example "
                f"(ConnectionError, TimeoutError), not {what}"
            )
    if not kinds:
        wrong_value("retry_on is empty: name the exceptions that count as passing")
    if stale == 0:
        wrong_value(
            "retry_on says which failures an old value may stand in for; without "
            "stale_if_error_seconds there is none"
        )
    return max_age, stale, kinds


def _check_function(function: "Any") -> None:
    if isinstance(function, (staticmethod, classmethod)):
        kind = type(function).__name__
        raise TypeError(f"put the cache decorator below @{kind}, directly on the function")
    if isinstance(function, type):
        raise TypeError(
            f"a class cannot be memoised, only a function or a callable object: {function!r}"
        )
    if not callable(function):
        raise TypeError(f"only functions can be memoised, not {described(function)}")
    flags = getattr(_code_of(function), "co_flags", 0)
    if flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
        kind = "an async generator" if flags & CO_ASYNC_GENERATOR else "a generator"
        raise TypeError(
            f"{function!r} is {kind} function: what it returns can be used only once and so cannot "
            "be memoised. Return a list or a tuple"
        )


def _code_of(function: "Any") -> "Any":
    """The code that runs in the end, through methods, partials and callable objects."""
    from lambda_cache import _handlers

    for _ in range(100):
        if isinstance(function, _handlers._partial_type()):
            function = function.func
        elif hasattr(function, "__func__"):
            function = function.__func__
        else:
            break
    code = getattr(function, "__code__", None)
    if code is None:
        code = getattr(_handlers._call_method(function), "__code__", None)
    return code


def _check_no_arguments(load: "Any") -> None:
    """For plain functions and methods; others say it when they are called."""
    function = getattr(load, "__func__", load)
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return
    bound = 0 if function is load else 1
    required = code.co_argcount - bound - len(function.__defaults__ or ())
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    if required > 0 or any(name not in (function.__kwdefaults__ or {}) for name in keyword_only):
        raise TypeError(
            f"{load!r} takes arguments, but a handler's context has none to give: inject a "
            "function without, for example a lambda (with entry_name)"
        )


def _refuse_unknown(name: str, options: tuple[str, ...]) -> "NoReturn":
    import difflib

    close = difflib.get_close_matches(name, options, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise TypeError(f"unknown option {name!r}: {hint}the options are {', '.join(options)}")
