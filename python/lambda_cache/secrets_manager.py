"""Secrets of AWS Secrets Manager.

`cache` injects values into a handler's context, `get_entry` reads them anywhere. A secret is given
by its name or ARN; several as a list, or as a mapping of names of your own:
`{"db": "/prod/db", "key": "arn:..."}`. One of several may have options of its own:
`{"db": {"name": "/prod/db", "field": "password"}}`.

Options of all of them, the first two also by position:

- `ttl_seconds` (also `max_age_in_seconds`): the oldest acceptable age; 60, or
  `LAMBDA_CACHE_TTL_SECONDS`. 0 always fetches, `math.inf` never again.
- `entry_name`: the name that is injected. By default what follows the last `/`; required for a
  list and for an ARN. With a mapping and no `entry_name`, each of its names is injected.
- `version_id` (never read again) or `version_stage` (`"AWSPREVIOUS"`): which version; by default
  the present one, AWSCURRENT.
- `rotation_aware`: what expired is described first (DescribeSecret, the cheaper call), and fetched
  only if it rotated; it also expires at its next rotation. Needs the permission to describe.
- `transform`: `"json"`, `"binary"` (base64 to bytes), `"auto"` (by the end of the name: `.json`,
  `.binary`), or a function of the value. What does not fit raises `TransformError`.
- `field`: what to pick from a secret that is JSON: `"password"`, `"database.hosts.0"`.
- `default`: what a secret that does not exist reads as.
- `stale_if_error_seconds`: how much longer a value is served while refreshes fail for a passing
  reason; 300, 0 turns it off.
- `refresh_ahead_seconds`: a value that expires within this time is handed out and refreshed in the
  background; less than `ttl_seconds`; 0, off.
- `prefetch` (of `cache` only): whether loading starts when the handler is decorated. By default it
  does in Lambda, for the function that Lambda calls; never under SnapStart.
- `timeout_seconds`: the longest time of one read, all attempts included; 10.
- `max_attempts`: attempts per call; 3, or `AWS_MAX_ATTEMPTS`.
- `region`, `endpoint_url`: of this secret, where they differ from the environment's.
- `role_arn`, with `external_id` and `role_session_name`: a role to assume for reading it, for
  example in another account.

A secret is what is stored: a str, or bytes; several are a dict by short name. What came from JSON
is the caller's own. Values are converted once, not at each read. Secrets that miss together go by
BatchGetSecretValue where the role may, else side by side.
"""

from lambda_cache import _declare, _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar, Unpack, overload

    from lambda_cache._native import Reader

    P = ParamSpec("P")
    R = TypeVar("R")

    # A str, or bytes for a binary secret: what it is, who stored it knows.
    Value: TypeAlias = str | Any

    class Options(TypedDict, total=False):
        """What may be said of a secret; see the module."""

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
        version_id: str | None
        version_stage: str | None
        rotation_aware: bool

    class OneOfSeveral(Options, total=False):
        """A secret among several, with options of its own."""

        name: str
        ttl_seconds: float | None

    # Lists and tuples: as sequences, a list of str is one as well. So is a str, which the
    # overloads below take first.
    Several: TypeAlias = Sequence[str | OneOfSeveral] | Mapping[str, str | OneOfSeveral]

    class Decorator(Protocol):
        """Leaves the handler's signature as it is."""

        def __call__(self, handler: Callable[P, R], /) -> Callable[P, R]: ...


__all__ = ["cache", "get_entry", "get_entry_async", "invalidate"]

_service = _declare.Service(
    "secrets_manager",
    "secretsmanager",
    "name",
    "secret",
    {
        "version_id": _declare.text,
        "version_stage": _declare.text,
        "rotation_aware": _declare.flag,
    },
)


def cache(
    name: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    *,
    prefetch: bool | None = None,
    **options: "Unpack[Options]",
) -> "Decorator":
    """Inject secrets into a handler's context, at every call no older than `ttl_seconds`.

    The context is the parameter named `context`, else the second one. Decorators can be stacked:
    what is missing is fetched in one round of calls. Wrong use is refused here, not at the call.
    """
    own = _service.injections(name, ttl_seconds, entry_name, options)  # type: ignore[arg-type]

    def decorate(handler: "Callable[P, R]", /) -> "Callable[P, R]":
        from lambda_cache import _handlers

        decorated: Callable[P, R] = _handlers.decorate(handler, own, prefetch)
        return decorated

    return decorate


def _get_entry(
    name: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    **options: "Unpack[Options]",
) -> "Reader":
    """Read a secret, or several as a dict by short name; no older than `ttl_seconds`.

    With `ttl_seconds=0` it is always fetched, and what handlers get injected next is that value
    as well. Inside a decorated handler the read ends before the invocation does.
    """
    return _service.reader(name, ttl_seconds, options)  # type: ignore[arg-type]


def invalidate(name: "str | Several", **options: "Unpack[Options]") -> None:
    """Forget what is cached of a secret, or of several: whoever reads it next fetches it.

    Options count as far as they say what is read: `region`, `endpoint_url`, the version.
    """
    _native.invalidate_reader(_service.reader(name, None, options))  # type: ignore[arg-type]


if TYPE_CHECKING:

    @overload
    def get_entry(  # type: ignore[overload-overlap]
        name: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> Value: ...
    @overload
    def get_entry(
        name: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> dict[str, Value]: ...
    def get_entry(name: str | Several, *args: Any, **options: Any) -> Any: ...

    @overload
    async def get_entry_async(  # type: ignore[overload-overlap]
        name: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> Value: ...
    @overload
    async def get_entry_async(
        name: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> dict[str, Value]: ...
    async def get_entry_async(name: str | Several, *args: Any, **options: Any) -> Any: ...

else:
    get_entry = _declare.entry_getter(_get_entry, __name__)
    get_entry_async = _declare.async_getter(get_entry, __name__)
