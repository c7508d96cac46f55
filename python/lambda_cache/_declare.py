"""What is done once, where a read is declared: checking options, finding a handler's context.

Imported at every cold start, therefore without inspect, functools or typing.
"""

import sys

from lambda_cache import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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

CO_VARARGS = 0x04
CO_COROUTINE = 0x80


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
        wrong_type(f"with_decryption has to be True or False, not {_described(with_decryption)}")
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
        wrong_type(f"entry_name has to be a str, not {_described(entry_name)}")
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
                wrong_type(f"a list of parameters has to hold str, not {_described(name)}")
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
        f"not {_described(parameter)}"
    )


def _described(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"an object of type {type(value).__name__}"


def _seconds(option: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wrong_type(f"{option} has to be a number of seconds, not {_described(value)}")
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
        wrong_type(f"{option} has to be a whole number, not {_described(value)}")
    if not 1 <= value <= 100:
        wrong_value(f"{option}={value!r} has to be between 1 and 100")
    return value


def _text(option: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    wrong_type(f"{option} has to be a str, not {_described(value)}")


def _refuse_unknown(name: str) -> "NoReturn":
    import difflib

    close = difflib.get_close_matches(name, OPTIONS, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise TypeError(f"unknown option {name!r}; {hint}There are: {', '.join(OPTIONS)}")


def decorate(handler: "Any", own: "list[tuple[str, _native.Reader]]") -> "Any":
    """The handler with those values in its context, merged with what it injects already."""
    _check_handler(handler)
    target: Any
    if type(handler) is _native.Wrapper:
        target = _native.target_of(handler)
        own = own + _native.injections_of(handler)
        further_in = _native.further_in_of(handler)
        taken: Sequence[str] = ()
    elif (stacked := _async_declaration(handler)) is not None:
        target = stacked.target
        own = own + _native.injections_of(stacked.plan)
        further_in = _native.further_in_of(stacked.plan)
        taken = ()
    else:
        target = handler
        taken, further_in = _declared_behind(handler)
    names = [name for name, _ in own] + list(taken)
    for name in names:
        if names.count(name) > 1:
            wrong_value(f"two stacked decorators inject {name!r}: rename one with entry_name")
    position, context_name, optional = find_context(target)
    if is_coroutine_function(target):
        from lambda_cache import _asyncio

        further_in = [each for each in further_in if not each.is_forced]
        plan = _native.make_plan(own, further_in, position, context_name, optional)
        return _look_like(_asyncio.wrap(target, plan, position, context_name), handler)
    wrapper = _native.make_wrapper(target, own, further_in, position, context_name, optional)
    return _look_like(wrapper, handler)


def _look_like(wrapper: "Any", handler: "Any") -> "Any":
    """What functools.wraps does."""
    annotations = "__annotate__" if sys.version_info >= (3, 14) else "__annotations__"
    kept = dict(wrapper.__dict__)
    for name in (
        "__module__",
        "__name__",
        "__qualname__",
        "__doc__",
        "__type_params__",
        annotations,
    ):
        try:  # noqa: SIM105 (importing contextlib takes time)
            setattr(wrapper, name, getattr(handler, name))
        except AttributeError:
            pass
    wrapper.__dict__.update(getattr(handler, "__dict__", {}))
    wrapper.__dict__.update(kept)
    # Of a stack that was merged, what it decorates: nobody should call the merged one again.
    wrapper.__wrapped__ = _target_of(handler)
    return wrapper


def _target_of(handler: "Any") -> "Any":
    if type(handler) is _native.Wrapper:
        return _native.target_of(handler)
    stacked = _async_declaration(handler)
    return handler if stacked is None else stacked.target


def _async_declaration(handler: "Any") -> "Any":
    """What _asyncio.wrap() noted on its function. (Foreign decorators copy the note.)"""
    note = getattr(handler, "__lambda_cache__", None)
    return note if note is not None and note.wrapper is handler else None


def _declared_behind(handler: "Any") -> "tuple[list[str], list[_native.Reader]]":
    """What is injected by a decorated function behind foreign decorators (functools.wraps)."""
    for _ in range(100):
        handler = getattr(handler, "__wrapped__", None)
        if handler is None:
            break
        stacked = _async_declaration(handler)
        plan = handler if type(handler) is _native.Wrapper else stacked and stacked.plan
        if plan is not None:
            found = _native.injections_of(plan)
            readers = [reader for _, reader in found] + _native.further_in_of(plan)
            return [name for name, _ in found], readers
    return [], []


def _check_handler(handler: "Any") -> None:
    if isinstance(handler, (staticmethod, classmethod)):
        raise TypeError(
            f"put the cache decorator below @{type(handler).__name__}, directly on the function"
        )
    if isinstance(handler, type):
        raise TypeError(f"a handler has to be a function or a callable object, not {handler!r}")
    if not callable(handler):
        raise TypeError(f"a handler has to be callable, not {_described(handler)}")


def _partial_type() -> "Any":
    # Where nobody imported it, nobody made one.
    return getattr(sys.modules.get("_functools"), "partial", ())


def _call_method(handler: "Any") -> "Any":
    return getattr(type(handler), "__call__", None)  # noqa: B004 (the function itself is wanted)


def find_context(handler: "Any") -> tuple[int, str | None, bool]:
    """Where a handler takes its context: position, name (None: by position only), optional.

    It is the parameter named `context`, else the second one, or the third after self or cls.
    """
    bound = 0  # leading parameters that callers do not pass
    keywords: set[str] = set()
    function = handler
    while True:
        if isinstance(function, _partial_type()):
            bound += len(function.args)
            keywords |= set(function.keywords)
            function = function.func
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif hasattr(function, "__func__"):
            bound += 1
            function = function.__func__
        elif hasattr(function, "__code__"):
            break
        else:
            function = _call_method(function)
            if not hasattr(function, "__code__") and not hasattr(function, "__wrapped__"):
                return 1, None, False  # written in C: called like any handler
            bound += 1
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    free = [name for name in positional[bound:] if name not in keywords]
    if "context" in keywords:
        raise TypeError("the handler's context is bound already, by functools.partial")
    if "context" in free:
        name = "context"
    elif "context" in keyword_only:
        return sys.maxsize, "context", "context" in (function.__kwdefaults__ or {})
    else:
        place = 2 if bound == 0 and free[:1] in (["self"], ["cls"]) else 1
        if place >= len(free):
            if code.co_flags & CO_VARARGS:
                return place, None, False
            raise TypeError(
                "the handler takes no context: name a parameter 'context', or add a second one"
            )
        name = free[place]
    index = positional.index(name)
    optional = index >= code.co_argcount - len(function.__defaults__ or ())
    by_name = index >= code.co_posonlyargcount
    return index - bound, name if by_name else None, optional


def is_coroutine_function(handler: "Any") -> bool:
    """Whether calling the handler gives a coroutine, also through methods, partials and objects."""
    inspect = sys.modules.get("inspect")
    if inspect is not None and inspect.iscoroutinefunction(handler):
        return True  # knows about marks, which are made with it
    for _ in range(100):
        if isinstance(handler, _partial_type()):
            handler = handler.func
        elif hasattr(handler, "__func__"):
            handler = handler.__func__
        else:
            break
    code = getattr(handler, "__code__", None)
    if code is None:
        code = getattr(_call_method(handler), "__code__", None)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def as_getter(resolve: "Callable[..., Any]") -> "Any":
    """A native callable that looks like `resolve`, whose readers it reads."""
    return _look_like(_native.make_entry_getter(resolve), resolve)
