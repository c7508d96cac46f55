"""function.inject: results in a handler's context, merged with what else is injected."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import _native, exceptions, function, ssm


class LambdaContext:
    def __init__(self, milliseconds: int = 3000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


calls: list[str] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def load_rates() -> dict[str, float]:
    calls.append("load")
    return {"EUR": 1.5}


def plain(event: Any, context: Any) -> Any:
    return context["rates"]["EUR"] if isinstance(context, dict) else context.rates["EUR"]


@pytest.mark.parametrize("context", [dict, LambdaContext, lambda: None])
def test_the_result_is_kept(context: Any, clock: Clock) -> None:
    handler = function.inject(load_rates, entry_name="rates", ttl_seconds=300)(plain)
    for _ in range(3):
        assert handler({}, context()) == 1.5
    assert calls == ["load"]
    clock.pass_time(300)
    assert handler({}, context()) == 1.5
    assert calls == ["load"] * 2


def test_clear_cache_clears_it() -> None:
    handler = function.inject(load_rates, "rates")(plain)
    handler({}, {})
    lambda_cache.clear_cache()
    handler({}, {})
    assert calls == ["load"] * 2


def test_the_name_is_the_functions() -> None:
    @function.inject(load_rates)
    def handler(event: Any, context: Any) -> Any:
        return context["load_rates"]

    assert handler({}, {}) == {"EUR": 1.5}


def test_stacks_merge_into_one_wrapper(endpoint: Endpoint) -> None:
    def handler(event: Any, context: Any) -> Any:
        return context["var"], context["rates"], context["n"], context["var1"]

    decorated = ssm.cache("/app/var")(
        function.inject(load_rates, entry_name="rates")(
            ssm.cache("/app/var1")(function.inject(lambda: 5, entry_name="n")(handler))
        )
    )
    assert type(decorated) is _native.Wrapper
    assert decorated.__wrapped__ is handler
    for _ in range(2):
        assert decorated({}, {}) == ("the value", {"EUR": 1.5}, 5, "first")
        assert decorated({}, LambdaContextMapping()) == ("the value", {"EUR": 1.5}, 5, "first")
    assert len(endpoint.calls) == 1
    assert calls == ["load"]


class LambdaContextMapping(LambdaContext):
    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def test_names_may_not_meet() -> None:
    with pytest.raises(exceptions.InvalidArgumentError, match="two stacked decorators inject 'n'"):
        function.inject(load_rates, "n")(function.inject(load_rates, "n")(plain))
    with pytest.raises(exceptions.InvalidArgumentError, match="two stacked decorators inject"):
        ssm.cache("/app/n")(function.inject(load_rates, "n")(plain))


@pytest.mark.parametrize("asynchronous", [False, True])
def test_it_runs_while_values_are_fetched(endpoint: Endpoint, asynchronous: bool) -> None:
    asked, computing = threading.Event(), threading.Event()

    def answer(call: Any) -> None:
        asked.set()
        assert computing.wait(20)

    def load() -> bool:
        computing.set()
        return asked.wait(20)

    endpoint.script = answer
    decorate = (function.inject(load, "both"), ssm.cache("/app/var"))
    if asynchronous:

        async def handler(event: Any, context: Any) -> Any:
            return context["both"], context["var"]

        decorated: Any = decorate[0](decorate[1](handler))
        assert asyncio.run(decorated({}, {})) == (True, "the value")
    else:
        decorated = decorate[1](
            decorate[0](lambda event, context: (context["both"], context["var"]))
        )
        assert decorated({}, {}) == (True, "the value")


def test_behind_foreign_decorators(endpoint: Endpoint) -> None:
    def foreign(handler: Any) -> Any:
        @functools.wraps(handler)
        def wrapper(event: Any, context: Any) -> Any:
            return handler(event, context)

        return wrapper

    inner = function.inject(load_rates, "rates")(
        ssm.cache("/app/var1")(
            lambda event, context: (context["rates"], context["var1"], context["var"])
        )
    )
    decorated = ssm.cache("/app/var")(foreign(inner))
    for _ in range(2):
        assert decorated({}, {}) == ({"EUR": 1.5}, "first", "the value")
    assert calls == ["load"]
    assert len(endpoint.calls) == 1


def test_a_failure_is_the_functions_own(endpoint: Endpoint) -> None:
    def load() -> None:
        raise KeyError("rates")

    handler = function.inject(load, "rates")(ssm.cache("/app/var")(plain))
    for _ in range(2):
        with pytest.raises(KeyError, match="rates"):
            handler({}, {})

    async def asynchronous(event: Any, context: Any) -> None: ...

    with pytest.raises(KeyError, match="rates"):
        asyncio.run(function.inject(load, "rates")(ssm.cache("/app/var")(asynchronous))({}, {}))


def test_old_values_and_what_counts_as_passing(clock: Clock) -> None:
    error: list[Exception] = []

    def load() -> dict[str, float]:
        if error:
            raise error[0]
        return load_rates()

    handler = function.inject(
        load, "rates", ttl_seconds=10, stale_if_error_seconds=50, retry_on=(ConnectionError,)
    )(plain)
    assert handler({}, {}) == 1.5
    clock.pass_time(10)
    error.append(ConnectionError())
    assert handler({}, {}) == 1.5
    clock.pass_time(50)
    with pytest.raises(ConnectionError):
        handler({}, {})


def test_reads_inside_know_the_invocation(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)

    def load() -> Any:
        return ssm.get_entry("/app/var")

    async def load_async() -> Any:
        return await ssm.get_entry_async("/app/var1")

    async def asynchronous(event: Any, context: Any) -> None: ...

    try:
        with pytest.raises(exceptions.LambdaCacheError, match="invocation"):
            function.inject(load, "value")(lambda event, context: None)({}, LambdaContext(300))
        with pytest.raises(exceptions.LambdaCacheError, match="invocation"):
            asyncio.run(function.inject(load_async, "value")(asynchronous)({}, LambdaContext(300)))
    finally:
        hold.set()


def test_async_functions_are_awaited() -> None:
    async def load() -> int:
        calls.append("load")
        await asyncio.sleep(0)
        return 5

    @function.inject(load, entry_name="n")
    @function.inject(load_rates, entry_name="rates")
    async def handler(event: Any, context: Any) -> Any:
        return context["n"], context["rates"]["EUR"]

    for _ in range(2):
        assert asyncio.run(handler({}, {})) == (5, 1.5)
    assert sorted(calls) == ["load", "load"]  # one of each
    with pytest.raises(TypeError, match=r"'n' is injected by .*load.*`async def`"):
        function.inject(load, entry_name="n")(plain)


def test_memoised_functions_keep_their_own_values(clock: Clock) -> None:
    rates = function.cache(load_rates, ttl_seconds=10)
    handler = function.inject(rates, entry_name="rates")(plain)
    assert handler({}, {}) == 1.5
    assert rates() is rates()
    assert calls == ["load"]
    rates.cache_clear()
    handler({}, {})
    clock.pass_time(10)
    handler({}, {})
    assert calls == ["load"] * 3
    with pytest.raises(TypeError, match="memoised already"):
        function.inject(rates, entry_name="rates", ttl_seconds=5)

    @function.cache
    async def later() -> int:
        calls.append("later")
        return 1

    @function.inject(later)
    async def asynchronous(event: Any, context: Any) -> Any:
        return context["later"]

    async def main() -> None:
        assert await asynchronous({}, {}) == await later() == 1

    asyncio.run(main())
    assert calls.count("later") == 1


def test_wrong_use_is_refused() -> None:
    with pytest.raises(exceptions.InvalidArgumentError, match="give entry_name"):
        function.inject(lambda: 1)
    with pytest.raises(exceptions.InvalidArgumentError, match="would hide"):
        function.inject(load_rates, entry_name="aws_request_id")
    with pytest.raises(
        exceptions.ArgumentTypeNotSupportedError, match="entry_name has to be a str"
    ):
        function.inject(load_rates, entry_name=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes arguments"):
        function.inject(lambda x: x, entry_name="x")  # type: ignore[misc]
    with pytest.raises(TypeError, match="takes arguments"):
        function.inject(plain, entry_name="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="only functions can be memoised"):
        function.inject(5, entry_name="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean 'ttl_seconds'"):
        function.inject(load_rates, tll_seconds=5)  # type: ignore[call-arg]
    with pytest.raises(exceptions.InvalidArgumentError, match="ttl_seconds=-1"):
        function.inject(load_rates, ttl_seconds=-1)
    with pytest.raises(TypeError, match="generator"):
        function.inject((lambda: (yield)), entry_name="x")
