"""Every fault on every operation through every front door: how the read ends and when, how often
the service was asked, what the cache has afterwards, and that all is well once the fault is over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Clock
from support.faults import CASES, Case

import lambda_cache
from lambda_cache import s3

from .conftest import OPERATIONS, Lab, Operation

# How much later than its deadline a read may end on a machine that is busy with other things.
MARGIN = 5.0
# Of a read that only its deadline ends.
SHORT = 0.06


def calls() -> int:
    return lambda_cache.stats()["calls"]


def get_entry(operation: Operation, **options: Any) -> Any:
    return operation.module.get_entry(**operation.what, **options)


def handler(operation: Operation, **options: Any) -> Any:
    @operation.module.cache(**operation.what, entry_name="value", **options)
    def decorated(event: Any, context: Any) -> Any:
        return context["value"]

    return decorated({}, {})


def get_entry_async(operation: Operation, **options: Any) -> Any:
    async def main() -> Any:
        return await operation.module.get_entry_async(**operation.what, **options)

    return asyncio.run(main())


DOORS: dict[str, Callable[..., Any]] = {
    "get_entry": get_entry,
    "handler": handler,
    "get_entry_async": get_entry_async,
}


def calls_of(case: Case, operation: Operation) -> int:
    """How many a forced read makes that may make two attempts."""
    passing = case.ends(operation.module is s3)[1]
    if operation.module is s3 and case.object_calls:
        return case.object_calls[0]
    return 2 if passing else 1


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("called", OPERATIONS)
@pytest.mark.parametrize("kind", CASES)
def test_a_fault(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    kind: str,
    called: str,
    door: str,
) -> None:
    case, operation, read = CASES[kind], OPERATIONS[called], DOORS[door]
    is_object = operation.module is s3
    error, passing = case.ends(is_object)
    limit = SHORT if case.endless else 10.0
    limits = {"max_attempts": 2, "timeout_seconds": limit}
    lab.use(monkeypatch, case.tls)
    lab.put(operation, "old")
    assert read(operation) == operation.value("old")
    lab.put(operation, "new")
    proxy = lab.proxy(operation)
    proxy.drop()
    proxy.set(case.fault)

    # A forced read has the error, after as many attempts as it may make.
    before, began = calls(), time.monotonic()
    with pytest.raises(error) as caught:
        read(operation, ttl_seconds=0, **limits)
    assert time.monotonic() - began < limit + MARGIN
    assert type(caught.value) is error
    assert caught.value.retryable == passing
    assert "old" not in str(caught.value) and "new" not in str(caught.value)
    made = calls() - before
    if case.endless:
        assert made <= 1  # on a busy machine the time may be over before
    else:
        assert made == calls_of(case, operation)
    assert proxy.requests <= proxy.connections <= made

    # What the cache has is what it had.
    before = calls()
    assert read(operation, ttl_seconds=3600) == operation.value("old")
    assert calls() == before

    # Once it has expired it bridges what passes, at the price of one call.
    clock.pass_time(61)
    began = time.monotonic()
    if passing:
        assert read(operation, **limits) == operation.value("old")
        # A download that goes on may be at it for longer than a reader waits who has a value.
        late = case.object_calls[1] if is_object and case.object_calls else 1
        late -= calls() - before
        assert late >= 0
    else:
        late = 0
        with pytest.raises(error):  # with nothing to bridge it, it is waited for
            read(operation, stale_if_error_seconds=0, **limits)
        made = calls()
        with pytest.raises(error):
            read(operation, **limits)
        assert calls() == made, "it is remembered for a while"
    assert time.monotonic() - began < limit + MARGIN
    assert read(operation, ttl_seconds=3600) == operation.value("old")

    proxy.set(None)
    before = calls()
    assert read(operation, ttl_seconds=0) == operation.value("new")
    assert read(operation) == operation.value("new")
    assert 1 <= calls() - before <= 1 + late


ONCE = [
    (kind, called)
    for kind, case in CASES.items()
    for called, operation in OPERATIONS.items()
    # Nobody listens, or everybody is let in: that has no number of times.
    if case.ends(operation.module is s3)[1] and not case.endless and case.fault.at != "listen"
]


@pytest.mark.parametrize(("kind", "called"), ONCE)
def test_a_fault_that_happens_once_is_not_seen(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str, called: str
) -> None:
    case, operation = CASES[kind], OPERATIONS[called]
    lab.use(monkeypatch, case.tls)
    lab.put(operation, "value")
    lab.proxy(operation).set(case.fault, times=1)
    before = calls()
    assert get_entry(operation, ttl_seconds=0, max_attempts=2) == operation.value("value")
    # An object of which all came that there is, and which should be longer, is read from its start.
    anew = operation.module is s3 and case.object_calls
    assert 2 <= calls() - before <= (3 if anew else 2)


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("called", OPERATIONS)
def test_nothing_is_kept_of_a_read_that_failed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, kind: str, called: str
) -> None:
    case, operation = CASES[kind], OPERATIONS[called]
    error, _ = case.ends(operation.module is s3)
    lab.use(monkeypatch, case.tls)
    lab.put(operation, "value")
    lab.proxy(operation).set(case.fault)
    limit = SHORT if case.endless else 10.0
    with pytest.raises(error):
        get_entry(operation, max_attempts=1, timeout_seconds=limit)
    assert lambda_cache.stats()["bytes"] == 0
    lab.proxy(operation).set(None)
    assert get_entry(operation, ttl_seconds=0) == operation.value("value")
