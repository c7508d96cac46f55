"""An S3 over HTTP whose objects are files, so that large ones cost no memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Request:
    path: str
    headers: dict[str, str]


@dataclass
class Objects:
    """What the server has, and what it was asked."""

    url: str = ""
    files: dict[str, Path] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    # The server stops after so many bytes of an answer, says so, and waits.
    stop_after: int | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, file: Path, etag: str, **headers: str) -> None:
        self.files[path] = file
        self.etags[path] = f'"{etag}"'
        self.headers[path] = headers

    def put_text(self, path: str, text: str, folder: Path) -> None:
        file = folder / f"object-{len(self.files)}-{len(self.requests)}"
        file.write_text(text)
        self.put(path, file, str(hash(text) & 0xFFFFFFFF))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: Objects

    def do_GET(self) -> None:
        has = self.objects
        path = self.path.partition("?")[0]
        has.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}))
        if path not in has.files:
            return self._refuse(404, "NoSuchKey")
        etag = has.etags[path]
        if self.headers.get("If-Match", etag) != etag:
            return self._refuse(412, "PreconditionFailed")
        if self.headers.get("If-None-Match") == etag:
            self._head(304, {"ETag": etag})
            return None
        size = has.files[path].stat().st_size
        begin, end = 0, size
        headers = {"ETag": etag, "Content-Type": "binary/octet-stream", **has.headers[path]}
        status = 200
        if given := self.headers.get("Range"):
            first, _, last = given.removeprefix("bytes=").partition("-")
            begin, end = int(first), min(int(last) + 1 if last else size, size)
            if begin >= size:
                return self._refuse(416, "InvalidRange")
            status = 206
            headers = {"ETag": etag, "Content-Range": f"bytes {begin}-{end - 1}/{size}"}
        self._head(status, {**headers, "Content-Length": str(end - begin)})
        with has.files[path].open("rb") as file:
            if has.stop_after is not None and end - begin > has.stop_after:
                self.connection.sendfile(file, begin, has.stop_after)
                begin += has.stop_after
                has.stopped.set()
                has.go_on.wait(60)
            if end > begin:
                self.connection.sendfile(file, begin, end - begin)
        return None

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.objects.statuses.append(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def _refuse(self, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        self._head(status, {"Content-Length": str(len(body))})
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # clients that went away are what some tests are about


@contextmanager
def running() -> Iterator[Objects]:
    objects = Objects()
    handler = type("Handler", (_Handler,), {"objects": objects})
    server = _Server(("127.0.0.1", 0), handler)
    objects.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield objects
    finally:
        objects.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
