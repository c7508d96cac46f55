"""How values are looked at: transforms, fields, delimiters. Imported with the first of them.

A view is a callable of the value as it is stored and its name. Equal declarations share one view,
so that their values are converted once. No error it raises holds any part of the value.
"""

from lambda_cache._declare import wrong_value
from lambda_cache.exceptions import TransformError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    View: TypeAlias = Callable[[Any, str], Any]

_known: "dict[tuple[object, ...], View]" = {}


def view(
    name: "str | None", transform: object, field: "str | None", delimiter: "str | None"
) -> "View | None":
    """The view that the options ask for; None: the value as it is stored.

    Without a name, for values of several names, `auto` is decided for each by its own.
    """
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
        # The decoder's error holds the value: it is gone before ours is raised.
        if why:
            _refuse(name, why)
        for depth, member in enumerate(self.path):
            if isinstance(found, dict) and member in found:
                found = found[member]
            elif isinstance(found, list) and member.isdecimal() and int(member) < len(found):
                found = found[int(member)]
            else:
                _refuse(name, f"it has no {'.'.join(self.path[: depth + 1])!r}")
        return found


def _binary(value: object, name: str) -> bytes:
    if isinstance(value, bytes):
        return value
    import binascii

    try:
        text = "".join(str(_stored_text(value)).splitlines())
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # of binascii, or for text beyond ASCII
        pass
    _refuse(name, "it is not base64")


def _by_name(value: object, name: str) -> object:
    seen = view(name, "auto", None, None)
    return value if seen is None else seen(value, name)


class _Split:
    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter

    def __call__(self, value: object, name: str) -> "list[str]":
        if isinstance(value, bytes):
            _refuse(name, "it is bytes, which have no delimiter")
        return str(_stored_text(value)).split(self.delimiter)


class _Own:
    """A function of the user's."""

    def __init__(self, function: "Callable[..., Any]") -> None:
        self.function = function

    def __call__(self, value: object, name: str) -> object:
        try:
            return self.function(value)
        except Exception as error:
            raise TransformError(
                f"The transform of {name} failed: {type(error).__name__}.", name=name
            ) from error
