"""Between a function and the Runtime API: tells the function an earlier deadline than Lambda holds.

A read ends 200 ms before the deadline, and Lambda's kill is at the deadline: on a machine that
stands still for as long the kill wins, whatever the function did. With the two apart, what the
function does at its deadline is seen in any case.
"""

from __future__ import annotations

import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEADLINE = "lambda-runtime-deadline-ms"
HOP_BY_HOP = {"connection", "content-length", "host", "transfer-encoding"}


class EarlierDeadline(ThreadingHTTPServer):
    """A proxy on a port of its own. Close it when the function has ended."""

    daemon_threads = True
    # A thread may wait for an invocation that never comes.
    block_on_close = False

    def __init__(self, runtime_api_port: int, earlier_by_seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runtime_api_port = runtime_api_port
        self.earlier_by_ms = int(earlier_by_seconds * 1000)
        self.told_ms = 0
        self.milliseconds_left: list[int] = []
        """To the deadline that was told, when the answer arrived, of each invocation."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave together: apart, they wait for each other's acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: EarlierDeadline

    def do_GET(self) -> None:
        self._pass_on(None)

    def do_POST(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.send_error(501, "this proxy passes on bodies of a known length only")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/invocation/" in self.path:
            left = self.server.told_ms - time.time_ns() // 1_000_000
            self.server.milliseconds_left.append(left)
        self._pass_on(body)

    def _pass_on(self, body: bytes | None) -> None:
        sent = {
            name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP
        }
        api = http.client.HTTPConnection("127.0.0.1", self.server.runtime_api_port)
        try:
            api.request(self.command, self.path, body, sent)
            response = api.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            # The Runtime API has gone, and so has what this connection was for.
            self.close_connection = True
            return
        finally:
            api.close()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() == DEADLINE:
                self.server.told_ms = int(value) - self.server.earlier_by_ms
                self.send_header(name, str(self.server.told_ms))
            elif name.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: object) -> None:
        pass
