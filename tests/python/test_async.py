"""`async def` handlers and get_entry_async: awaited, without blocking the loop."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Coroutine
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint, Refusal

import lambda_cache
from lambda_cache import exceptions, ssm


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, 20))


def test_get_entry_async(endpoint: Endpoint) -> None:
    async def main() -> Any:
        return (
            await ssm.get_entry_async("/app/var"),
            await ssm.get_entry_async("/app/var"),
            await ssm.get_entry_async(["/app/var1", "/app/list"]),
            await ssm.get_entry_async(parameter="/app/var", ttl_seconds=0),
        )

    several = {"var1": "first", "list": ["a", "b", "", "c"]}
    assert run(main()) == ("the value", "the value", several, "the value")
    assert len(endpoint.calls) == 3


def test_the_loop_runs_on(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)

    async def main() -> Any:
        waiting = asyncio.create_task(ssm.get_entry_async("/app/var"))
        while not endpoint.calls:
            await asyncio.sleep(0)
        assert not waiting.done()
        hold.set()
        return await waiting

    assert run(main()) == "the value"


def test_tasks_share_a_request(endpoint: Endpoint) -> None:
    async def main() -> Any:
        return await asyncio.gather(*(ssm.get_entry_async("/app/var") for _ in range(50)))

    assert run(main()) == ["the value"] * 50
    assert len(endpoint.calls) == 1


def test_handlers(endpoint: Endpoint, clock: Clock) -> None:
    @ssm.cache("/app/var")
    @ssm.cache(["/app/var1", "/app/var2"], entry_name="several")
    async def handler(event: Any, context: Any) -> Any:
        """What it does."""
        return context.get("var"), context["several"]

    assert inspect.iscoroutinefunction(handler)
    assert handler.__name__ == "handler"
    assert handler.__doc__ == "What it does."
    assert str(inspect.signature(handler)) == "(event: 'Any', context: 'Any') -> 'Any'"

    class Plain:
        pass

    async def main() -> Any:
        contexts: list[Any] = [{}, Plain(), None]
        for context in contexts:
            got = await handler({}, context)
            assert got == ("the value", {"var1": "first", "var2": "second"})
        assert (await handler(event={}, context={}))[0] == "the value"
        with pytest.raises(TypeError, match="context"):
            await handler({})  # type: ignore[call-arg]

    run(main())
    assert len(endpoint.calls) == 1
    clock.pass_time(61)
    endpoint.put("/app/var", "newer")
    assert run(handler({}, {}))[0] == "newer"


def test_an_optional_context(endpoint: Endpoint) -> None:
    @ssm.cache("/app/var")
    async def handler(event: Any, context: Any = None) -> Any:
        return context["var"]

    @ssm.cache("/app/var")
    async def keyword(event: Any, *, context: Any = None) -> Any:
        return context["var"]

    assert run(handler({})) == "the value"
    assert run(handler(event={})) == "the value"
    assert run(keyword({})) == "the value"


def test_every_shape_of_coroutine_function(endpoint: Endpoint) -> None:
    class Service:
        @ssm.cache("/app/var")
        async def method(self, event: Any, context: Any) -> Any:
            return self, context["var"]

        async def plain(self, event: Any, context: Any) -> Any:
            return context["var"]

        async def __call__(self, event: Any, context: Any) -> Any:
            return context["var"]

    async def main() -> None:
        service = Service()
        assert await service.method({}, {}) == (service, "the value")
        decorate = ssm.cache("/app/var")
        for shape in (
            service,
            service.plain,
            functools.partial(Service.plain, service),
            functools.partial(service.plain),
        ):
            decorated = decorate(shape)
            assert inspect.iscoroutinefunction(decorated)
            assert await decorated({}, {}) == "the value"

    run(main())


def test_stacks_with_foreign_decorators(endpoint: Endpoint) -> None:
    def foreign(function: Any) -> Any:
        @functools.wraps(function)
        async def wrapper(*args: Any) -> Any:
            return await function(*args)

        return wrapper

    @ssm.cache("/app/var")
    @foreign
    @ssm.cache("/app/var1")
    @ssm.cache("/app/list", 0)
    async def handler(event: Any, context: Any) -> Any:
        return context["var"], context["var1"], context["list"]

    assert run(handler({}, {})) == ("the value", "first", ["a", "b", "", "c"])
    assert endpoint.names_asked.count("/app/list") == 1
    assert sorted(endpoint.calls[0].names) == ["/app/var", "/app/var1"]


def test_errors(endpoint: Endpoint) -> None:
    @ssm.cache("/app/nothing")
    async def handler(event: Any, context: Any) -> Any:
        raise AssertionError("called without its value")

    with pytest.raises(exceptions.ParameterNotFoundError):
        run(handler({}, {}))
    with pytest.raises(exceptions.ParameterNotFoundError):
        run(ssm.get_entry_async("/app/nothing"))


def test_cancelling_leaves_the_flight(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)

    async def main() -> Any:
        first = asyncio.create_task(ssm.get_entry_async("/app/var"))
        second = asyncio.create_task(ssm.get_entry_async("/app/var"))
        while not endpoint.calls:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        hold.set()
        return await second

    assert run(main()) == "the value"
    assert len(endpoint.calls) == 1


def test_the_timeout_counts(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    try:
        with pytest.raises(exceptions.FetchTimeoutError, match="timeout_seconds"):
            run(ssm.get_entry_async("/app/var", timeout_seconds=0.2))
    finally:
        hold.set()


@pytest.mark.parametrize("how", ["decorator", "async", "blocking"])
def test_no_fetch_outlives_the_invocation(endpoint: Endpoint, how: str) -> None:
    hold = threading.Event()

    class Lambda:
        def get_remaining_time_in_millis(self) -> int:
            return 700

    def block(call: Call) -> None:
        if call.names == ["/app/var"]:
            hold.wait(20)

    endpoint.script = block

    @ssm.cache("/app/var" if how == "decorator" else "/app/var1")
    async def handler(event: Any, context: Any) -> Any:
        await asyncio.sleep(0)
        if how == "blocking":
            return ssm.get_entry("/app/var")
        return await ssm.get_entry_async("/app/var")

    try:
        with pytest.raises(exceptions.FetchTimeoutError, match="invocation"):
            run(handler({}, Lambda()))
    finally:
        hold.set()


def test_stale_values(endpoint: Endpoint, clock: Clock) -> None:
    run(ssm.get_entry_async("/app/var"))
    clock.pass_time(61)

    def throttle(call: Call) -> None:
        raise Refusal("ThrottlingException")

    endpoint.script = throttle
    assert run(ssm.get_entry_async("/app/var")) == "the value"


def test_a_slow_refresh_gives_the_stale_value_in_between(endpoint: Endpoint, clock: Clock) -> None:
    run(ssm.get_entry_async("/app/var"))
    clock.pass_time(61)
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    try:
        assert run(ssm.get_entry_async("/app/var")) == "the value"
    finally:
        hold.set()
    assert lambda_cache.stats()["stale"] >= 1


def test_descriptors_are_closed(endpoint: Endpoint) -> None:
    import os

    async def main() -> int:
        await ssm.get_entry_async("/app/var")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            await ssm.get_entry_async("/app/var", 0)
        return len(os.listdir("/proc/self/fd")) - before

    assert run(main()) <= 0
