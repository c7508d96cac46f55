"""How values are looked at: transforms, fields, delimiters. Imported with the first of them.

A view is a callable of the value as it is stored and its name. Equal declarations share one view,
so that their values are converted once. No error it raises holds any part of the value.
"""

from lambda_cache._declare import wrong_value
from lambda_cache.exceptions import LambdaCacheError, TransformError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    View: TypeAlias = Callable[[Any, str], Any]

_known: "dict[tuple[object, ...], View]" = {}
_MOST_KNOWN = 1000  # more than this, and all are forgotten: values are converted anew


def view(
    name: "str | None", transform: object, field: "str | None", delimiter: "str | None"
) -> "View | None":
    """The view that the options ask for; None: the value as it is stored.

    Without a name, for values of several names, `auto` is decided for each by its own.
    """
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    if delimiter is not None and (transform is not None or field is not None):
        wrong_value("delimiter splits the value as it is stored: leave out transform and field")
    if transform == "auto" and name is None:
        if field is None:
            return _known.setdefault(("auto",), _by_name)
        transform = "json"
    elif transform == "auto" and name is not None:
        if name.endswith(".json") or field is not None:
            transform = "json"
        else:
            transform = "binary" if name.endswith(".binary") else None
    if field is not None:
        if transform is not None and transform != "json":
            wrong_value(f"field={field!r} picks from JSON: leave out transform, or give 'json'")
        return _known.setdefault(("json", field), _Json(field))
    if delimiter is not None:
        return _known.setdefault(("delimiter", delimiter), _Split(delimiter))
    if transform is None:
        return None
    if transform == "json":
        return _known.setdefault(("json", None), _Json(None))
    if transform == "binary":
        return _known.setdefault(("binary",), _binary)
    assert callable(transform)
    try:
        return _known.setdefault(("own", transform), _Own(transform))
    except TypeError:  # it has no hash
        return _Own(transform)


def _refuse(name: str, why: str) -> "NoReturn":
    raise TransformError(
        f"The value of {name} cannot be read as asked: {why}. Check the value, or the options that "
        "say what to make of it.",
        name=name,
    )


def _stored_text(value: object) -> "str | bytes":
    # A StringList was split on its commas.
    return ",".join(value) if isinstance(value, list) else value  # type: ignore[return-value]


class _Json:
    def __init__(self, field: "str | None") -> None:
        self.path = [] if field is None else field.split(".")

    def __call__(self, value: object, name: str) -> object:
        import json

        why = ""
        found: Any = None
        try:
            found = json.loads(_stored_text(value))
        except RecursionError:
            why = "it is nested too deep"
        except json.JSONDecodeError as error:
            why = f"it is not JSON (line {error.lineno}, column {error.colno})"
        except ValueError:
            why = "it is not JSON"
        for depth, member in enumerate(() if why else self.path):
            if isinstance(found, dict) and member in found:
                found = found[member]
            elif isinstance(found, list) and (index := _index(member)) < len(found):
                found = found[index]
            else:
                why = f"it has no {'.'.join(self.path[: depth + 1])!r}"
                break
        if why:
            # The decoder's error holds the value: it is gone before ours is raised.
            del value, found
            _refuse(name, why)
        return found


def _index(member: str) -> int:
    # Longer than any list; a text of thousands of digits int() would not take.
    return int(member) if member.isascii() and member.isdecimal() and len(member) < 19 else 2**63


def _binary(value: object, name: str) -> bytes:
    if isinstance(value, bytes):
        return value
    import binascii

    text = str(_stored_text(value)).replace("\n", "").replace("\r", "")
    try:
        # Python 3.11 takes more padding than there can be.
        if len(text) % 4 == 0 and not text.endswith("==="):
            return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # of binascii, or for text beyond ASCII
        pass
    del value, text
    _refuse(name, "it is not base64")


def _by_name(value: object, name: str) -> object:
    seen = view(name, "auto", None, None)
    return value if seen is None else seen(value, name)


class _Split:
    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter

    def __call__(self, value: object, name: str) -> "list[str]":
        if isinstance(value, bytes):
            del value
            _refuse(name, "it is bytes, which have no delimiter")
        return str(_stored_text(value)).split(self.delimiter)


class _Own:
    """A function of the user's."""

    def __init__(self, function: "Callable[..., Any]") -> None:
        self.function = function

    def __call__(self, value: object, name: str) -> object:
        cause: LambdaCacheError | None = None
        try:
            return self.function(value)
        except LambdaCacheError as error:  # of a read inside it, which holds no value
            cause = error
            why = type(error).__name__
        except Exception as error:
            # What it says, and what its frames hold, may be the value: only where it happened.
            why = type(error).__name__ + _place_of(error)
        del value
        raise TransformError(f"The transform of {name} failed: {why}.", name=name) from cause


def _place_of(error: Exception) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None or at.tb_frame.f_code.co_filename == __file__:  # a function written in C
        return ""
    return f" ({at.tb_frame.f_code.co_filename.rpartition('/')[2]}, line {at.tb_lineno})"
