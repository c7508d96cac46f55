"""Every kind of object that a handler may be given as its context."""

from __future__ import annotations

import collections
import copy
import dataclasses
import pickle
import types
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import ssm


@ssm.cache("/app/var")
@ssm.cache(["/app/var1", "/app/var2"], entry_name="parameters")
def handler(event: Any, context: Any) -> Any:
    return context


def read(context: Any) -> Any:
    """What a handler can do with each of them."""
    assert context["var"] == context.get("var") == "the value"
    assert context.get("parameters").get("var1") == "first"
    assert "var" in context
    assert "nothing" not in context
    assert context.get("nothing") is None
    assert context.get("nothing", 5) == 5
    with pytest.raises(KeyError):
        context["nothing"]
    return context


def both_ways(context: Any) -> Any:
    assert read(context).var == "the value"
    return context


class Plain:
    def __init__(self) -> None:
        self.own = 1


class LambdaContext(Plain):
    """By its name the runtime's own."""


class Slotted:
    __slots__ = ("own",)

    def __init__(self) -> None:
        self.own = 1


@dataclasses.dataclass(frozen=True)
class Frozen:
    own: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlotted:
    own: int = 1


class Strict:
    """Refuses attributes it does not know, as pydantic's models do."""

    def __init__(self) -> None:
        self.__dict__["own"] = 1

    def __setattr__(self, name: str, value: object) -> None:
        raise ValueError(f"no field {name!r}")


class Sealed(Plain):
    """Does not want to be subclassed."""

    def __init_subclass__(cls) -> None:
        raise TypeError("sealed")


class Mapped(MutableMapping[str, Any]):
    def __init__(self) -> None:
        self.held: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        return self.held[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.held[key] = value

    def __delitem__(self, key: str) -> None:
        del self.held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)


@pytest.mark.parametrize("make", [dict, collections.OrderedDict, Mapped])
def test_mappings_get_items(endpoint: Endpoint, make: Any) -> None:
    for _ in range(2):
        context = make()
        assert handler({}, context) is context
        assert read(context) == {
            "var": "the value",
            "parameters": {"var1": "first", "var2": "second"},
        }


@pytest.mark.parametrize("make", [Plain, LambdaContext])
def test_objects_get_attributes_and_keep_their_class(endpoint: Endpoint, make: Any) -> None:
    for _ in range(3):
        context = make()
        assert handler({}, context) is context
        assert both_ways(context).own == 1
        assert isinstance(context, make)
        assert type(context).__name__ == make.__name__
        assert type(context).__module__ == __name__
        assert handler({}, context) is context
        assert vars(context)["var"] == "the value"


def test_only_a_lambda_context_is_changed_as_a_class(endpoint: Endpoint) -> None:
    context: Any = LambdaContext()
    handler({}, context)
    assert type(context) is LambdaContext
    handler({}, Plain())
    assert not hasattr(Plain, "get")


def test_objects_can_still_be_copied_and_pickled(endpoint: Endpoint) -> None:
    for make in (Plain, LambdaContext):
        context: Any = handler({}, make())
        for other in (copy.copy(context), pickle.loads(pickle.dumps(context))):
            assert isinstance(other, make)
            again: Any = other
            assert again.own == 1
            assert again.var == "the value"


def test_a_class_with_methods_of_its_own_keeps_them(endpoint: Endpoint) -> None:
    class Own(Plain):
        def get(self, name: str) -> str:
            return f"own {name}"

    context: Any = handler({}, Own())
    assert context.get("var") == "own var"
    assert context["var"] == "the value"


@pytest.mark.parametrize(
    "make", [Slotted, Frozen, FrozenSlotted, Strict, Sealed, types.SimpleNamespace]
)
def test_what_cannot_be_changed_is_wrapped(endpoint: Endpoint, make: Any) -> None:
    for _ in range(2):
        given = make() if make is not types.SimpleNamespace else make(own=1)
        context = handler({}, given)
        assert context is not given
        assert both_ways(context).own == 1
        assert isinstance(context, make)
        assert isinstance(context, lambda_cache.Context)
        assert not hasattr(given, "var")
        assert "own" in dir(context)


def test_none(endpoint: Endpoint) -> None:
    context = both_ways(handler({}, None))
    assert type(context) is lambda_cache.Context
    with pytest.raises(AttributeError, match="own"):
        context.own  # noqa: B018
    assert handler({}, None) is not context


def test_a_context_of_ours_is_filled(endpoint: Endpoint) -> None:
    context: Any = lambda_cache.Context(Frozen())
    assert handler({}, context) is context
    assert both_ways(context).own == 1
    context.more = 5
    assert context["more"] == 5
    del context.more
    assert "more" not in context
    restored: Any = pickle.loads(pickle.dumps(lambda_cache.Context(None)))
    assert type(restored) is lambda_cache.Context


def test_many_types_in_turn(endpoint: Endpoint) -> None:
    kinds = [type(f"Context{i}", (Plain,), {}) for i in range(20)]
    for _ in range(3):
        for make in kinds:
            assert isinstance(both_ways(handler({}, make())), make)
            assert read(handler({}, {}))


def test_names_that_are_no_identifiers(endpoint: Endpoint) -> None:
    endpoint.put("/app/my-var.1", "dashed")

    @ssm.cache("/app/my-var.1")
    def dashed(event: Any, context: Any) -> Any:
        return context["my-var.1"], context.get("my-var.1")

    contexts: list[Any] = [{}, Plain(), None, Frozen()]
    for context in contexts:
        assert dashed({}, context) == ("dashed", "dashed")


def test_a_failing_setter_is_an_error_of_the_call(endpoint: Endpoint) -> None:
    class Guarded(Plain):
        @property
        def var(self) -> str:
            return "guarded"

    with pytest.raises(AttributeError):
        handler({}, Guarded())
