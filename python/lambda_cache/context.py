"""What handlers get as their context."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Context:
    """A context to read values from, around one that nothing can be set on (or around None).

    Values are attributes, items and what `get` finds; everything else is the wrapped object's.
    """

    __slots__ = ("__weakref__", "_values", "_wrapped")

    _values: dict[str, Any]
    _wrapped: Any

    def __init__(self, wrapped: object = None) -> None:
        object.__setattr__(self, "_wrapped", wrapped)
        object.__setattr__(self, "_values", {})

    @property
    def __class__(self) -> type:
        """The wrapped object's class, for isinstance."""
        return Context if self._wrapped is None else type(self._wrapped)

    @__class__.setter
    def __class__(self, to: type) -> None:
        raise TypeError("the class of a Context cannot be changed")

    def __getattr__(self, name: str) -> Any:
        values = self._values
        if name in values:
            return values[name]
        if self._wrapped is None:
            raise AttributeError(f"the context has no attribute {name!r}")
        return getattr(self._wrapped, name)

    def __setattr__(self, name: str, value: object) -> None:
        self._values[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self._values[name]
        except KeyError:
            raise AttributeError(f"the context has no attribute {name!r} of its own") from None

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name, else the wrapped object's attribute, else `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def __getitem__(self, name: str) -> Any:
        return _item(self, name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and hasattr(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(self._wrapped), *self._values})

    def __repr__(self) -> str:
        return f"<lambda_cache.Context with {', '.join(self._values)} around {self._wrapped!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._wrapped, self._values)


def _restore(wrapped: object, values: dict[str, Any]) -> Context:
    made = Context(wrapped)
    made._values.update(values)
    return made


def _item(self: object, name: str) -> Any:
    try:
        return getattr(self, name)
    except AttributeError:
        raise KeyError(name) from None


def _get(self: object, name: str, default: Any = None) -> Any:
    return getattr(self, name, default)


def _contains(self: object, name: object) -> bool:
    return isinstance(name, str) and hasattr(self, name)


def _reduce(self: Any, protocol: Any) -> Any:
    # For pickle the object is what it was before it could be read like a mapping.
    import copyreg

    return copyreg._reconstructor, (type(self).__mro__[1], object, None), self.__dict__  # type: ignore[attr-defined]


_METHODS: dict[str, Any] = {
    "get": _get,
    "__getitem__": _item,
    "__contains__": _contains,
}


def make_readable(cls: type) -> type:
    """Let objects of a context's class be read like mappings."""
    for name, method in _METHODS.items():
        if not hasattr(cls, name):
            setattr(cls, name, method)
    return cls


def readable(cls: type) -> type:
    """A subclass of a context's class that can be read like a mapping and looks the same."""
    body: dict[str, Any] = {
        name: method for name, method in _METHODS.items() if not hasattr(cls, name)
    }
    body |= {
        "__slots__": (),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
    }
    if all(getattr(cls, name) is getattr(object, name) for name in ("__reduce_ex__", "__reduce__")):
        body["__reduce_ex__"] = _reduce
    return type(cls)(cls.__name__, (cls,), body)
