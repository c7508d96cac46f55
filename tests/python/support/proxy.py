"""A forward proxy: tunnels (CONNECT) and plain requests, with the names that only it can resolve.

It keeps what it was told and every byte that it could read. It runs in threads of the test process.
"""

from __future__ import annotations

import base64
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Asked:
    """A request as the proxy saw it."""

    method: str
    target: str
    headers: dict[str, str]


@dataclass
class Proxy:
    """The proxy's state, open to the test that uses it."""

    port: int = 0
    # Where names lead, as in a DNS that only the proxy sees: ports of this machine.
    names: dict[tuple[str, int], int] = field(default_factory=dict)
    # "user:password"; empty: nobody is asked.
    password: str = ""
    # The status of every answer; 0: it leads on.
    refuses: int = 0
    asked: list[Asked] = field(default_factory=list)
    # What went through tunnels, as it could be read.
    passed: bytearray = field(default_factory=bytearray)
    tunnels: list[socket.socket] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [f"{each.method} {each.target}" for each in self.asked]

    def hang_up(self) -> None:
        """End every tunnel, as a network does that was away for a while."""
        for each in self.tunnels:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    proxy: Proxy

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _is_refused(self) -> bool:
        proxy = self.proxy
        headers = {name.lower(): value for name, value in self.headers.items()}
        proxy.asked.append(Asked(self.command, self.path, headers))
        expected = "Basic " + base64.b64encode(proxy.password.encode()).decode()
        status = proxy.refuses
        if not status and proxy.password and headers.get("proxy-authorization") != expected:
            status = 407
        if not status:
            return False
        page = b"<html>A page of the proxy</html>"
        self.send_response(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)
        self.wfile.flush()
        self.close_connection = True
        return True

    def do_CONNECT(self) -> None:
        if self._is_refused():
            return
        host, _, port = self.path.rpartition(":")
        far = socket.create_connection(("127.0.0.1", self.proxy.names[host, int(port)]))
        with far:
            self.proxy.tunnels.append(self.connection)
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            with suppress(OSError):
                self._pump(far)
        self.close_connection = True

    def _pump(self, far: socket.socket) -> None:
        near: Any = self.connection
        while True:
            # A proxy over TLS may have read more than one piece.
            waiting = isinstance(near, ssl.SSLSocket) and near.pending()
            ready = [near] if waiting else select.select([near, far], [], [])[0]
            for one, other in ((near, far), (far, near)):
                if one in ready:
                    piece = one.recv(65536)
                    if not piece:
                        return
                    self.proxy.passed += piece
                    other.sendall(piece)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._is_refused():
            return
        to = urlsplit(self.path)
        assert to.scheme == "http" and to.hostname, self.path
        far = http.client.HTTPConnection("127.0.0.1", self.proxy.names[to.hostname, to.port or 80])
        headers = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
        far.request(self.command, to.path, body, headers)
        answer = far.getresponse()
        content = answer.read()
        far.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self.do_POST()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        pass  # clients that went away are what some tests are about


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy that serves until the block ends; with a context it is spoken to over TLS."""
    proxy = Proxy()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    server.context = context
    proxy.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.hang_up()
        server.shutdown()
        thread.join()
        server.server_close()
