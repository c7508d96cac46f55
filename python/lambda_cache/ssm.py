"""Parameters of AWS Systems Manager Parameter Store.

`cache` injects values into a handler's context, `get_entry` reads them anywhere. A parameter is
given as its name, as `name:3` (a version, never read again), as `name:label`, or as its ARN;
several as a list, or as a mapping of names of your own: `{"x": "/a/var", "y": "/b/var"}`. One of
several may have options of its own: `{"y": {"parameter": "/b/var", "ttl_seconds": 5}}`.

Options of all of them, the first two also by position:

- `ttl_seconds` (also `max_age_in_seconds`): the oldest acceptable age; 60, or
  `LAMBDA_CACHE_TTL_SECONDS`. 0 always fetches, `math.inf` never again.
- `entry_name`: the name that is injected. By default what follows the last `/`; required for a
  list. With a mapping and no `entry_name`, each of its names is injected.
- `version` (a number; never read again) or `label`: which version, as behind a `:`.
- `with_decryption`: False gives the ciphertext of a SecureString.
- `transform`: `"json"`, `"binary"` (base64 to bytes), `"auto"` (by the end of the name: `.json`,
  `.binary`), or a function of the value. What does not fit raises `TransformError`.
- `field`: what to pick from a value that is JSON: `"password"`, `"database.hosts.0"`.
- `delimiter`: splits the value into a list, whatever its type.
- `default`: what a parameter that does not exist reads as.
- `stale_if_error_seconds`: how much longer a value is served while refreshes fail for a passing
  reason; 300, 0 turns it off.
- `refresh_ahead_seconds`: a value that expires within this time is handed out and refreshed in the
  background; less than `ttl_seconds`; 0, off.
- `prefetch` (of `cache` only): whether loading starts when the handler is decorated. By default it
  does in Lambda, for the function that Lambda calls; never under SnapStart.
- `timeout_seconds`: the longest time of one read, all attempts included; 10.
- `max_attempts`: attempts per call; 3, or `AWS_MAX_ATTEMPTS`.
- `region`, `endpoint_url`: of this parameter, where they differ from the environment's.
- `role_arn`, with `external_id` and `role_session_name`: a role to assume for reading it, for
  example in another account.

`path="/app/"` instead of a parameter reads all that a path holds: a dict of the names below it
(`"db/host"`), empty if there is nothing. It is cached as one value. Options of its own:

- `recursive`: False reads only what is directly in the path; by default all below it.
- `filters`: `{"Type": "SecureString"}`, `{"Label": ["a", "b"]}` or what boto3 calls
  `ParameterFilters`.

`transform`, `field` and `delimiter` look at each of its values, `"auto"` by its own name.
`version`, `label` and `default` are of single parameters.

A StringList is a list, everything else a str; several parameters are a dict by short name. Lists
and dicts, also those from JSON, are the caller's own. Values are converted once, not at each read.
"""

from lambda_cache import _declare, _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar, Unpack, overload

    from lambda_cache._native import Reader

    P = ParamSpec("P")
    R = TypeVar("R")

    # A str, or a list of str for a StringList: what it is, who stored it knows.
    Value: TypeAlias = str | Any
    # {'Type': 'SecureString'}, {'Label': ['a', 'b']}, or what boto3 calls ParameterFilters.
    Filters: TypeAlias = (
        Mapping[str, str]
        | Mapping[str, list[str]]
        | Mapping[str, str | list[str] | tuple[str, ...]]
        | Sequence[Mapping[str, str | list[str] | tuple[str, ...]]]
    )

    class Options(TypedDict, total=False):
        """What may be said of a parameter; see the module."""

        max_age_in_seconds: float | None
        stale_if_error_seconds: float | None
        refresh_ahead_seconds: float | None
        timeout_seconds: float | None
        max_attempts: int | None
        region: str | None
        endpoint_url: str | None
        role_arn: str | None
        external_id: str | None
        role_session_name: str | None
        transform: str | Callable[[Any], Any] | None
        field: str | None
        default: Any
        with_decryption: bool
        version: int | None
        label: str | None
        delimiter: str | None

    class PathOptions(TypedDict, total=False):
        """What may be said of a path; see the module."""

        recursive: bool
        filters: Filters | None
        max_age_in_seconds: float | None
        stale_if_error_seconds: float | None
        refresh_ahead_seconds: float | None
        timeout_seconds: float | None
        max_attempts: int | None
        region: str | None
        endpoint_url: str | None
        role_arn: str | None
        external_id: str | None
        role_session_name: str | None
        transform: str | Callable[[Any], Any] | None
        field: str | None
        with_decryption: bool
        delimiter: str | None

    class OneOfSeveral(Options, total=False):
        """A parameter among several, with options of its own."""

        parameter: str
        ttl_seconds: float | None

    # Lists and tuples: as sequences, a list of str is one as well. So is a str, which the
    # overloads below take first.
    Several: TypeAlias = Sequence[str | OneOfSeveral] | Mapping[str, str | OneOfSeveral]

    class Decorator(Protocol):
        """Leaves the handler's signature as it is."""

        def __call__(self, handler: Callable[P, R], /) -> Callable[P, R]: ...


