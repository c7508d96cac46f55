"""Everything that the fault proxy breaks: what is done to an answer, and how a read has to end."""

from __future__ import annotations

import itertools
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lambda_cache import exceptions

from .fault_proxy import Answer, Fault, reset

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Case:
    """A fault, and what it does to a read that finds nothing fresh."""

    fault: Fault
    error: type[exceptions.FetchError]
    # Whether the cause may pass: tried again, and bridged with a value that has expired.
    passing: bool = True
    # What S3 makes of it, where that is something else.
    object_error: type[exceptions.FetchError] | None = None
    object_passing: bool | None = None
    tls: bool = False
    # Only the deadline ends it.
    endless: bool = False
    # An object's download goes on where it broke as long as something comes: in so many calls, of a
    # forced read and of a refresh.
    object_calls: tuple[int, int] | None = None

    def ends(self, is_object: bool) -> tuple[type[exceptions.FetchError], bool]:
        """The error, and whether its cause may pass."""
        if not is_object:
            return self.error, self.passing
        passing = self.passing if self.object_passing is None else self.object_passing
        return self.object_error or self.error, passing


def wait_for_end(connection: socket.socket, seconds: float) -> bool:
    """Whether the client has gone, or goes within that time."""
    readable, _, _ = select.select([connection], [], [], seconds)
    return bool(readable) and not connection.recv(1)


def raw(make: Callable[[Answer], bytes]) -> Callable[[Any, Answer], None]:
    return lambda connection, answer: connection.sendall(make(answer))


def raw_and_reset(make: Callable[[Answer], bytes]) -> Callable[[Any, Answer], None]:
    def act(connection: Any, answer: Answer) -> None:
        connection.sendall(make(answer))
        reset(connection)

    return act


