"""Endpoints that misbehave, environments that lack something: the right error, in time, and the
cache keeps what it had."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint, RawAnswer, Refusal

import lambda_cache
from lambda_cache import exceptions, ssm


def endless_headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for i in itertools.count():
        yield b"X-%d: %s\r\n" % (i, b"x" * 1000)


def endless_body() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n\r\n{"
    while True:
        yield b" " * 65536


ANSWERS: dict[str, Any] = {
    "garbage": lambda: [b"\x00\x01\x02 nothing that HTTP knows\r\n\r\n"],
    "nothing": list,
    "half a head": lambda: [b"HTTP/1.1 200 OK\r\nContent-Le"],
    "half a body": lambda: [b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"Parameter": {"Na'],
    "no JSON": lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
    "other JSON": lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"],
    "endless headers": endless_headers,
    "endless body": endless_body,
    "a page of a proxy": lambda: [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>"
    ],
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_broken_answers(endpoint: Endpoint, clock: Clock, kind: str) -> None:
    assert ssm.get_entry("/app/var") == "the value"

    def broken(call: Call) -> None:
        raise RawAnswer(ANSWERS[kind]())

    endpoint.script = broken
    with pytest.raises(exceptions.FetchError) as caught:
        ssm.get_entry("/app/var1", max_attempts=2, timeout_seconds=5)
    assert caught.value.retryable
    assert caught.value.message
    if isinstance(caught.value, exceptions.ProtocolError):
        assert "endpoint URL" in caught.value.message
    clock.pass_time(61)
    assert ssm.get_entry("/app/var") == "the value"  # stale, but there
    endpoint.script = None
    lambda_cache.clear_cache()
    assert ssm.get_entry("/app/var1") == "first"


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        with pytest.raises(exceptions.EndpointConnectionError, match=str(port)) as caught:
            ssm.get_entry("/app/var")
    assert isinstance(caught.value, ConnectionError)


def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(exceptions.EndpointConnectionError, match=r"no-such-host\.invalid"):
        ssm.get_entry("/app/var", endpoint_url="http://no-such-host.invalid", timeout_seconds=5)


def test_no_region(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    lambda_cache.reset()
    with pytest.raises(exceptions.ConfigurationError, match="AWS_REGION"):
        ssm.get_entry("/app/var")
    assert ssm.get_entry("/app/var", region="eu-west-1") == "the value"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    lambda_cache.reset()
    assert ssm.get_entry("/app/var") == "the value"


def test_no_credentials(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    lambda_cache.reset()
    with pytest.raises(exceptions.CredentialsError, match="AWS_ACCESS_KEY_ID"):
        ssm.get_entry("/app/var")
    assert endpoint.calls == []


def test_a_wrong_secret_key(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    lambda_cache.reset()
    with pytest.raises(exceptions.CredentialsError) as caught:
        ssm.get_entry("/app/var")
    assert caught.value.code == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("LAMBDA_CACHE_TTL_SECONDS", "often", "often"),
        ("LAMBDA_CACHE_TTL_SECONDS", "-1", "LAMBDA_CACHE_TTL_SECONDS"),
        ("AWS_MAX_ATTEMPTS", "no", "AWS_MAX_ATTEMPTS"),
        ("AWS_REGION", "not a region", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "ftp://x", "AWS_ENDPOINT_URL.* http://"),
    ],
)
def test_nonsense_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(exceptions.ConfigurationError, match=said):
        ssm.get_entry("/app/var")


def test_silence_ends_with_the_timeout(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    try:
        with pytest.raises(exceptions.FetchTimeoutError, match="timeout_seconds"):
            ssm.get_entry("/app/var", timeout_seconds=0.3)
    finally:
        hold.set()


def test_passing_refusals_are_tried_again(endpoint: Endpoint) -> None:
    def twice(call: Call) -> None:
        if len(endpoint.calls) < 3:
            raise Refusal("ThrottlingException", "Rate exceeded")

    endpoint.script = twice
    assert ssm.get_entry("/app/var") == "the value"
    assert len(endpoint.calls) == 3


def test_a_connection_that_died_while_idle(endpoint: Endpoint, clock: Clock) -> None:
    def goodbye(call: Call) -> None:
        body = b'{"Parameter":{"Name":"/app/var","Type":"String","Value":"v","Version":1}}'
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        raise RawAnswer([head + body])  # and closed, without having said so

    endpoint.script = goodbye
    assert ssm.get_entry("/app/var") == "v"
    endpoint.script = None
    assert ssm.get_entry("/app/var", 0, max_attempts=1) == "the value"


def throttled(call: Call) -> None:
    raise Refusal("ThrottlingException", "Rate exceeded")


def test_throttled_for_a_minute(
    endpoint: Endpoint, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert ssm.get_entry("/app/var", 10) == "the value"
    endpoint.script = throttled
    clock.pass_time(11)
    with caplog.at_level(logging.WARNING, "lambda_cache"):
        for _ in range(60 * 200):
            assert ssm.get_entry("/app/var", 10) == "the value"
            clock.pass_time(1 / 200)
    assert len(endpoint.calls) - 1 <= 20
    warnings = [record for record in caplog.records if record.name == "lambda_cache"]
    assert len(warnings) == 1
    assert "/app/var" in warnings[0].getMessage()
    assert "the value" not in warnings[0].getMessage()
    with pytest.raises(exceptions.ThrottledError):
        ssm.get_entry("/app/var", 0, max_attempts=1)

    endpoint.script = None
    endpoint.put("/app/var", "newer")
    clock.pass_time(31)
    assert ssm.get_entry("/app/var", 10) == "newer"
    assert lambda_cache.stats()["stale"] > 10_000


def test_a_silent_endpoint_delays_nobody_for_long(endpoint: Endpoint, clock: Clock) -> None:
    assert ssm.get_entry("/app/var", 10) == "the value"
    clock.pass_time(11)
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    try:
        # The first one waits half a second for the refresh; those who come while it is still under
        # way, and before the next one is due, do not.
        for _ in range(2000):
            assert ssm.get_entry("/app/var", 10) == "the value"
        assert len(endpoint.calls) == 2
    finally:
        hold.set()


def test_too_old_even_for_that(endpoint: Endpoint, clock: Clock) -> None:
    ssm.get_entry("/app/var", 10)
    endpoint.script = throttled
    clock.pass_time(10 + 301)
    with pytest.raises(exceptions.ThrottledError):
        ssm.get_entry("/app/var", 10, max_attempts=1)


def test_stale_values_can_be_refused(endpoint: Endpoint, clock: Clock) -> None:
    ssm.get_entry("/app/var", 10)
    endpoint.script = throttled
    clock.pass_time(11)
    with pytest.raises(exceptions.ThrottledError):
        ssm.get_entry("/app/var", 10, stale_if_error_seconds=0, max_attempts=1)
