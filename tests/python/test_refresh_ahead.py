"""Values that are fetched anew in the background before they expire."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint, Refusal

import lambda_cache
from lambda_cache import _native, ssm

MAX_AGE = 600
AHEAD = 100


def reader_of(*names: str) -> _native.Reader:
    several = names if len(names) > 1 else names[0]
    return ssm.get_entry.reader(several, MAX_AGE, refresh_ahead_seconds=AHEAD)  # type: ignore[attr-defined, no-any-return]


def reading(reader: _native.Reader) -> Callable[[], Any]:
    getter = _native.make_entry_getter(lambda name: reader)
    return lambda: getter("any")


def refreshed(name: str = "/app/var") -> Any:
    """Waits for the refresh that is under way: the value is too old for this read, that is not."""
    return ssm.get_entry(name, max_age_in_seconds=40)


@pytest.fixture
def held(endpoint: Endpoint) -> Iterator[threading.Event]:
    """The endpoint answers when this is set."""
    go = threading.Event()
    yield go
    go.set()


def test_value_is_handed_out_and_fetched_anew(endpoint: Endpoint, clock: Clock) -> None:
    read = reading(reader_of("/app/var"))
    assert read() == "the value"
    endpoint.put("/app/var", "newer")
    clock.pass_time(450)
    assert read() == "the value"
    assert len(endpoint.calls) == 1
    clock.pass_time(50)
    assert read() == "the value"
    assert refreshed() == "newer"
    assert read() == "newer"
    assert len(endpoint.calls) == 2


def test_nobody_waits_for_it(endpoint: Endpoint, clock: Clock, held: threading.Event) -> None:
    read = reading(reader_of("/app/var"))
    read()
    endpoint.put("/app/var", "newer")
    endpoint.script = lambda call: held.wait(20)
    clock.pass_time(550)
    for _ in range(1000):
        assert read() == "the value"
    endpoint.wait_for_calls(2)
    held.set()
    assert refreshed() == "newer"
    assert len(endpoint.calls) == 2


def test_engine_is_asked_again_only_after_a_while(
    endpoint: Endpoint, clock: Clock, held: threading.Event
) -> None:
    reader = reader_of("/app/var")
    reading(reader)()
    endpoint.script = lambda call: held.wait(20)
    clock.pass_time(550)
    # While it rests, a reader has its value at once; where it does not, begin() gives a Pending.
    first = _native.begin(reader, None)
    assert first.done()
    assert first.value() == "the value"
    clock.pass_time(1)
    assert isinstance(_native.begin(reader, None), _native.Pending), "the rest is over"


def test_mapping_refreshes_what_is_due(endpoint: Endpoint, clock: Clock) -> None:
    read = reading(reader_of("/app/var1", "/app/var2"))
    assert read() == {"var1": "first", "var2": "second"}
    clock.pass_time(200)
    ssm.get_entry("/app/var2", ttl_seconds=0)
    endpoint.put("/app/var1", "newer")
    clock.pass_time(350)
    assert read() == {"var1": "first", "var2": "second"}
    assert refreshed("/app/var1") == "newer"
    assert read() == {"var1": "newer", "var2": "second"}
    assert [call.names for call in endpoint.calls[2:]] == [["/app/var1"]]


def test_failure_is_invisible(endpoint: Endpoint, clock: Clock) -> None:
    read = reading(reader_of("/app/var"))
    read()

    def refuse(call: Call) -> None:
        raise Refusal("InternalServerError", status=500)

    endpoint.script = refuse
    clock.pass_time(550)
    before = lambda_cache.stats()
    assert read() == "the value"
    while lambda_cache.stats()["failures"] == before["failures"]:
        assert read() == "the value"
    assert lambda_cache.stats()["stale"] == before["stale"]
    assert len(endpoint.calls) == 2


def test_async_reader_starts_it_too(endpoint: Endpoint, clock: Clock) -> None:
    reader = reader_of("/app/var")

    async def read() -> Any:
        got = _native.begin(reader, None)
        if not isinstance(got, _native.Pending):
            return got
        while not got.done():
            await asyncio.sleep(0)
        return got.value()

    assert asyncio.run(read()) == "the value"
    endpoint.put("/app/var", "newer")
    clock.pass_time(550)
    assert asyncio.run(read()) == "the value"
    assert refreshed() == "newer"
    assert asyncio.run(read()) == "newer"


def test_reset_ends_the_rest(endpoint: Endpoint, clock: Clock) -> None:
    read = reading(reader_of("/app/var"))
    read()
    clock.pass_time(550)
    read()
    refreshed()
    lambda_cache.reset()
    endpoint.put("/app/var", "newer")
    assert read() == "newer"
