"""What is done where a handler is decorated: finding its context, merging stacks.

Imported with the first decorator, at every cold start, therefore without inspect or functools.
"""

import sys

from lambda_cache import _native
from lambda_cache._declare import described, flag, wrong_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

CO_VARARGS = 0x04
CO_COROUTINE = 0x80


def decorate(
    handler: "Any",
    declared: "Sequence[tuple[str, _native.Reader | _native.Memo]]",
    prefetch: "bool | None" = None,
) -> "Any":
    """The handler with those values in its context, merged with what it injects already.

    They start loading at once if `prefetch` says so, or, where it says nothing, if this is the
    handler of the Lambda function that is being initialised.
    """
    _check_handler(handler)
    if prefetch is not None:
        flag("prefetch", prefetch)
    decorated = _decorated(handler, declared)
    _native.prefetch(
        [source for _, source in declared],
        str(getattr(decorated, "__module__", "")),
        str(getattr(decorated, "__qualname__", "")),
        prefetch,
    )
    return decorated


def _decorated(
    handler: "Any", declared: "Sequence[tuple[str, _native.Reader | _native.Memo]]"
) -> "Any":
    own = list(declared)
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
        return look_like(_asyncio.wrap(target, plan, position, context_name), handler)
    for name, source in own:
        if type(source) is _native.Memo and source.is_coroutine:
            raise TypeError(
                f"{name!r} is injected by {source.function!r}, which is an `async def` function: "
                "the handler has to be one as well, to wait for it"
            )
    wrapper = _native.make_wrapper(target, own, further_in, position, context_name, optional)
    return look_like(wrapper, handler)


def look_like(wrapper: "Any", handler: "Any") -> "Any":
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
            # Functions run where they are injected: only reads are worth being put together.
            readers = [reader for _, reader in found if type(reader) is _native.Reader]
            return [name for name, _ in found], readers + _native.further_in_of(plan)
    return [], []


def _check_handler(handler: "Any") -> None:
    if isinstance(handler, (staticmethod, classmethod)):
        raise TypeError(
            f"put the cache decorator below @{type(handler).__name__}, directly on the function"
        )
    if isinstance(handler, type):
        raise TypeError(f"a handler has to be a function or a callable object, not {handler!r}")
    if not callable(handler):
        raise TypeError(f"a handler has to be callable, not {described(handler)}")


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
