"""What is done once, where a read is declared: checking its options.

Imported at every cold start, therefore without typing and without __future__.
"""

from lambda_cache import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    Check = Callable[[str, object], object]

# Fields and methods of the LambdaContext, and what contexts get from this package.
RESERVED_NAMES = frozenset(
    {
        "_epoch_deadline_time_in_ms",
        "_values",
        "_wrapped",
        "aws_request_id",
        "client_context",
        "function_name",
        "function_version",
        "get",
        "get_remaining_time_in_millis",
        "identity",
        "invoked_function_arn",
        "log",
        "log_group_name",
        "log_stream_name",
        "memory_limit_in_mb",
        "tenant_id",
    }
)


# What an argument is that was not given, where None would mean something.
MISSING: "Any" = object()


def wrong_type(message: str) -> "NoReturn":
    from lambda_cache.exceptions import ArgumentTypeNotSupportedError

    raise ArgumentTypeNotSupportedError(message)


def wrong_value(message: str) -> "NoReturn":
    from lambda_cache.exceptions import InvalidArgumentError

    raise InvalidArgumentError(message)


def described(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"an object of type {type(value).__name__}"


def seconds(option: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wrong_type(f"{option} has to be a number of seconds, not {described(value)}")
    if not value >= 0:
        wrong_value(f"{option}={value!r} has to be 0 or more (math.inf: for ever)")
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _timeout(option: str, value: object) -> float:
    checked = seconds(option, value)
    if checked == 0:
        wrong_value(f"{option}=0 leaves no time for a read; it has to be more than 0")
    return checked


def whole_number(option: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        wrong_type(f"{option} has to be a whole number, not {described(value)}")
    return value


def _attempts(option: str, value: object) -> int:
    checked = whole_number(option, value)
    if not 1 <= checked <= 100:
        wrong_value(f"{option}={value!r} has to be between 1 and 100")
    return checked


def version(option: str, value: object) -> int:
    checked = whole_number(option, value)
    if not 1 <= checked < 2**63:
        wrong_value(f"{option}={value!r} cannot be: versions are counted from 1")
    return checked


def text(option: str, value: object) -> str:
    if not isinstance(value, str):
        wrong_type(f"{option} has to be a str, not {described(value)}")
    return value


def flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        wrong_type(f"{option} has to be True or False, not {described(value)}")
    return value


def delimiter(option: str, value: object) -> str:
    checked = text(option, value)
    if not checked:
        wrong_value(f"{option} is empty: name the text that stands between the items")
    return checked


def _transform(option: str, value: object) -> object:
    if callable(value) or (isinstance(value, str) and value in ("json", "binary", "auto")):
        return value
    if isinstance(value, str):
        wrong_value(f"{option}={value!r} has to be 'json', 'binary', 'auto' or a function")
    wrong_type(f"{option} has to be 'json', 'binary', 'auto' or a function, not {described(value)}")


def _field(option: str, value: object) -> str:
    checked = text(option, value)
    if not checked or "" in checked.split("."):
        wrong_value(
            f"{option}={value!r} has an empty member: it should look like 'password' or "
            "'database.password'"
        )
    return checked


def _anything(option: str, value: object) -> object:
    return value


# The options that every service has; None means: not given.
_COMMON: "dict[str, Check]" = {
    "ttl_seconds": seconds,
    "max_age_in_seconds": seconds,
    "stale_if_error_seconds": seconds,
    "refresh_ahead_seconds": seconds,
    "timeout_seconds": _timeout,
    "max_attempts": _attempts,
    "region": text,
    "endpoint_url": text,
    "role_arn": text,
    "external_id": text,
    "role_session_name": text,
    "transform": _transform,
    "field": _field,
    "default": _anything,
}


# What one of several says of itself takes the place of all that everybody's options say of the
# same choice.
_CHOICES = (
    {"transform", "field", "delimiter"},
    {"version", "label"},
    {"version_id", "version_stage"},
)


# What is an argument of its own, beside the options.
_OF_READS = ("ttl_seconds", "entry_name")
OF_DECORATORS = (*_OF_READS, "prefetch")


def _with_own(given: "dict[str, Any]", own: "dict[str, Any]") -> "dict[str, Any]":
    replaced = {name for choice in _CHOICES if choice & own.keys() for name in choice}
    return {**{name: value for name, value in given.items() if name not in replaced}, **own}


def _is_mapping(names: object) -> bool:
    return isinstance(names, dict) or (hasattr(names, "keys") and hasattr(names, "__getitem__"))


class Service:
    """What the declarations of one service may say."""

    __slots__ = ("argument", "checks", "example", "module", "native", "what")

    def __init__(
        self,
        module: str,
        native: str,
        argument: str,
        what: str,
        own: "dict[str, Check]",
        example: "str | None" = None,
    ) -> None:
        self.module = module  # of this package
        self.native = native
        self.argument = argument  # what the names are given as
        self.what = what  # what is named, in messages
        self.example = example or f"/my/{what}"  # a name, in messages
        self.checks = {**_COMMON, **own}

    def reader(
        self,
        names: object,
        ttl_seconds: object,
        options: "dict[str, Any]",
        beside: "tuple[str, ...]" = _OF_READS,
    ) -> "_native.Reader":
        """A reader of one value, or of several as a mapping; everything about it is checked."""
        given = self._checked(ttl_seconds, options, beside)
        places = [
            (name, key, self._place(name, _with_own(given, own)))
            for name, key, own in self._names(names)
        ]
        several = not isinstance(names, str)
        reader = _native.make_reader(self.native, places, several)
        if several:
            self._check_keys([name for name, _, _ in places], reader.keys)
        return reader

    def injections(
        self, names: object, ttl_seconds: object, entry_name: object, options: "dict[str, Any]"
    ) -> "list[tuple[str, _native.Reader]]":
        """What a decorator puts into the context: names and the readers of their values."""
        if callable(names):
            raise TypeError(
                f"{self.module}.cache needs to know what to cache: write "
                f"@{self.module}.cache({self.argument}={self.example!r})"
            )
        if entry_name is None or entry_name is False:
            if _is_mapping(names) and names:
                given = self._checked(ttl_seconds, options, OF_DECORATORS)
                return [
                    (
                        _checked_name(str(key), f"the name {key!r}"),
                        _native.make_reader(
                            self.native,
                            [(name, None, self._place(name, _with_own(given, own)))],
                            False,
                        ),
                    )
                    for name, key, own in self._names(names)
                ]
            reader = self.reader(names, ttl_seconds, options, OF_DECORATORS)
            if not isinstance(names, str):
                self._refuse_without_name("several of them are injected as one mapping, and it")
            short = reader.keys[0]
            if not short:
                self._refuse_without_name(f"{names!r} gives none, and its value")
            return [
                (_checked_name(short, f"{names!r} would be injected as {short!r}, which"), reader)
            ]
        if not isinstance(entry_name, str):
            wrong_type(f"entry_name has to be a str, not {described(entry_name)}")
        name = _checked_name(entry_name, f"entry_name={entry_name!r}")
        return [(name, self.reader(names, ttl_seconds, options, OF_DECORATORS))]

    def _checked(
        self,
        ttl_seconds: object,
        options: "dict[str, Any]",
        beside: "tuple[str, ...]" = _OF_READS,
    ) -> "dict[str, Any]":
        """The options that were given, each as the extension module takes it."""
        given: dict[str, Any] = {}
        for name, value in options.items():
            check = self.checks.get(name)
            if check is None:
                self._refuse_unknown(name, beside)
            if value is not None or name == "default":
                given[name] = check(name, value)
        if ttl_seconds is not None:
            given["ttl_seconds"] = seconds("ttl_seconds", ttl_seconds)
        if "max_age_in_seconds" in given:
            if "ttl_seconds" in given:
                raise TypeError(
                    "ttl_seconds and max_age_in_seconds are two names of one option: give one of "
                    "them"
                )
            given["ttl_seconds"] = given.pop("max_age_in_seconds")
        return given

    def _place(self, name: str, given: "dict[str, Any]") -> "dict[str, Any]":
        if given.keys() & {"transform", "field", "delimiter"}:
            from lambda_cache import _views

            view = _views.view(
                # What a path holds is looked at by its own names.
                None if self.argument == "path" else _given_name(name),
                given.pop("transform", None),
                given.pop("field", None),
                given.pop("delimiter", None),
            )
            if view is not None:
                given["view"] = view
        return given

    def _names(self, names: object) -> "list[tuple[str, str | None, dict[str, Any]]]":
        """The names to ask for, the keys to give them (of a mapping) and options of their own."""
        if isinstance(names, str):
            return [(names, None, {})]
        if isinstance(names, (list, tuple)):
            if not names:
                wrong_value(f"{self.argument} is an empty list: name at least one {self.what}")
            expected = f"a list of {self.what}s has to hold str"
            return [(name, None, own) for name, own in (self._one(e, expected) for e in names)]
        if not _is_mapping(names):
            wrong_type(
                f"{self.argument} has to be a name (str), a list of names, or a mapping of your "
                f"names to them, not {described(names)}"
            )
        if not names:
            wrong_value(f"{self.argument} is an empty mapping: name at least one {self.what}")
        expected = f"a mapping of {self.what}s has to be of str to str: {{'x': {self.example!r}}}"
        found: list[tuple[str, str | None, dict[str, Any]]] = []
        for key, each in dict(names).items():  # type: ignore[call-overload]
            if not isinstance(key, str):
                wrong_type(expected)
            name, own = self._one(each, expected)
            if not key:
                wrong_value(f"{name!r} has an empty name in the mapping")
            found.append((name, key, own))
        return found

    def _one(self, each: object, expected: str) -> "tuple[str, dict[str, Any]]":
        """A name among several, which may have options of its own: {'name': '/a', 'field': 'b'}."""
        if isinstance(each, str):
            return each, {}
        if not isinstance(each, dict):
            wrong_type(f"{expected}, not {described(each)}")
        own = dict(each)
        name = own.pop(self.argument, None)
        if not isinstance(name, str):
            wrong_type(
                f"options of one {self.what} among several need its name: "
                f"{{{self.argument!r}: {self.example!r}, 'ttl_seconds': 5}}"
            )
        return name, self._checked(None, own, ())

    def _check_keys(self, names: "list[str]", keys: "tuple[str, ...]") -> None:
        seen: dict[str, str] = {}
        for name, key in zip(names, keys, strict=True):
            if not key:
                self._refuse_without_name(f"{name!r} gives none, and its value")
            if key in seen:
                wrong_value(
                    f"{seen[key]!r} and {name!r} would both be called {key!r}: give a mapping with "
                    f"names of your own, for example {{'x': {seen[key]!r}, 'y': {name!r}}}"
                )
            seen[key] = name

    def _refuse_without_name(self, why: str) -> "NoReturn":
        from lambda_cache.exceptions import NoEntryNameError

        raise NoEntryNameError(
            f"No entry_name provided: {why} needs a name, for example entry_name='{self.what}s', "
            f"or an alias: {{'x': ...}}"
        )

    def _refuse_unknown(self, name: object, beside: "tuple[str, ...]") -> "NoReturn":
        import difflib

        options = [self.argument, *beside]
        options += [option for option in self.checks if option not in options]
        close = difflib.get_close_matches(str(name), options, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise TypeError(f"unknown option {name!r}: {hint}the options are {', '.join(options)}")


def _given_name(name: str) -> str:
    """The name as it was given to the value: without a version or label, and without the six
    characters that end the ARN of a secret."""
    if name.startswith("s3:"):
        return name
    if not name.startswith("arn:"):
        return name.partition(":")[0]
    parts = name.split(":")
    if parts[2:3] != ["secretsmanager"]:
        return ":".join(parts[:6])
    last = parts[-1]
    return last[:-7] if last[-7:-6] == "-" else last


def _checked_name(name: str, subject: str) -> str:
    if not name or not name.isprintable() or name.isspace():
        wrong_value(f"{subject} cannot be the name of an attribute")
    if name in RESERVED_NAMES or (name.startswith("__") and name.endswith("__")):
        wrong_value(
            f"{subject} would hide the context's own {name!r}: choose another with entry_name"
        )
    return name


def entry_getter(resolve: "Callable[..., _native.Reader]", module: str) -> "_native.EntryGetter":
    """A module's `get_entry`: what it is called with before is recognised without `resolve`."""
    made: Any = _native.make_entry_getter(resolve)
    made.__name__ = made.__qualname__ = "get_entry"
    made.__module__ = module
    made.__doc__ = resolve.__doc__
    made.__wrapped__ = resolve
    getter: _native.EntryGetter = made
    return getter


def async_getter(get_entry: "_native.EntryGetter", module: str) -> "Callable[..., Any]":
    async def get_entry_async(*args: "Any", **options: "Any") -> "Any":
        """Like `get_entry`, without blocking the event loop."""
        from lambda_cache import _asyncio

        return await _asyncio.read(get_entry.reader(*args, **options))

    made: Any = get_entry_async
    made.__module__ = module
    made.__qualname__ = "get_entry_async"
    made.__wrapped__ = get_entry.__wrapped__  # type: ignore[attr-defined]
    return made  # type: ignore[no-any-return]
