"""Lambda's Extensions API, as one extension sees it; events come when the test says so."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

IDENTIFIER = "0a1b2c3d-extension"
VERSION = "/2020-01-01/extension"


@dataclass
class ExtensionsApi:
    address: str = ""
    name: str = ""
    events: list[str] = field(default_factory=list)  # that it registered for
    errors: list[tuple[str, Any]] = field(default_factory=list)  # type and document
    refusal: tuple[int, str] | None = None  # of the registration
    has_gone: bool = False  # connections are closed unanswered
    registered: threading.Event = field(default_factory=threading.Event)
    waiting: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)
    to_come: queue.SimpleQueue[dict[str, Any] | None] = field(default_factory=queue.SimpleQueue)

    def wait_until_idle(self) -> None:
        """The extension waits for an event."""
        self.waiting.get(timeout=30)

    def invoke(self) -> None:
        """Tells it of an invocation; it asks for the next event."""
        self.to_come.put({"eventType": "INVOKE", "deadlineMs": 1, "requestId": "1"})
        self.wait_until_idle()

    def go(self) -> None:
        self.to_come.put(None)

    def shut_down(self) -> None:
        self.to_come.put({"eventType": "SHUTDOWN", "shutdownReason": "SPINDOWN", "deadlineMs": 1})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    api: ExtensionsApi

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == f"{VERSION}/register":
            if self.api.refusal:
                return self.answer(*self.api.refusal)
            self.api.name = self.headers["Lambda-Extension-Name"]
            self.api.events = body["events"]
            self.api.registered.set()
            return self.answer(200, "{}", {"Lambda-Extension-Identifier": IDENTIFIER})
        assert self.path == f"{VERSION}/init/error"
        assert self.headers["Lambda-Extension-Identifier"] == IDENTIFIER
        self.api.errors.append((self.headers["Lambda-Extension-Function-Error-Type"], body))
        return self.answer(202, "{}")

    def do_GET(self) -> None:
        assert self.path == f"{VERSION}/event/next"
        assert self.headers["Lambda-Extension-Identifier"] == IDENTIFIER
        self.api.waiting.put(None)
        event = None if self.api.has_gone else self.api.to_come.get()
        if event is None:
            self.api.has_gone = self.close_connection = True
            return
        self.answer(200, json.dumps(event))

    def answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def running() -> Iterator[ExtensionsApi]:
    api = ExtensionsApi()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"api": api}))
    server.daemon_threads = True
    server.block_on_close = False
    api.address = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield api
    finally:
        api.go()
        server.shutdown()
        server.server_close()
