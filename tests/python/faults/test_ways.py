"""Faults on the way to the service that a proxy cannot make, clocks, and pages."""

from __future__ import annotations

import time

import pytest
from support.endpoint import Call
from support.faults import CASES

import lambda_cache
from lambda_cache import exceptions, ssm
from support import proxy as proxies

from .conftest import OPERATIONS, Lab
from .test_faults import DOORS, MARGIN, calls, get_entry

# Where nobody is: a name that no DNS has, and an IPv6 address to which no TCP can go, so that the
# kernel refuses it without asking the network.
NOWHERE = {"a name that does not resolve": "http://nothing.invalid", "IPv6": "http://[ff02::1]:9"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("called", OPERATIONS)
@pytest.mark.parametrize("where", NOWHERE)
def test_nobody_is_there(lab: Lab, where: str, called: str, door: str) -> None:
    operation = OPERATIONS[called]
    lab.put(operation, "value")
    assert get_entry(operation) == operation.value("value")
    before, began = calls(), time.monotonic()
    with pytest.raises(exceptions.EndpointConnectionError) as caught:
        DOORS[door](operation, endpoint_url=NOWHERE[where], max_attempts=2, timeout_seconds=5)
    assert time.monotonic() - began < 5 + MARGIN
    assert caught.value.retryable
    assert calls() - before == 2
    # That was another entry.
    assert get_entry(operation, ttl_seconds=3600) == operation.value("value")
    assert get_entry(operation, ttl_seconds=0) == operation.value("value")
    assert calls() - before == 3


@pytest.mark.parametrize("called", OPERATIONS)
def test_an_address_of_several_where_nobody_is(lab: Lab, called: str) -> None:
    """localhost is ::1 as well, and the proxy listens on 127.0.0.1 only."""
    operation = OPERATIONS[called]
    lab.put(operation, "value")
    url = lab.proxy(operation).url.replace("127.0.0.1", "localhost")
    assert get_entry(operation, endpoint_url=url, max_attempts=1) == operation.value("value")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("called", OPERATIONS)
@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_wrong(lab: Lab, minutes: int, called: str, door: str) -> None:
    operation, read = OPERATIONS[called], DOORS[door]
    lab.put(operation, "old")
    assert read(operation, max_attempts=1) == operation.value("old")
    lab.put(operation, "new")
    lab.proxy(operation).clock = minutes * 60
    before = calls()
    assert read(operation, ttl_seconds=0, max_attempts=1) == operation.value("new")
    assert calls() - before == 2, "the refusal, and the same again by the service's clock"
    assert read(operation, ttl_seconds=0, max_attempts=1) == operation.value("new")
    assert calls() - before == 3, "learned for all that follow"
    lab.proxy(operation).clock = 0
    assert read(operation, ttl_seconds=0, max_attempts=1) == operation.value("new")
    assert calls() - before == 5


@pytest.mark.parametrize("status", [403, 407, 502, 503])
@pytest.mark.parametrize("called", OPERATIONS)
def test_a_proxy_that_refuses(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, status: int, called: str
) -> None:
    operation = OPERATIONS[called]
    passing = status >= 500
    error = exceptions.EndpointConnectionError if passing else exceptions.RequestRejectedError
    with proxies.running() as forward:
        forward.refuses = status
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{forward.port}")
        lambda_cache.reset()
        with pytest.raises(error) as caught:
            get_entry(operation, ttl_seconds=0, endpoint_url="http://aws.example", max_attempts=2)
        assert caught.value.retryable == passing
        assert len(forward.asked) == (2 if passing else 1)


BROKEN_ANSWERS = ["no answer", "half a body", "garbage", "throttled", "500"]


@pytest.mark.parametrize("kind", BROKEN_ANSWERS)
def test_a_path_whose_later_page_breaks(lab: Lab, kind: str) -> None:
    """No half of what is there, and the pages that had come are not asked for again."""
    for i in range(25):
        lab.endpoint.put(f"/pages/{i:02}", "value")
    whole = {f"{i:02}": "value" for i in range(25)}
    proxy = lab.proxy(OPERATIONS["GetParametersByPath"])
    fault = CASES[kind].fault

    def break_later(times: float) -> None:
        proxy.set(None)

        def at_second(call: Call) -> None:
            if "NextToken" in call.body:
                lab.endpoint.script = None
                proxy.set(fault, times)

        lab.endpoint.script = at_second

    break_later(times=1)
    before = calls()
    assert ssm.get_entry(path="/pages", ttl_seconds=0, max_attempts=2) == whole
    # Three pages, two empty ones between them, one asked again; who only hung up is asked again on
    # a new connection, which does not count.
    assert calls() - before == (5 if kind == "no answer" else 6)
    proxy.set(None)
    lab.endpoint.script = None
    lambda_cache.clear_cache()
    break_later(times=float("inf"))
    with pytest.raises(CASES[kind].error):
        ssm.get_entry(path="/pages", max_attempts=2)
    lab.endpoint.script = None
    assert lambda_cache.stats()["bytes"] == 0
    proxy.set(None)
    assert ssm.get_entry(path="/pages", ttl_seconds=0) == whole
