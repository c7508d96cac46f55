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
- `timeout_seconds`: the longest time of one read, all attempts included; 10.
- `max_attempts`: attempts per call; 3, or `AWS_MAX_ATTEMPTS`.
- `region`, `endpoint_url`: of this parameter, where they differ from the environment's.
- `role_arn`, with `external_id` and `role_session_name`: a role to assume for reading it, for
  example in another account.

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


def cache(
    parameter: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    **options: "Unpack[Options]",
) -> "Decorator":
    """Inject parameters into a handler's context, at every call no older than `ttl_seconds`.

    The context is the parameter named `context`, else the second one. Decorators can be stacked:
    what is missing is fetched in one round of calls. Wrong use is refused here, not at the call.
    """
    own = _service.injections(parameter, ttl_seconds, entry_name, options)  # type: ignore[arg-type]

    def decorate(handler: "Callable[P, R]", /) -> "Callable[P, R]":
        from lambda_cache import _handlers

        decorated: Callable[P, R] = _handlers.decorate(handler, own)
        return decorated

    return decorate


def _get_entry(
    parameter: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    **options: "Unpack[Options]",
) -> "Reader":
    """Read a parameter, or several as a dict by short name; no older than `ttl_seconds`.

    With `ttl_seconds=0` it is always fetched, and what handlers get injected next is that value
    as well. Inside a decorated handler the read ends before the invocation does.
    """
    return _service.reader(parameter, ttl_seconds, options)  # type: ignore[arg-type]


def invalidate(parameter: "str | Several", **options: "Unpack[Options]") -> None:
    """Forget what is cached of a parameter, or of several: whoever reads it next fetches it.

    Options count as far as they say what is read: `region`, `endpoint_url`, the version.
    """
    _native.invalidate_reader(_service.reader(parameter, None, options))  # type: ignore[arg-type]


if TYPE_CHECKING:

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
    def get_entry(parameter: str | Several, *args: Any, **options: Any) -> Any: ...

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
    async def get_entry_async(parameter: str | Several, *args: Any, **options: Any) -> Any: ...

else:
    get_entry = _declare.entry_getter(_get_entry, __name__)
    get_entry_async = _declare.async_getter(get_entry, __name__)