def half(answer: Answer) -> bytes:
    return answer.body[: len(answer.body) // 2]


def refusal(
    status: int, code: str, object_status: int, object_code: str, **headers: str
) -> Callable[[Any, Answer], None]:
    """The error that the services have for it, and S3's."""

    def act(connection: Any, answer: Answer) -> None:
        if answer.service == "s3":
            body = f"<Error><Code>{object_code}</Code><Message>no</Message></Error>".encode()
            said = Answer("s3", object_status, answer.headers, body)
        else:
            body = b'{"__type":"%s","message":"no"}' % code.encode()
            said = Answer("json", status, answer.headers, body)
        connection.sendall(said.head(**headers) + body)

    return act


def to_itself(connection: Any, answer: Answer) -> None:
    """S3 sends one to and fro between regions; the others have no redirects at all."""
    region = f"eu-west-{answer.number % 2 + 2}"
    moved = Answer(answer.service, 307, answer.headers, b"")
    connection.sendall(moved.head(Location="/", x_amz_bucket_region=region))


def drip(connection: Any, data: bytes) -> None:
    """A byte at a time until the client has had enough of it."""
    for i in itertools.count():
        connection.sendall(data[i % len(data) :][:1])
        if wait_for_end(connection, 0.01):
            return


def drip_body(connection: Any, answer: Answer) -> None:
    connection.sendall(answer.head(Content_Length=str(MEGABYTE)))
    drip(connection, answer.body)


def endless_headers(connection: Any, answer: Answer) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for i in itertools.count():
        connection.sendall(b"X-%d: %s\r\n" % (i, b"x" * 1000))


def huge(**headers: str) -> Callable[[Any, Answer], None]:
    def act(connection: Any, answer: Answer) -> None:
        connection.sendall(answer.head(**headers))
        with suppress(OSError):
            for _ in range(100):
                connection.sendall(b" " * MEGABYTE)

    return act


def at_answer(act: Callable[[Any, Answer], None]) -> Fault:
    return Fault("answer", act)


CHUNKED = {"Content_Length": "", "Transfer_Encoding": "chunked"}
LOST = exceptions.EndpointConnectionError
BROKEN = exceptions.ProtocolError
THROTTLED = exceptions.ThrottledError

CASES: dict[str, Case] = {
    "refused": Case(Fault("listen"), LOST),
    "reset at connect": Case(Fault("connect"), LOST),
    "reset at connect, TLS": Case(Fault("connect"), LOST, tls=True),
    "reset in the handshake": Case(Fault("handshake"), LOST, tls=True),
    "another authority": Case(
        Fault("certificate"), exceptions.CertificateError, passing=False, tls=True
    ),
    "reset in the request": Case(Fault("request"), LOST),
    "reset in the request, TLS": Case(Fault("request"), LOST, tls=True),
    "no answer": Case(at_answer(lambda connection, answer: None), LOST),
    "half a head": Case(at_answer(raw(lambda answer: answer.head()[:30])), BROKEN),
    "reset after the headers": Case(at_answer(raw_and_reset(lambda it: it.head())), LOST),
    "reset in the body": Case(
        at_answer(raw_and_reset(lambda it: it.head() + half(it))), LOST, object_calls=(3, 3)
    ),
    "half a body": Case(
        at_answer(raw(lambda it: it.head() + half(it))), BROKEN, object_calls=(3, 3)
    ),
    "half a body, TLS": Case(
        at_answer(raw(lambda it: it.head() + half(it))), BROKEN, tls=True, object_calls=(3, 3)
    ),
    "length too large": Case(
        at_answer(raw(lambda it: it.head(Content_Length=str(len(it.body) + 9)) + it.body)),
        BROKEN,
        object_calls=(2, 2),
    ),
    "length too small": Case(
        at_answer(raw(lambda it: it.head(Content_Length=str(len(it.body) - 5)) + it.body)), BROKEN
    ),
    "length of nonsense": Case(
        at_answer(raw(lambda it: it.head(Content_Length="-7") + it.body)), BROKEN
    ),
    "a bad chunk": Case(
        at_answer(raw(lambda it: it.head(**CHUNKED) + b"zz\r\n" + it.body + b"\r\n0\r\n\r\n")),
        BROKEN,
    ),
    "half a chunk": Case(
        at_answer(raw(lambda it: it.head(**CHUNKED) + b"%x\r\n" % len(it.body) + half(it))),
        BROKEN,
        object_calls=(3, 3),
    ),
    "no last chunk": Case(
        at_answer(
            raw(lambda it: it.head(**CHUNKED) + b"%x\r\n%s\r\n" % (len(it.body), it.body)),
        ),
        BROKEN,
        object_calls=(2, 2),
    ),
    "garbage": Case(at_answer(raw(lambda it: b"\x00\x01 what is that\r\n\r\n" + it.body)), BROKEN),
    "endless headers": Case(at_answer(endless_headers), BROKEN),
    "100 MB": Case(
        at_answer(huge(Content_Length=str(100 * MEGABYTE))),
        BROKEN,
        object_error=exceptions.RequestRejectedError,
        object_passing=False,
    ),
    "100 MB of unknown length": Case(
        at_answer(huge(Content_Length="")),
        BROKEN,
        object_error=exceptions.RequestRejectedError,
        object_passing=False,
    ),
    "a slow head": Case(
        at_answer(lambda connection, answer: drip(connection, answer.head(X_Long="x" * 1000))),
        exceptions.FetchTimeoutError,
        endless=True,
    ),
    "a slow body": Case(at_answer(drip_body), exceptions.FetchTimeoutError, endless=True),
    "throttled": Case(at_answer(refusal(400, "ThrottlingException", 503, "SlowDown")), THROTTLED),
    "429": Case(
        at_answer(refusal(429, "TooManyRequestsException", 429, "TooManyRequests")), THROTTLED
    ),
    "500": Case(
        at_answer(refusal(500, "InternalServerError", 500, "InternalError")),
        exceptions.ServiceUnavailableError,
    ),
    "503 with Retry-After": Case(
        at_answer(
            refusal(503, "ServiceUnavailable", 503, "ServiceUnavailable", Retry_After="3600")
        ),
        exceptions.ServiceUnavailableError,
    ),
    "redirects": Case(
        at_answer(to_itself), exceptions.RequestRejectedError, passing=False, object_calls=(4, 4)
    ),
    "a clock that no Date mends": Case(
        at_answer(
            refusal(400, "RequestExpired", 403, "RequestTimeTooSkewed"),
        ),
        exceptions.CredentialsError,
        passing=False,
    ),
}