__all__ = ["cache", "get_entry", "get_entry_async", "invalidate"]

_service = _declare.Service(
    "ssm",
    "ssm",
    "parameter",
    "parameter",
    {
        "with_decryption": _declare.flag,
        "version": _declare.version,
        "label": _declare.text,
        "delimiter": _declare.delimiter,
    },
)


def _cache(
    parameter: "Any" = _declare.MISSING,
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    *,
    prefetch: bool | None = None,
    **options: "Any",
) -> "Decorator":
    """Inject parameters into a handler's context, at every call no older than `ttl_seconds`.

    The context is the parameter named `context`, else the second one. Decorators can be stacked:
    what is missing is fetched in one round of calls. Wrong use is refused here, not at the call.
    """
    path = _path_among(parameter, options)
    if path is None:
        own = _service.injections(parameter, ttl_seconds, entry_name, options)
    else:
        from lambda_cache import _by_path

        own = _by_path.injections(path, ttl_seconds, entry_name, options)

    def decorate(handler: "Callable[P, R]", /) -> "Callable[P, R]":
        from lambda_cache import _handlers

        decorated: Callable[P, R] = _handlers.decorate(handler, own, prefetch)
        return decorated

    return decorate


def _get_entry(
    parameter: "Any" = _declare.MISSING,
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    **options: "Any",
) -> "Reader":
    """Read a parameter, or several as a dict by short name, or all that a path holds.

    What is returned is no older than `ttl_seconds`; with `ttl_seconds=0` it is always fetched, and
    what handlers get injected next is that value as well. Inside a decorated handler the read ends
    before the invocation does.
    """
    return _reader(parameter, ttl_seconds, options)


def _reader(parameter: object, ttl_seconds: object, options: "dict[str, Any]") -> "Reader":
    path = _path_among(parameter, options)
    if path is None:
        return _service.reader(parameter, ttl_seconds, options)
    from lambda_cache import _by_path

    return _by_path.reader(path, ttl_seconds, options)


def _path_among(parameter: object, options: "dict[str, Any]") -> "str | None":
    """The path, taken out of the options; None: they are of parameters."""
    if "path" in options or "recursive" in options or "filters" in options:
        from lambda_cache import _by_path

        path = _by_path.taken_from(parameter, options)
        if path is not None:
            return path
    if parameter is _declare.MISSING:
        raise TypeError("nothing to read: give a parameter, or a path")
    return None


def _invalidate(parameter: "Any" = _declare.MISSING, **options: "Any") -> None:
    """Forget what is cached of a parameter, of several, or of a path: whoever reads it next
    fetches it.

    Options count as far as they say what is read: `region`, `endpoint_url`, the version, and
    whatever says which parameters of a path. What is cached of a path and what is cached of the
    names in it are forgotten apart.
    """
    _native.invalidate_reader(_reader(parameter, None, options))


if TYPE_CHECKING:

    @overload
    def cache(
        parameter: str | Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        *,
        prefetch: bool | None = None,
        **options: Unpack[Options],
    ) -> Decorator: ...
    @overload
    def cache(
        *,
        path: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        prefetch: bool | None = None,
        **options: Unpack[PathOptions],
    ) -> Decorator: ...
    def cache(*args: Any, **options: Any) -> Any: ...

    @overload
    def invalidate(parameter: str | Several, **options: Unpack[Options]) -> None: ...
    @overload
    def invalidate(*, path: str, **options: Unpack[PathOptions]) -> None: ...
    def invalidate(*args: Any, **options: Any) -> Any: ...

    @overload
    def get_entry(  # type: ignore[overload-overlap]
        parameter: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> Value: ...
    @overload
    def get_entry(
        parameter: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> dict[str, Value]: ...
    @overload
    def get_entry(
        *,
        path: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[PathOptions],
    ) -> dict[str, Value]: ...
    def get_entry(*args: Any, **options: Any) -> Any: ...

    @overload
    async def get_entry_async(  # type: ignore[overload-overlap]
        parameter: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> Value: ...
    @overload
    async def get_entry_async(
        parameter: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> dict[str, Value]: ...
    @overload
    async def get_entry_async(
        *,
        path: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[PathOptions],
    ) -> dict[str, Value]: ...
    async def get_entry_async(*args: Any, **options: Any) -> Any: ...

else:
    cache = _cache
    cache.__name__ = cache.__qualname__ = "cache"
    invalidate = _invalidate
    invalidate.__name__ = invalidate.__qualname__ = "invalidate"
    get_entry = _declare.entry_getter(_get_entry, __name__)
    get_entry_async = _declare.async_getter(get_entry, __name__)
