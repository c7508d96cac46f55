"""Ten minutes in which the service refuses every call: what readers get, and how often it is asked.

A refresh of a stale value is one call, and the next comes after a delay of at most 1, 2, 4, 8, 16,
30, 30 ... seconds, evenly spread from a tenth of a second on. Readers with nothing to fall back on
ask again after the same delay, but after five seconds at the latest, each time in up to three
calls, as long as the budget of a hundred retries lasts. The bounds below are so wide that chance
alone would have to be one in a billion to cross them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint, Refusal
from support.service import Service

import lambda_cache
from lambda_cache import exceptions

BETWEEN_READS = 0.2
FRESH = 60
STALE = 300
FAILING = 240


def throttled(call: Call) -> None:
    raise Refusal("ThrottlingException", "Rate exceeded")


def reads_in(seconds: float) -> int:
    return round(seconds / BETWEEN_READS)


def test_ten_minutes(
    service: Service,
    endpoint: Endpoint,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.put("/app/throttled", "kept")
    assert service.get("/app/throttled") == "kept"
    served_before = lambda_cache.stats()["stale"]
    endpoint.script = throttled

    def calls_while(seconds: float, read: Callable[[], None]) -> int:
        before = len(endpoint.calls)
        for _ in range(reads_in(seconds)):
            read()
            clock.pass_time(BETWEEN_READS)
        return len(endpoint.calls) - before

    def is_kept() -> None:
        assert service.get("/app/throttled") == "kept"

    def is_refused() -> None:
        with pytest.raises(exceptions.ThrottledError, match="ThrottlingException") as caught:
            service.get("/app/throttled")
        assert "/app/throttled" in str(caught.value)
        assert caught.value.retryable

    with caplog.at_level(logging.WARNING, "lambda_cache"):
        assert calls_while(FRESH - 1, is_kept) == 0
        clock.pass_time(1)
        stale = calls_while(STALE - 1, is_kept)
    # The longest delays, and the next read, are the least; fifty delays of 15 s would be 750 s.
    assert STALE // 31 <= stale <= 55
    assert len([each for each in caplog.records if each.name == "lambda_cache"]) == 1
    clock.pass_time(1)
    failing = calls_while(FAILING, is_refused)
    # At least 240 / 5.2 rounds; ninety would take 400 s.
    assert FAILING // 5.2 <= failing <= 90 + 100

    assert lambda_cache.stats()["stale"] - served_before == reads_in(STALE - 1)
    reads = reads_in(FRESH + STALE + FAILING)
    print(f"throttled for 10 minutes: {reads} reads, {stale} + {failing} calls")

    endpoint.script = None
    service.put("/app/throttled", "newer")
    clock.pass_time(5)
    assert service.get("/app/throttled") == "newer"
