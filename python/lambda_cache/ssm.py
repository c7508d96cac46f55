"""Parameters of AWS Systems Manager Parameter Store.

`cache` injects values into a handler's context, `get_entry` reads them anywhere. A parameter is
given as its name, as `name:3` (a version, never read again), as `name:label`, or as its ARN;
several as a list, or as a mapping of names of your own: `{"x": "/a/var", "y": "/b/var"}`.

Options of all of them, the first two also by position:

- `ttl_seconds` (also `max_age_in_seconds`): the oldest acceptable age; 60, or
  `LAMBDA_CACHE_TTL_SECONDS`. 0 always fetches, `math.inf` never again.
- `entry_name`: the name that is injected. By default what follows the last `/`; required for a
  list. With a mapping and no `entry_name`, each of its names is injected.
- `with_decryption`: False gives the ciphertext of a SecureString.
- `stale_if_error_seconds`: how much longer a value is served while refreshes fail for a passing
  reason; 300, 0 turns it off.
- `timeout_seconds`: the longest time of one read, all attempts included; 10.
- `max_attempts`: attempts per call; 3, or `AWS_MAX_ATTEMPTS`.
- `region`, `endpoint_url`: of this parameter, where they differ from the environment's.

A StringList is a list, everything else a str; several parameters are a dict by short name.
"""

from lambda_cache import _declare, _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar, overload

    from lambda_cache._native import Reader

    P = ParamSpec("P")
    R = TypeVar("R")

    # A str, or a list of str for a StringList: what it is, who stored it knows.
    Value: TypeAlias = str | Any
    Several: TypeAlias = list[str] | tuple[str, ...] | Mapping[str, str]

    class Decorator(Protocol):
        """Leaves the handler's signature as it is."""

        def __call__(self, handler: Callable[P, R], /) -> Callable[P, R]: ...


__all__ = ["cache", "get_entry", "get_entry_async"]


def cache(
    parameter: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    *,
    max_age_in_seconds: float | None = None,
    with_decryption: bool = True,
    stale_if_error_seconds: float | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    timeout_seconds: float | None = None,
    max_attempts: int | None = None,
    **unknown: object,
) -> "Decorator":
    """Inject parameters into a handler's context, at every call no older than `ttl_seconds`.

    The context is the parameter named `context`, else the second one. Decorators can be stacked:
    what is missing is fetched in one round of calls. Wrong use is refused here, not at the call.
    """
    own = _declare.injections(
        parameter,
        entry_name,
        {
            "ttl_seconds": ttl_seconds,
            "max_age_in_seconds": max_age_in_seconds,
            "with_decryption": with_decryption,
            "stale_if_error_seconds": stale_if_error_seconds,
            "region": region,
            "endpoint_url": endpoint_url,
            "timeout_seconds": timeout_seconds,
            "max_attempts": max_attempts,
            "unknown": unknown,
        },
    )

    def decorate(handler: "Callable[P, R]", /) -> "Callable[P, R]":
        from lambda_cache import _handlers

        decorated: Callable[P, R] = _handlers.decorate(handler, own)
        return decorated

    return decorate


def _get_entry(
    parameter: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    *,
    max_age_in_seconds: float | None = None,
    with_decryption: bool = True,
    stale_if_error_seconds: float | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    timeout_seconds: float | None = None,
    max_attempts: int | None = None,
    **unknown: object,
) -> "Reader":
    """Read a parameter, or several as a dict by short name; no older than `ttl_seconds`.

    With `ttl_seconds=0` it is always fetched, and what handlers get injected next is that value
    as well. Inside a decorated handler the read ends before the invocation does.
    """
    return _declare.make_reader(
        parameter,
        ttl_seconds,
        max_age_in_seconds=max_age_in_seconds,
        with_decryption=with_decryption,
        stale_if_error_seconds=stale_if_error_seconds,
        region=region,
        endpoint_url=endpoint_url,
        timeout_seconds=timeout_seconds,
        max_attempts=max_attempts,
        unknown=unknown,
    )


if TYPE_CHECKING:

    @overload
    def get_entry(
        parameter: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        *,
        max_age_in_seconds: float | None = None,
        with_decryption: bool = True,
        stale_if_error_seconds: float | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        timeout_seconds: float | None = None,
        max_attempts: int | None = None,
    ) -> Value: ...
    @overload
    def get_entry(
        parameter: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        *,
        max_age_in_seconds: float | None = None,
        with_decryption: bool = True,
        stale_if_error_seconds: float | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        timeout_seconds: float | None = None,
        max_attempts: int | None = None,
    ) -> dict[str, Value]: ...
    def get_entry(parameter: str | Several, *args: Any, **options: Any) -> Any: ...

    @overload
    async def get_entry_async(
        parameter: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        *,
        max_age_in_seconds: float | None = None,
        with_decryption: bool = True,
        stale_if_error_seconds: float | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        timeout_seconds: float | None = None,
        max_attempts: int | None = None,
    ) -> Value: ...
    @overload
    async def get_entry_async(
        parameter: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        *,
        max_age_in_seconds: float | None = None,
        with_decryption: bool = True,
        stale_if_error_seconds: float | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        timeout_seconds: float | None = None,
        max_attempts: int | None = None,
    ) -> dict[str, Value]: ...
    async def get_entry_async(parameter: str | Several, *args: Any, **options: Any) -> Any: ...

else:
    get_entry = _native.make_entry_getter(_get_entry)
    get_entry.__name__ = get_entry.__qualname__ = "get_entry"
    get_entry.__module__ = __name__
    get_entry.__doc__ = _get_entry.__doc__
    get_entry.__wrapped__ = _get_entry

    async def get_entry_async(parameter, *args, **options):
        """Like `get_entry`, without blocking the event loop."""
        from lambda_cache import _asyncio

        return await _asyncio.read(get_entry.reader(parameter, *args, **options))

    get_entry_async.__wrapped__ = _get_entry
