"""Objects of Amazon S3, as files in `/tmp` or as bytes.

`cache` injects them into a handler's context, `get_entry` reads them anywhere. An object is given
as `s3://bucket/key`, where the key is taken as it is; several as a list, or as a mapping of names
of your own: `{"model": "s3://bucket/models/v3.bin"}`. One of several may have options of its own:
`{"rates": {"s3Uri": "s3://bucket/rates.json", "transform": "json"}}`.

Options of all of them, the first two also by position:

- `ttl_seconds` (also `max_age_in_seconds`): the oldest acceptable age; 60, or
  `LAMBDA_CACHE_TTL_SECONDS`. After that S3 is asked whether the object changed, and only then it
  is downloaded again. 0 always asks, `math.inf` never again.
- `entry_name`: the name that is injected, and of the file. By default what follows the last `/`;
  required for a list. With a mapping and no `entry_name`, each of its names is injected.
- `as_bytes=True`: the object as bytes in memory, and no file; 64 MiB at most.
- `transform`: `"json"`, `"binary"` (base64 to bytes), `"auto"` (by the end of the key), or a
  function of the bytes; `field`: what to pick from JSON. Both imply `as_bytes`.
- `version_id`: one version, which is never read again.
- `default`: what an object that does not exist reads as.
- `progress`: a function of bytes that have come and bytes in all (0: not known), called by the
  thread that waits, some ten times a second and at the end.
- `stale_if_error_seconds`: how much longer a value is served while refreshes fail for a passing
  reason; 300, 0 turns it off.
- `refresh_ahead_seconds`: a value that expires within this time is handed out and refreshed in the
  background; 0, off.
- `prefetch` (of `cache` only): whether loading starts when the handler is decorated. By default it
  does in Lambda, for the function that Lambda calls; never under SnapStart.
- `timeout_seconds`: the longest time of one read, all attempts included; 900, and an answer that
  brings no byte for 5 seconds is given up and resumed. The invocation's end counts as well.
- `max_attempts`: attempts without a byte; 3, or `AWS_MAX_ATTEMPTS`.
- `region`, `endpoint_url`: of this object, where they differ from the environment's. The region of
  a bucket is found out where S3 is.
- `role_arn`, with `external_id` and `role_session_name`: a role to assume for reading it, for
  example in another account. Objects read in different roles cannot have one file.
- `check_before_download`: taken for the sake of programs that have it; see `ttl_seconds`.

What is read is the path of a file, which appears whole and is replaced whole; it is yours to read,
not to change. Several are a dict by short name. Two objects that would have one file are refused.
"""

from lambda_cache import _declare, _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar, Unpack, overload

    from lambda_cache._native import Reader

    P = ParamSpec("P")
    R = TypeVar("R")

    # The path (str), or bytes, or what the transform makes of them.
    Value: TypeAlias = str | Any

    class Options(TypedDict, total=False):
        """What may be said of an object; see the module."""

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
        as_bytes: bool | None
        version_id: str | None
        file_name: str | None
        progress: Callable[[int, int], object] | None
        check_before_download: bool | None

    class OneOfSeveral(Options, total=False):
        """An object among several, with options of its own."""

        s3Uri: str
        ttl_seconds: float | None

    Several: TypeAlias = (
        list[str | OneOfSeveral]
        | list[str]
        | tuple[str | OneOfSeveral, ...]
        | Mapping[str, str | OneOfSeveral]
        | Mapping[str, str]
    )

    class Decorator(Protocol):
        """Leaves the handler's signature as it is."""

        def __call__(self, handler: Callable[P, R], /) -> Callable[P, R]: ...


__all__ = ["cache", "get_entry", "get_entry_async", "invalidate"]


def _progress(option: str, value: object) -> object:
    if not callable(value):
        _declare.wrong_type(
            f"{option} has to be a function of two numbers, not {_declare.described(value)}"
        )
    return value


