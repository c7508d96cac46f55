"""What memoised functions need seldom: their errors and their statistics.

Imported when it is needed, therefore without typing, which takes time.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, NamedTuple

    class CacheInfo(NamedTuple):
        """What a memoised function's cache did so far; the first four as functools has them."""

        hits: int  # calls answered with a value that was kept
        misses: int  # calls that computed
        maxsize: int
        currsize: int
        joins: int  # calls that waited for another one's computation
        stale: int  # calls answered with an old value while computing fails
        failures: int  # computations that raised

else:
    CacheInfo = namedtuple(
        "CacheInfo", ("hits", "misses", "maxsize", "currsize", "joins", "stale", "failures")
    )


def own_copy(error: BaseException, trace: "TracebackType | None") -> BaseException:
    """The same exception for another caller, with the traceback that the computation gave it.

    Made without calling the class, whose __init__ may take other arguments. Where that does not
    work (a __new__ with arguments of its own, an extension's class that keeps something of its own
    beside the __dict__, like the pgcode of psycopg2), the callers share the object.
    """
    kind = type(error)
    built_in = next(each for each in kind.__mro__ if each.__module__ == "builtins")
    try:
        # OSError's args lack the file's name; what it reduces to has it.
        reduced: Any = built_in.__reduce__(error)  # type: ignore[call-arg]
        copy = kind.__new__(kind, *reduced[1])
        built_in.__init__(copy, *reduced[1])  # type: ignore[misc]
        copy.args = error.args
        if len(reduced) > 2 and isinstance(reduced[2], dict):
            for name, value in reduced[2].items():
                # Notes are added to what is raised.
                setattr(copy, name, list(value) if name == "__notes__" else value)
        _copy_slots(error, copy)
    except Exception:
        copy = error
    copy.__cause__ = error.__cause__
    copy.__context__ = error.__context__
    copy.__suppress_context__ = error.__suppress_context__
    return copy.with_traceback(trace)


def _copy_slots(error: BaseException, copy: BaseException) -> None:
    """Copy what the classes of an exception keep beside its __dict__; raises where that is hidden.

    What built-in classes keep is in their __reduce__.
    """
    from types import GetSetDescriptorType, MemberDescriptorType

    for kind in type(error).__mro__:
        if kind.__module__ == "builtins":
            continue
        for name, member in vars(kind).items():
            if isinstance(member, MemberDescriptorType):
                try:
                    value = member.__get__(error)
                except AttributeError:
                    continue  # a slot that is not set
                member.__set__(copy, value)
            elif isinstance(member, GetSetDescriptorType) and name[:2] != "__":
                raise TypeError(f"{kind.__name__}.{name} cannot be copied")


def _name(function: "Any") -> str:
    return str(getattr(function, "__qualname__", None) or repr(function))


def _argument_name(function: "Any", position: int) -> str:
    code = getattr(function, "__code__", None)
    if code is not None and position < code.co_argcount:
        return repr(code.co_varnames[position])
    return f"number {position + 1}"


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def explain_unhashable(
    function: "Any",
    key: "Any",
    args: "tuple[Any, ...]",
    kwargs: "dict[str, Any]",
    error: BaseException,
) -> None:
    """Raise what helps, where `error` comes of something that has no hash."""
    if key is not None:
        try:
            made = key(*args, **kwargs)
        except Exception:
            return
        if not _is_hashable(made):
            raise TypeError(
                f"key= of {_name(function)} returned a {type(made).__name__}, which has no hash: "
                "return a str, a number, or a tuple of those"
            ) from error
        return
    given = [(_argument_name(function, i), value) for i, value in enumerate(args)]
    for name, value in [*given, *((repr(name), value) for name, value in kwargs.items())]:
        if not _is_hashable(value):
            raise TypeError(
                f"{_name(function)} is memoised by its arguments, but argument {name} is a "
                f"{type(value).__name__} without a hash: pass a tuple or a str, or give "
                "key=, a function of the same arguments that returns a hashable key"
            ) from error


def log_stale(function: "Any", error: BaseException) -> None:
    import logging

    logging.getLogger("lambda_cache").warning(
        "%s fails; its last value is served: %s", _name(function), type(error).__name__
    )
