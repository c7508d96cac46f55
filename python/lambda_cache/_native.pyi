"""The extension module: everything that has to be fast, and the way to the cache."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, ParamSpec, TypeAlias, TypeVar, final, overload

from lambda_cache._function import CacheInfo

P = ParamSpec("P")
R = TypeVar("R")

_Injections: TypeAlias = list[tuple[str, Reader | Memo]]

__version__: str

def clear_cache() -> None:
    """Forget every value: the next read of each fetches."""

def reset() -> None:
    """Forget everything and read the configuration anew at the next fetch."""

def start_over() -> None:
    """What reset() does, and when it returns, credentials and connections are gone as well."""

def is_snap_start() -> bool:
    """Whether Lambda is about to take a snapshot of this process, or has taken one."""

@overload
def stats(*, per_entry: Literal[False] = False) -> dict[str, int]:
    """What the cache did so far, in total: hits, misses, joins, loads (fetches that brought a
    value), revalidated (fetches that found it current), failures, stale, negative, evictions, calls
    (requests sent), entries and bytes (held now)."""

@overload
def stats(*, per_entry: Literal[True]) -> list[dict[str, Any]]:
    """The same for each entry since the last reset(), in the order of service and name, without
    evictions and calls; never a value.

    Each has service, region, name; hits, misses, joins, loads, revalidated, failures, stale,
    negative; last_error (the kind of the last failed fetch, e.g. 'throttled', or None);
    age_seconds (of the value held, or None) and bytes; load_seconds_total and load_seconds_max (of
    the fetches counted in loads and revalidated)."""

def prefetch(
    sources: Sequence[Reader | Memo], module: str, function: str, wanted: bool | None
) -> None:
    """Start loading what a decorator declared; `wanted` None: if it is the function's handler."""

def invalidate_reader(reader: Reader) -> None:
    """Forget what this reader reads: the next read of it, by whomever, fetches."""

@final
class Reader:
    """A declared read of one parameter, or of several as a mapping."""

    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def is_forced(self) -> bool: ...

@final
class Wrapper(Generic[P, R]):
    """A decorated handler."""

    __wrapped__: Callable[P, R]
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

@final
class Memo:
    """A memoised function. One that is awaited gives its MemoEntry when it has no fresh value."""

    @property
    def is_coroutine(self) -> bool: ...
    @property
    def function(self) -> Callable[..., Any]: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def refresh(self, *args: Any, **kwargs: Any) -> Any: ...
    def invalidate(self, *args: Any, **kwargs: Any) -> None: ...
    def cache_clear(self) -> None: ...
    def cache_info(self) -> CacheInfo: ...
    def _entry(self, *args: Any, **kwargs: Any) -> MemoEntry: ...
    def _peek(self, entry: MemoEntry) -> tuple[Any] | None: ...
    def _begin(self, entry: MemoEntry) -> MemoFlight: ...
    def _drop(self, entry: MemoEntry) -> None: ...
    def _join(self) -> None: ...

@final
class MemoEntry:
    """What is kept for one key."""

@final
class MemoFlight:
    """One computation."""

    def is_joinable(self) -> bool: ...
    def store(self, value: Any) -> None: ...
    def fail(self, error: BaseException) -> None: ...
    def stale(self, error: BaseException) -> tuple[Any] | None: ...

@final
class EntryGetter:
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def reader(self, *args: Any, **kwargs: Any) -> Reader: ...

class Pending:
    """A read under way: complete at the latest when its descriptor is readable."""

    def fileno(self) -> int: ...
    def done(self) -> bool: ...
    def seconds_to_look(self) -> float: ...
    def close(self) -> None: ...
    def value(self) -> Any: ...

class Plan:
    """What an `async def` handler gets injected."""

    @property
    def optional(self) -> bool: ...
    @property
    def functions(self) -> list[Memo]: ...
    def begin(self, context: Any) -> Any: ...
    def inject(self, context: Any, read: Pending, results: list[Any]) -> Any: ...

def make_reader(
    service: str,
    places: list[tuple[str, str | None, dict[str, Any]]],
    is_mapping: bool,
) -> Reader: ...
def make_memo(
    function: Callable[..., Any],
    key: Callable[..., Any] | None,
    retry_on: tuple[type[BaseException], ...],
    max_age: float | None,
    stale_if_error: float,
    max_entries: int,
    is_coroutine: bool,
) -> Memo: ...
def make_entry_getter(resolve: Callable[..., Reader]) -> EntryGetter: ...
def make_wrapper(
    target: Callable[P, R],
    injections: _Injections,
    further_in: list[Reader],
    position: int,
    context_name: str | None,
    optional: bool,
) -> Wrapper[P, R]: ...
def make_plan(
    injections: _Injections,
    further_in: list[Reader],
    position: int,
    context_name: str | None,
    optional: bool,
) -> Plan: ...
def target_of(wrapper: Wrapper[P, R]) -> Callable[P, R]: ...
def injections_of(of: Wrapper[..., Any] | Plan) -> _Injections: ...
def further_in_of(of: Wrapper[..., Any] | Plan) -> list[Reader]: ...
def begin(reader: Reader, context: object) -> Any: ...
def set_context_source(source: Callable[[], object]) -> None: ...
def _shift_clock(wall_ns: int, mono_ns: int, boot_ns: int) -> None: ...
def _fake_cloud_type() -> Any: ...
