"""A server of credentials, as containers and SnapStart have one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.endpoint import ACCESS_KEY, SECRET_KEY


@dataclass
class Credentials:
    """What it hands out, and what it was asked."""

    url: str = ""
    token: str = "token"
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    credentials: Credentials

    def do_GET(self) -> None:
        self.credentials.asked.append(self.path)
        keys = {
            "AccessKeyId": ACCESS_KEY,
            "SecretAccessKey": SECRET_KEY,
            "Token": self.credentials.token,
            "Expiration": "2100-01-01T00:00:00Z",
        }
        body = json.dumps(keys).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Credentials]:
    credentials = Credentials()
    handler = type("Handler", (_Handler,), {"credentials": credentials})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        credentials.url = f"http://127.0.0.1:{server.server_port}/credentials"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield credentials
        finally:
            server.shutdown()
            thread.join()