class _Objects(_declare.Service):
    """The one service whose values have names of their own: those of files."""

    __slots__ = ()

    def _names(self, names: object) -> "list[tuple[str, str | None, dict[str, Any]]]":
        return [
            (uri, key, own if key is None else {"file_name": key, **own})
            for uri, key, own in super()._names(names)
        ]

    def _place(self, name: str, given: "dict[str, Any]") -> "dict[str, Any]":
        given.pop("check_before_download", None)
        made = super()._place(name, given)
        if "view" in made:
            made["as_bytes"] = True
        if made.get("as_bytes"):
            made.pop("file_name", None)
        return made


_service = _Objects(
    "s3",
    "s3",
    "s3Uri",
    "object",
    {
        "as_bytes": _declare.flag,
        "version_id": _declare.text,
        "file_name": _declare.text,
        "progress": _progress,
        "check_before_download": _declare.flag,
    },
    "s3://my-bucket/object",
)


def _with_file_name(s3Uri: object, entry_name: object, options: "dict[str, Any]") -> None:
    """A single object's file is called what the entry is called."""
    if isinstance(s3Uri, str) and isinstance(entry_name, str):
        options.setdefault("file_name", entry_name)


def cache(
    s3Uri: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    *,
    prefetch: bool | None = None,
    **options: "Unpack[Options]",
) -> "Decorator":
    """Inject objects into a handler's context, at every call no older than `ttl_seconds`.

    The context is the parameter named `context`, else the second one. Decorators can be stacked:
    what is missing is fetched at the same time. Wrong use is refused here, not at the call.
    """
    _with_file_name(s3Uri, entry_name, options)  # type: ignore[arg-type]
    own = _service.injections(s3Uri, ttl_seconds, entry_name, options)  # type: ignore[arg-type]

    def decorate(handler: "Callable[P, R]", /) -> "Callable[P, R]":
        from lambda_cache import _handlers

        decorated: Callable[P, R] = _handlers.decorate(handler, own, prefetch)
        return decorated

    return decorate


def _get_entry(
    s3Uri: "str | Several",
    ttl_seconds: float | None = None,
    entry_name: str | None = None,
    **options: "Unpack[Options]",
) -> "Reader":
    """Read an object, or several as a dict by short name; no older than `ttl_seconds`.

    With `ttl_seconds=0` S3 is always asked, and what handlers get injected next is that value as
    well. Inside a decorated handler the read ends before the invocation does.
    """
    _with_file_name(s3Uri, entry_name, options)  # type: ignore[arg-type]
    return _service.reader(s3Uri, ttl_seconds, options)  # type: ignore[arg-type]


def invalidate(
    s3Uri: "str | Several", entry_name: str | None = None, **options: "Unpack[Options]"
) -> None:
    """Forget what is cached of an object, or of several: whoever reads it next asks S3.

    `entry_name` and options count as far as they say what is read: the file, `as_bytes`,
    `version_id`, `region`, `endpoint_url`, the role. A file stays where it is until another one
    takes its place.
    """
    _with_file_name(s3Uri, entry_name, options)  # type: ignore[arg-type]
    _native.invalidate_reader(_service.reader(s3Uri, None, options))  # type: ignore[arg-type]


if TYPE_CHECKING:

    @overload
    def get_entry(
        s3Uri: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> Value: ...
    @overload
    def get_entry(
        s3Uri: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> dict[str, Value]: ...
    def get_entry(s3Uri: str | Several, *args: Any, **options: Any) -> Any: ...

    @overload
    async def get_entry_async(
        s3Uri: str,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> Value: ...
    @overload
    async def get_entry_async(
        s3Uri: Several,
        ttl_seconds: float | None = None,
        entry_name: str | None = None,
        **options: Unpack[Options],
    ) -> dict[str, Value]: ...
    async def get_entry_async(s3Uri: str | Several, *args: Any, **options: Any) -> Any: ...

else:
    get_entry = _declare.entry_getter(_get_entry, __name__)
    get_entry_async = _declare.async_getter(get_entry, __name__)
