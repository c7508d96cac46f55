"""ssm.cache: what handlers get, how decorators stack, what a decorated handler looks like."""

from __future__ import annotations

import functools
import gc
import inspect
import operator
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint

from lambda_cache import exceptions, ssm


class Lambda:
    """As Lambda's own context: attributes, and the time that is left."""

    def __init__(self, milliseconds: int = 30_000) -> None:
        self.milliseconds = milliseconds
        self.asked = 0

    def get_remaining_time_in_millis(self) -> int:
        self.asked += 1
        return self.milliseconds


def foreign(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator of somebody else."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def test_one_parameter_by_its_short_name(endpoint: Endpoint, clock: Clock) -> None:
    @ssm.cache(parameter="/app/var")
    def handler(event: Any, context: Any) -> Any:
        return getattr(context, "var"), context.get("var"), context["var"]  # noqa: B009

    context = Lambda()
    for _ in range(3):
        assert handler({}, context) == ("the value",) * 3
    assert len(endpoint.calls) == 1
    endpoint.put("/app/var", "newer")
    assert handler({}, Lambda()) == ("the value",) * 3
    clock.pass_time(61)
    assert handler({}, Lambda()) == ("newer",) * 3
    assert len(endpoint.calls) == 2


def test_entry_name_and_ttl(endpoint: Endpoint, clock: Clock) -> None:
    @ssm.cache("/app/var", 30, "renamed")
    def handler(event: Any, context: Any) -> Any:
        return context["renamed"]

    assert handler({}, {}) == "the value"
    endpoint.put("/app/var", "newer")
    clock.pass_time(29)
    assert handler({}, {}) == "the value"
    clock.pass_time(1.5)
    assert handler({}, {}) == "newer"


def test_several_as_one_mapping(endpoint: Endpoint) -> None:
    @ssm.cache(parameter=["/app/var1", "/app/var2", "/app/list"], entry_name="parameters")
    def handler(event: Any, context: Any) -> Any:
        parameters = context.get("parameters")
        parameters["list"].append("mine")
        return parameters.get("var1"), parameters.pop("var2"), parameters["list"]

    for _ in range(3):
        assert handler({}, Lambda()) == ("first", "second", ["a", "b", "", "c", "mine"])
    assert len(endpoint.calls) == 1


def test_a_mapping_with_and_without_entry_name(endpoint: Endpoint) -> None:
    @ssm.cache({"x": "/app/var1", "y": "/app/var2"})
    @ssm.cache({"x": "/app/var2"}, entry_name="inner")
    def handler(event: Any, context: Any) -> Any:
        return context["x"], context["y"], context["inner"]

    assert handler({}, {}) == ("first", "second", {"x": "second"})
    assert len(endpoint.calls) == 1


def test_a_list_value_is_the_handlers_own(endpoint: Endpoint) -> None:
    @ssm.cache("/app/list")
    def handler(event: Any, context: Any) -> Any:
        context["list"].append("mine")
        return context["list"]

    assert handler({}, {}) == handler({}, {}) == ["a", "b", "", "c", "mine"]


def test_a_stack_misses_in_one_call(endpoint: Endpoint, clock: Clock) -> None:
    @ssm.cache("/app/var", 60)
    @ssm.cache("/app/var1", 30)
    @ssm.cache(["/app/var2", "/app/list"], 30, "several")
    def handler(event: Any, context: Any) -> Any:
        return context["var"], context["var1"], context["several"]

    expected = ("the value", "first", {"var2": "second", "list": ["a", "b", "", "c"]})
    assert handler({}, {}) == expected
    assert len(endpoint.calls) == 1
    clock.pass_time(31)
    assert handler({}, {}) == expected
    assert [sorted(call.names) for call in endpoint.calls[1:]] == [
        ["/app/list", "/app/var1", "/app/var2"]
    ]


@pytest.mark.parametrize("ttl", [30, 0])
def test_a_stack_with_foreign_decorators_misses_in_one_call(endpoint: Endpoint, ttl: int) -> None:
    @foreign
    @ssm.cache("/app/var", ttl)
    @foreign
    @foreign
    @ssm.cache("/app/var1", ttl)
    @foreign
    @ssm.cache("/app/var2", ttl)
    def handler(event: Any, context: Any) -> Any:
        return context["var"], context["var1"], context["var2"]

    assert handler({}, {}) == ("the value", "first", "second")
    assert len(endpoint.calls) == 1
    assert handler({}, {}) == ("the value", "first", "second")
    assert len(endpoint.calls) == (2 if ttl == 0 else 1)


def test_a_handler_called_again_by_a_foreign_decorator_reads_again(endpoint: Endpoint) -> None:
    def twice(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any) -> Any:
            return function(*args), function(*args)

        return wrapper

    @ssm.cache("/app/var", 0)
    @twice
    @ssm.cache("/app/var1", 0)
    def handler(event: Any, context: Any) -> Any:
        value = context["var1"]
        endpoint.put("/app/var1", "newer")
        return value

    assert handler({}, {}) == ("first", "newer")


def test_one_denied_name_in_a_stack(endpoint: Endpoint) -> None:
    endpoint.denied.add("/app/secret")

    @ssm.cache("/app/var")
    @ssm.cache("/app/secret")
    @ssm.cache("/app/var1")
    def handler(event: Any, context: Any) -> Any:
        raise AssertionError("called without its values")

    with pytest.raises(exceptions.AccessDeniedError) as caught:
        handler({}, {})
    assert caught.value.name == "/app/secret"
    assert "/app/secret" in caught.value.message
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    before = len(endpoint.calls)
    assert ssm.get_entry("/app/var") == "the value"
    assert ssm.get_entry("/app/var1") == "first"
    assert len(endpoint.calls) == before


def test_a_failure_belongs_to_the_decorator_that_declared_it(endpoint: Endpoint) -> None:
    endpoint.denied.add("/app/secret")

    def forgiving(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(event: Any, context: Any) -> Any:
            try:
                return function(event, context)
            except exceptions.AccessDeniedError as error:
                return context["var"], error.name

        return wrapper

    @ssm.cache("/app/var")
    @forgiving
    @ssm.cache("/app/secret")
    def handler(event: Any, context: Any) -> Any:
        raise AssertionError("called without its value")

    assert handler({}, {}) == ("the value", "/app/secret")


def test_forced_refresh_inside_a_handler(endpoint: Endpoint) -> None:
    @ssm.cache(parameter="/app/var")
    def handler(event: Any, context: Any) -> Any:
        if event.get("refresh"):
            return ssm.get_entry(parameter="/app/var", ttl_seconds=0)
        return context.get("var")

    assert handler({}, {}) == "the value"
    endpoint.put("/app/var", "newer")
    assert handler({}, {}) == "the value"
    assert handler({"refresh": True}, {}) == "newer"
    assert handler({}, {}) == "newer"
    assert len(endpoint.calls) == 2


def test_looks_like_the_handler() -> None:
    def handler(event: dict[str, Any], context: object = None) -> int:
        """What it does."""
        return 1

    handler.mark = "kept"  # type: ignore[attr-defined]
    decorated: Any = ssm.cache("/a/x")(ssm.cache("/a/y")(handler))
    assert decorated.__wrapped__ is handler
    assert decorated.__name__ == "handler"
    assert decorated.__qualname__ == handler.__qualname__
    assert decorated.__doc__ == "What it does."
    assert decorated.__module__ == __name__
    assert decorated.mark == "kept"
    assert inspect.signature(decorated) == inspect.signature(handler)
    assert inspect.unwrap(decorated) is handler
    decorated.more = 1
    assert "more" in vars(decorated)
    assert "handler" in repr(decorated)


def test_goes_with_its_handler() -> None:
    class Marker:
        pass

    def make() -> tuple[Any, Any]:
        marker = Marker()

        @ssm.cache("/a/x")
        def handler(event: Any, context: Any) -> Any:
            return marker, handler  # a cycle

        return weakref.ref(handler), weakref.ref(marker)

    decorated, marker = make()
    gc.collect()
    assert decorated() is None
    assert marker() is None


class Service:
    """Handlers in every shape that classes give."""

    @ssm.cache("/app/var")
    def method(self, event: Any, context: Any) -> Any:
        return self, event, context["var"]

    @ssm.cache("/app/var")
    def renamed(self, event: Any, ctx: Any) -> Any:
        return ctx["var"]

    @staticmethod
    @ssm.cache("/app/var")
    def static(event: Any, context: Any) -> Any:
        return context["var"]

    @classmethod
    @ssm.cache("/app/var")
    def of_class(cls, event: Any, context: Any) -> Any:
        return cls, context["var"]

    def __call__(self, event: Any, context: Any) -> Any:
        return context["var"]

    def plain(self, event: Any, context: Any) -> Any:
        return context["var"]


def test_methods_and_callables(endpoint: Endpoint) -> None:
    service = Service()
    assert service.method({"e": 1}, {}) == (service, {"e": 1}, "the value")
    assert service.method(event={}, context={})[2] == "the value"
    bound = service.method
    assert bound({}, {})[0] is service
    assert Service.method(service, {}, {})[0] is service
    assert service.renamed({}, {}) == "the value"
    assert Service.static({}, {}) == service.static({}, {}) == "the value"
    assert Service.of_class({}, {}) == (Service, "the value")
    decorate = ssm.cache("/app/var")
    assert decorate(service)({}, {}) == "the value"
    assert decorate(service.plain)({}, {}) == "the value"
    assert decorate(functools.partial(Service.plain, service))({}, {}) == "the value"
    assert decorate(functools.partial(service.plain, {}))({}) == "the value"
    assert decorate(lambda *args: args[1]["var"])({}, {}) == "the value"
    assert decorate(operator.or_)({"a": 1}, {}) == {"a": 1, "var": "the value"}


def test_where_the_context_is(endpoint: Endpoint) -> None:
    decorate = ssm.cache("/app/var")

    def first(context: Any, event: Any) -> Any:
        return context["var"]

    def second(event: Any, whatever: Any) -> Any:
        return whatever["var"]

    def keyword_only(event: Any, *, context: Any) -> Any:
        return context["var"]

    def positional_only(event: Any, ctx: Any, /) -> Any:
        return ctx["var"]

    def optional(event: Any, context: Any = None, more: int = 0) -> Any:
        return context.get("var")

    def optional_keyword(event: Any, *, context: Any = None) -> Any:
        return context["var"]

    assert decorate(first)({}, {}) == "the value"
    assert decorate(first)(event={}, context={}) == "the value"
    assert decorate(second)({}, whatever={}) == "the value"
    assert decorate(keyword_only)({}, context={}) == "the value"
    assert decorate(positional_only)({}, {}) == "the value"
    assert decorate(optional)({}) == "the value"
    assert decorate(optional)(event={}, more=1) == "the value"
    assert decorate(optional)({}, more=1) == "the value"
    assert decorate(optional_keyword)({}) == "the value"
    assert decorate(keyword_only)({}, context=None) == "the value"
    assert decorate(foreign(first))({}, {}) == "the value"
    for missing in (first, second, keyword_only):
        with pytest.raises(TypeError, match="missing"):
            decorate(missing)({})


def test_a_context_that_partial_has_bound() -> None:
    def handler(event: Any, context: Any) -> None: ...

    with pytest.raises(TypeError, match="partial"):
        ssm.cache("/a/x")(functools.partial(handler, context={}))


def test_exceptions_of_the_handler_pass(endpoint: Endpoint) -> None:
    @ssm.cache("/app/var")
    def handler(event: Any, context: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        handler({}, {})
    # The invocation is over: its deadline no longer counts.
    with pytest.raises(exceptions.ParameterNotFoundError):
        ssm.get_entry("/app/nothing")


def test_the_remaining_time_is_asked_for_on_a_miss_only(endpoint: Endpoint) -> None:
    @ssm.cache("/app/var")
    def handler(event: Any, context: Any) -> Any:
        return ssm.get_entry("/app/var")

    context = Lambda()
    handler({}, context)
    assert context.asked == 1
    for _ in range(3):
        handler({}, context)
    assert context.asked == 1


@pytest.mark.parametrize("where", ["decorator", "inside", "nested"])
def test_no_fetch_outlives_the_invocation(endpoint: Endpoint, where: str) -> None:
    hold = threading.Event()

    def block(call: Call) -> None:
        hold.wait(20)

    endpoint.script = block

    def inside(event: Any, context: Any) -> Any:
        return ssm.get_entry("/app/var")

    handler: Any = inside
    if where == "decorator":
        handler = ssm.cache("/app/var")(inside)
    else:
        endpoint.script = None
        ssm.get_entry("/app/var2")
        endpoint.script = block
        handler = ssm.cache("/app/var2")(inside)
        if where == "nested":
            inner = handler

            @ssm.cache("/app/var2", entry_name="outer")
            def outer(event: Any, context: Any) -> Any:
                return inner(event, {})

            handler = outer
    try:
        with pytest.raises(exceptions.FetchTimeoutError) as caught:
            handler({}, Lambda(700))
    finally:
        hold.set()
    assert "invocation" in caught.value.message
    assert isinstance(caught.value, TimeoutError)


def test_an_invocation_without_time_left(endpoint: Endpoint) -> None:
    @ssm.cache("/app/var")
    def handler(event: Any, context: Any) -> Any:
        return context["var"]

    with pytest.raises(exceptions.FetchTimeoutError):
        handler({}, Lambda(0))
    assert handler({}, Lambda()) == "the value"


def test_a_context_whose_time_is_no_number(endpoint: Endpoint) -> None:
    from unittest.mock import MagicMock

    @ssm.cache("/app/var")
    def handler(event: Any, context: Any) -> Any:
        return context.get("var"), context.var

    assert handler({}, MagicMock()) == ("the value", "the value")
