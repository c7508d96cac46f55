"""The Lambda Runtime API for one run of one function process, and the Extensions API beside it.

Each run gets a server of its own: a request that a dead process left behind can never take an
invocation away from its successor.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from extensions import EXTENSIONS_PREFIX, Extensions

PREFIX = "/2018-06-01/runtime"
REPORT = re.compile(rf"^{PREFIX}/invocation/([^/]+)/(response|error)$")
PAYLOAD_LIMIT = 6 * 1024 * 1024


@dataclass(frozen=True)
class Invocation:
    event: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str
    client_context: str = ""
    cognito_identity: str = ""
    tenant_id: str = ""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def headers(self) -> dict[str, str]:
        every = {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
            "Lambda-Runtime-Client-Context": self.client_context,
            "Lambda-Runtime-Cognito-Identity": self.cognito_identity,
            "Lambda-Runtime-Aws-Tenant-Id": self.tenant_id,
        }
        return {name: value for name, value in every.items() if value}


class Phase(Enum):
    INIT = auto()  # the process has not asked for an invocation yet
    IDLE = auto()  # it waits for one
    BUSY = auto()  # it has one
    INIT_FAILED = auto()  # it said so, with an error
    GONE = auto()  # it ended


class RuntimeApi:
    """What is known about the process, and the server through which it speaks. Thread-safe."""

    def __init__(self, address: tuple[str, int], extensions: Extensions) -> None:
        self.extensions = extensions
        self._changed = threading.Condition()
        self._phase = Phase.INIT
        self._current: Invocation | None = None
        self._result: bytes | None = None
        self._server = _Server(address, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    # The emulator's side

    def wait_until_ready(self, seconds: float) -> Phase:
        """INIT when the time is over before the process was ready or had failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._phase is not Phase.INIT, seconds)
            return self._phase

    def hand_over(self, invocation: Invocation) -> None:
        with self._changed:
            self._current = invocation
            self._result = None
            self._changed.notify_all()

    def wait_for_result(self, seconds: float) -> tuple[Phase, bytes | None]:
        """The payload, or None with GONE if the process ended and BUSY or IDLE if it is late."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._result is not None or self._phase is Phase.GONE, seconds
            )
            return self._phase, self._result

    def wait_until_released(self, seconds: float) -> bool:
        """Whether the process waits for the next invocation: only then is the last one over."""
        with self._changed:
            self._changed.wait_for(lambda: self._phase is not Phase.BUSY, seconds)
            return self._phase is Phase.IDLE

    def init_error(self) -> bytes:
        with self._changed:
            return self._result or b""

    def process_ended(self) -> None:
        with self._changed:
            # What it said about its failure outlives the process.
            if self._phase is not Phase.INIT_FAILED:
                self._phase = Phase.GONE
            self._changed.notify_all()

    def close(self) -> None:
        self.process_ended()
        self.extensions.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # The process' side

    def next_invocation(self) -> Invocation | None:
        """Waits; None when the process has ended meanwhile."""
        with self._changed:
            if self._phase not in (Phase.INIT, Phase.BUSY):
                return None
            self._phase = Phase.IDLE
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: (
                    self._phase is Phase.GONE
                    or (self._current is not None and self._result is None)
                )
            )
            if self._phase is Phase.GONE:
                return None
            self._phase = Phase.BUSY
            return self._current

    def report(self, request_id: str, payload: bytes) -> bool:
        """False if no invocation of that id waits for its result."""
        with self._changed:
            current = self._current
            if self._phase is not Phase.BUSY or current is None or self._result is not None:
                return False
            if current.request_id != request_id:
                return False
            self._result = payload
            self._changed.notify_all()
            return True

    def report_init_error(self, payload: bytes) -> bool:
        with self._changed:
            if self._phase is not Phase.INIT:
                return False
            self._phase = Phase.INIT_FAILED
            self._result = payload
            self._changed.notify_all()
            return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The thread of a connection may wait in next_invocation(); closing must not wait for it.
    block_on_close = False

    def __init__(self, address: tuple[str, int], api: RuntimeApi) -> None:
        super().__init__(address, _Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave together: apart, they wait for each other's acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path == f"{EXTENSIONS_PREFIX}/event/next":
            event = self.server.api.extensions.next_event(self._extension())
            if event is None:
                self.close_connection = True
            else:
                self._send(200, event)
            return
        if self.path != f"{PREFIX}/invocation/next":
            self._refuse(404, "Runtime.UnknownPath", self.path)
            return
        invocation = self.server.api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        headers = {"Content-Type": "application/json", **invocation.headers()}
        self._send(200, invocation.event, headers)

    def do_POST(self) -> None:
        body = self._read_body()
        if self.path.startswith(f"{EXTENSIONS_PREFIX}/"):
            self._hear_extension(body)
            return
        if self.path == f"{PREFIX}/init/error":
            self._accept(self.server.api.report_init_error(body))
            return
        report = REPORT.match(self.path)
        if report is None:
            self._refuse(404, "Runtime.UnknownPath", self.path)
            return
        request_id, kind = report.groups()
        if kind == "response" and len(body) > PAYLOAD_LIMIT:
            message = f"Response payload size exceeded the allowed {PAYLOAD_LIMIT} bytes."
            error = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
            self.server.api.report(request_id, json.dumps(error).encode())
            self._refuse(413, "RequestEntityTooLarge", message)
            return
        self._accept(self.server.api.report(request_id, body))

    def _extension(self) -> str:
        return self.headers.get("Lambda-Extension-Identifier", "")

    def _hear_extension(self, body: bytes) -> None:
        extensions = self.server.api.extensions
        match self.path.removeprefix(EXTENSIONS_PREFIX):
            case "/register":
                name = self.headers.get("Lambda-Extension-Name", "")
                status, told = extensions.register(name, json.loads(body)["events"])
                if isinstance(told, str):
                    facts = {"functionName": "f", "functionVersion": "$LATEST", "handler": "h"}
                    headers = {"Lambda-Extension-Identifier": told}
                    self._send(status, json.dumps(facts).encode(), headers)
                else:
                    self._send(status, json.dumps(told).encode())
            case "/init/error" | "/exit/error":
                kind = self.headers.get("Lambda-Extension-Function-Error-Type", "")
                self._accept(extensions.fail(self._extension(), kind))
            case other:
                self._refuse(404, "Runtime.UnknownPath", other)

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _accept(self, accepted: bool) -> None:
        if accepted:
            self._send(202, b'{"status":"OK"}')
        else:
            self._refuse(400, "InvalidRequestID", "no invocation of that id waits for a result")

    def _refuse(self, status: int, kind: str, message: str) -> None:
        self._send(status, json.dumps({"errorMessage": message, "errorType": kind}).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "application/json"}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def now_ms() -> int:
    return int(time.time() * 1000)
