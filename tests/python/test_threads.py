"""Many threads: one request, every thread its own answer, nobody waits for somebody else's time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint, Refusal

from lambda_cache import exceptions, ssm

MANY = 64


def at_once(count: int, ask: Callable[[], Any]) -> list[Any]:
    """What `ask` gave or raised in each of that many threads, which start together."""
    start = threading.Barrier(count, timeout=20)

    def run() -> Any:
        start.wait()
        try:
            return ask()
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(run) for _ in range(count)]]


def test_an_expired_entry_is_requested_once(endpoint: Endpoint, clock: Clock) -> None:
    ssm.get_entry("/app/var")
    clock.pass_time(61)
    endpoint.put("/app/var", "newer")
    waiting = threading.Semaphore(0)
    endpoint.script = lambda call: [waiting.acquire(timeout=20) for _ in range(MANY)]

    def ask() -> Any:
        waiting.release()
        return ssm.get_entry("/app/var", stale_if_error_seconds=0)

    assert at_once(MANY, ask) == ["newer"] * MANY
    assert len(endpoint.calls) == 2


def test_decorated_handlers_share_requests_too(endpoint: Endpoint) -> None:
    waiting = threading.Semaphore(0)
    endpoint.script = lambda call: [waiting.acquire(timeout=20) for _ in range(8)]

    @ssm.cache("/app/var")
    @ssm.cache("/app/var1")
    def handler(event: Any, context: Any) -> Any:
        return context["var"], context["var1"]

    def ask() -> Any:
        waiting.release()
        return handler({}, {})

    assert at_once(8, ask) == [("the value", "first")] * 8
    assert len(endpoint.calls) == 1


def test_every_thread_gets_an_error_of_its_own(endpoint: Endpoint) -> None:
    waiting = threading.Semaphore(0)

    def fail(call: Call) -> None:
        if len(endpoint.calls) == 1:
            for _ in range(MANY):
                waiting.acquire(timeout=20)
        raise Refusal("InternalServerError", "broken", 500)

    endpoint.script = fail

    def ask() -> Any:
        waiting.release()
        return ssm.get_entry("/app/var", max_attempts=3)

    errors = at_once(MANY, ask)
    assert {type(error) for error in errors} == {exceptions.ServiceUnavailableError}
    assert len({id(error) for error in errors}) == MANY
    assert len(endpoint.calls) == 3  # one per attempt, not per thread


def test_a_reader_with_little_time_does_not_spoil_the_flight(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    with ThreadPoolExecutor(1) as pool:
        hurried = pool.submit(ssm.get_entry, "/app/var", timeout_seconds=0.1)
        endpoint.wait_for_calls(1)
        patient = threading.Thread(target=lambda: got.append(ssm.get_entry("/app/var")))
        got: list[Any] = []
        patient.start()
        with pytest.raises(exceptions.FetchTimeoutError):
            hurried.result()
        hold.set()
        patient.join()
    assert got == ["the value"]
    assert len(endpoint.calls) == 1


def test_a_forced_read_gets_a_value_requested_after_it_asked(endpoint: Endpoint) -> None:
    hold = threading.Event()

    def script(call: Call) -> None:
        if len(endpoint.calls) == 1:
            hold.wait(20)
            endpoint.put("/app/var", "newer")  # what the second request will find

    # The first request is answered with what was there when it is let go.
    def first(call: Call) -> None:
        answer = "old" if len(endpoint.calls) == 1 else "new"
        script(call)
        endpoint.put("/app/var", answer)

    endpoint.script = first
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(ssm.get_entry, "/app/var")
        endpoint.wait_for_calls(1)
        forced = pool.submit(ssm.get_entry, "/app/var", 0)
        hold.set()
        assert running.result() == "old"
        assert forced.result() == "new"
    assert ssm.get_entry("/app/var") == "new"
    assert len(endpoint.calls) == 2


def test_others_run_while_one_waits(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ssm.get_entry, "/app/var")
        endpoint.wait_for_calls(1)
        assert not waiting.done()  # this thread runs: the GIL is free
        hold.set()
        assert waiting.result() == "the value"


def test_readers_forgetters_and_collectors_together(endpoint: Endpoint, clock: Clock) -> None:
    import gc

    import lambda_cache

    @ssm.cache("/app/var")
    @ssm.cache(["/app/var1", "/app/list"], entry_name="several")
    def handler(event: Any, context: Any) -> Any:
        return context["var"], context["several"]["var1"], context["several"]["list"]

    stop = threading.Event()
    wrong: list[Any] = []

    def read() -> None:
        while not stop.is_set():
            got = handler({}, {})
            if got != ("the value", "first", ["a", "b", "", "c"]):
                wrong.append(got)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        lambda_cache.clear_cache()
        gc.collect()
        clock.pass_time(61)
        handler({}, {})
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
