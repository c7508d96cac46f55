"""What is done once, where a read is declared: checking its options.

Imported at every cold start, therefore without typing and without __future__.
"""

from lambda_cache import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

OPTIONS = (
    "parameter",
    "ttl_seconds",
    "entry_name",
    "max_age_in_seconds",
    "with_decryption",
    "stale_if_error_seconds",
    "region",
    "endpoint_url",
    "timeout_seconds",
    "max_attempts",
)

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


def wrong_type(message: str) -> "NoReturn":
    from lambda_cache.exceptions import ArgumentTypeNotSupportedError

    raise ArgumentTypeNotSupportedError(message)


def wrong_value(message: str) -> "NoReturn":
    from lambda_cache.exceptions import InvalidArgumentError

    raise InvalidArgumentError(message)


def make_reader(
    parameter: object,
    ttl_seconds: object = None,
    *,
    max_age_in_seconds: object = None,
    with_decryption: object = True,
    stale_if_error_seconds: object = None,
    region: object = None,
    endpoint_url: object = None,
    timeout_seconds: object = None,
    max_attempts: object = None,
    unknown: "dict[str, Any]",
) -> "_native.Reader":
    """A reader of one parameter, or of several as a mapping; everything about it is checked."""
    if unknown:
        _refuse_unknown(next(iter(unknown)))
    if ttl_seconds is not None and max_age_in_seconds is not None:
        raise TypeError(
            "ttl_seconds and max_age_in_seconds are two names of one option: give one of them"
        )
    if ttl_seconds is not None:
        max_age = _seconds("ttl_seconds", ttl_seconds)
    else:
        max_age = _seconds("max_age_in_seconds", max_age_in_seconds)
    timeout = _seconds("timeout_seconds", timeout_seconds)
    if timeout == 0:
        wrong_value("timeout_seconds=0 leaves no time for a read; it has to be more than 0")
    if not isinstance(with_decryption, bool):
        wrong_type(f"with_decryption has to be True or False, not {described(with_decryption)}")
    names, keys = _names(parameter)
    reader = _native.make_reader(
        names,
        keys,
        not isinstance(parameter, str),
        max_age,
        _seconds("stale_if_error_seconds", stale_if_error_seconds),
        timeout,
        _count("max_attempts", max_attempts),
        with_decryption,
        _text("region", region),
        _text("endpoint_url", endpoint_url),
    )
    seen: dict[str, str] = {}
    for name, key in zip(names, reader.keys, strict=True):
        if key in seen:
            wrong_value(
                f"{seen[key]!r} and {name!r} would both be called {key!r}: give a mapping with "
                f"names of your own, for example {{'x': {seen[key]!r}, 'y': {name!r}}}"
            )
        seen[key] = name
    return reader


def injections(
    parameter: object, entry_name: object, options: "dict[str, Any]"
) -> "list[tuple[str, _native.Reader]]":
    """What a decorator puts into the context: names and the readers of their values."""
    if callable(parameter):
        raise TypeError(
            "ssm.cache needs to know what to cache: write @ssm.cache(parameter='/my/parameter')"
        )
    if entry_name is None or entry_name is False:
        if isinstance(parameter, dict) and parameter:
            _names(parameter)  # checks
            return [
                (_checked_name(alias, f"the name {alias!r}"), make_reader(name, **options))
                for alias, name in parameter.items()
            ]
        reader = make_reader(parameter, **options)
        if not isinstance(parameter, str):
            from lambda_cache.exceptions import NoEntryNameError

            raise NoEntryNameError(
                "No entry_name provided: several parameters are injected as one mapping, and it "
                "needs a name, for example entry_name='parameters'"
            )
        short = reader.keys[0]
        return [
            (_checked_name(short, f"{parameter!r} would be injected as {short!r}, which"), reader)
        ]
    if not isinstance(entry_name, str):
        wrong_type(f"entry_name has to be a str, not {described(entry_name)}")
    name = _checked_name(entry_name, f"entry_name={entry_name!r}")
    return [(name, make_reader(parameter, **options))]


def _checked_name(name: str, subject: str) -> str:
    if not name or not name.isprintable() or name.isspace():
        wrong_value(f"{subject} cannot be the name of an attribute")
    if name in RESERVED_NAMES or (name.startswith("__") and name.endswith("__")):
        wrong_value(
            f"{subject} would hide the context's own {name!r}: choose another with entry_name"
        )
    return name


def _names(parameter: object) -> tuple[list[str], list[str]]:
    """The names to ask for and, of a mapping, the keys to give them."""
    if isinstance(parameter, str):
        return [parameter], []
    if isinstance(parameter, (list, tuple)):
        if not parameter:
            wrong_value("parameter is an empty list: name at least one parameter")
        for name in parameter:
            if not isinstance(name, str):
                wrong_type(f"a list of parameters has to hold str, not {described(name)}")
        return list(parameter), []
    if isinstance(parameter, dict):
        if not parameter:
            wrong_value("parameter is an empty mapping: name at least one parameter")
        for alias, name in parameter.items():
            if not isinstance(alias, str) or not isinstance(name, str):
                wrong_type("a mapping of parameters has to be of str to str: {'x': '/app/x'}")
            if not alias:
                wrong_value(f"{name!r} has an empty name in the mapping")
        return list(parameter.values()), list(parameter)
    wrong_type(
        "parameter has to be a name (str), a list of names, or a mapping of your names to them, "
        f"not {described(parameter)}"
    )


def described(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"an object of type {type(value).__name__}"


def _seconds(option: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wrong_type(f"{option} has to be a number of seconds, not {described(value)}")
    if not value >= 0:
        wrong_value(f"{option}={value!r} has to be 0 or more (math.inf: for ever)")
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _count(option: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        wrong_type(f"{option} has to be a whole number, not {described(value)}")
    if not 1 <= value <= 100:
        wrong_value(f"{option}={value!r} has to be between 1 and 100")
    return value


def _text(option: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    wrong_type(f"{option} has to be a str, not {described(value)}")


def _refuse_unknown(name: str) -> "NoReturn":
    import difflib

    close = difflib.get_close_matches(name, OPTIONS, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise TypeError(f"unknown option {name!r}: {hint}the options are {', '.join(OPTIONS)}")
