"""A TCP proxy that is told what to break: between the library and a test endpoint over HTTP.

With contexts it is spoken to over TLS. A fault takes hold of each request (or connection) that
arrives while it is set, `times` at most; everything else goes through unchanged. It runs in threads
of the test process.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from . import service_clock


@dataclass
class Answer:
    """What the endpoint said, or would have said."""

    service: str
    status: int
    headers: dict[str, str]
    body: bytes
    number: int = 0  # of the request

    def head(self, **other: str) -> bytes:
        """Status line and headers; a header can be replaced or, as "", left out."""
        has = {**self.headers, "Content-Length": str(len(self.body))}
        has.update({name.replace("_", "-"): value for name, value in other.items()})
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in has.items() if value]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True)
class Fault:
    """Where it takes hold, and what it does there.

    `listen`: nobody listens. `connect`: new connections are reset. `handshake`: at the client's
    first bytes of TLS. `certificate`: the other context's. `request`: when a request begins.
    `answer`: `act` writes something in place of the answer, then the connection is closed.
    """

    at: Literal["listen", "connect", "handshake", "certificate", "request", "answer"]
    act: Callable[[Any, Answer], None] | None = None


# What SO_LINGER takes: closing throws away what is unsent, and tells so.
RST = struct.pack("ii", 1, 0)


def reset(connection: socket.socket) -> None:
    """Close it so that the other side gets an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    connection.close()


@dataclass
class FaultProxy:
    """The proxy's state, open to the test that uses it."""

    upstream: tuple[str, int]
    context: ssl.SSLContext | None = None
    other_context: ssl.SSLContext | None = None
    # How many seconds the service's clock is ahead of ours: S3 and the others refuse what was
    # signed more than five minutes away from it.
    clock: int = 0
    # What arrived, connections and whole requests; what was answered as if there were no fault.
    connections: int = 0
    requests: int = 0
    answers: int = 0
    _fault: Fault | None = None
    _times: float = 0
    _keeper: socket.socket = field(default_factory=socket.socket)  # holds the port
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._bind(self._keeper, 0)
        self._listen()

    @property
    def url(self) -> str:
        port = self._keeper.getsockname()[1]
        return f"https://localhost:{port}" if self.context else f"http://127.0.0.1:{port}"

    def set(self, fault: Fault | None, times: float = float("inf")) -> None:
        """Also ends what is connected where a fault is for new connections, and counts anew."""
        with self._lock:
            self._fault, self._times = fault, times
            self.connections = self.requests = 0
        if fault and fault.at in ("listen", "connect", "handshake", "certificate"):
            self.drop()
        if fault and fault.at == "listen" and self._listener:
            self._stop_listening()
        elif not self._listener:
            self._listen()

    def drop(self, hard: bool = False) -> None:
        """Close what is connected, as a server does that tidies up; hard: with an RST."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    if hard:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                    connection.shutdown(socket.SHUT_RDWR)

    def wait_for_answers(self, count: int) -> None:
        """Return when so many have been sent."""
        with self._lock:
            assert self._lock.wait_for(lambda: self.answers >= count, timeout=20)

    def close(self) -> None:
        self.drop()
        if self._listener:
            self._stop_listening()
        self._keeper.close()

    @staticmethod
    def _bind(made: socket.socket, port: int) -> None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(("127.0.0.1", port))

    def _listen(self) -> None:
        self._listener = socket.socket()
        self._bind(self._listener, self._keeper.getsockname()[1])
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        assert self._listener
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self._listener.close()
        self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _takes_hold(self, *places: str) -> Fault | None:
        with self._lock:
            if not self._fault or self._fault.at not in places or self._times <= 0:
                return None
            self._times -= 1
            return self._fault

    def _serve(self, raw: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.add(raw)
        connection = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._takes_hold("connect"):
                return reset(raw)
            if self.context:
                connection = self._handshake(raw)
            with connection.makefile("rb") as reader:
                while self._exchange(connection, reader):
                    pass
        except (OSError, ValueError):
            pass  # the client went away, or drop() ended it
        finally:
            with self._lock:
                self._open -= {raw, connection}
            connection.close()
            raw.close()

    def _handshake(self, raw: socket.socket) -> ssl.SSLSocket:
        context = self.context
        if fault := self._takes_hold("handshake", "certificate"):
            if fault.at == "handshake":
                raw.recv(5)
                reset(raw)
                raise ConnectionResetError
            context = self.other_context
        assert context
        made = context.wrap_socket(raw, server_side=True)
        with self._lock:
            self._open.add(made)  # the raw one is detached now
        return made

    def _exchange(self, connection: socket.socket, reader: io.BufferedReader) -> bool:
        """One request and its answer; whether there may be another."""
        head = reader.readline()
        if not head:
            return False
        if self._takes_hold("request"):
            reset(connection)
            return False
        while not head.endswith(b"\r\n\r\n"):
            line = reader.readline()
            if not line:
                return False
            head += line
        request = http.client.parse_headers(io.BytesIO(head.partition(b"\r\n")[2]))
        body = reader.read(int(request.get("Content-Length") or 0))
        with self._lock:
            self.requests += 1
            number = self.requests
        fault = self._takes_hold("answer")
        answer = self._ask(request, head + body)
        answer.number = number
        if fault and fault.act:
            fault.act(connection, answer)
            return False
        connection.sendall(answer.head() + answer.body)
        with self._lock:
            self.answers += 1
            self._lock.notify_all()
        return True

    def _ask(self, headers: http.client.HTTPMessage, request: bytes) -> Answer:
        date = {"Date": service_clock.date(self.clock)}
        if refused := service_clock.refusal_of(headers, self.clock):
            service, status, body = refused
            return Answer(service, status, date, body)
        with socket.create_connection(self.upstream) as far:
            far.sendall(request)
            got = http.client.HTTPResponse(far)
            got.begin()
            body = got.read()
        said = {k: v for k, v in got.getheaders() if k.lower() != "content-length"}
        service = "s3" if "/s3/aws4_request" in headers["Authorization"] else "json"
        return Answer(service, got.status, {**said, **date}, body)


@contextmanager
def running(upstream: tuple[str, int], *contexts: ssl.SSLContext) -> Iterator[FaultProxy]:
    """A proxy that serves until the block ends."""
    proxy = FaultProxy(upstream, *contexts)
    try:
        yield proxy
    finally:
        proxy.close()
