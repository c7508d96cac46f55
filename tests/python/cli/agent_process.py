"""`lambda-cache serve` while it runs, and what it answers."""

from __future__ import annotations

import http.client
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .conftest import Running

TOKEN = "canary-t0ken"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Connection(http.client.HTTPConnection):
    """To a port, or to a Unix socket."""

    def __init__(self, to: int | Path) -> None:
        super().__init__("localhost", to if isinstance(to, int) else 80, timeout=60)
        self.path = None if isinstance(to, int) else to

    def connect(self) -> None:
        if self.path is None:
            self.sock = socket.create_connection(("127.0.0.1", self.port), 60)
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port: int = made.getsockname()[1]
        return port


def ask(
    at: int | Path, target: str, headers: dict[str, str] | None = None, token: str | None = TOKEN
) -> Answer:
    """By a connection of its own."""
    connection = Connection(at)
    own = {"X-Aws-Parameters-Secrets-Token": token} if token else {}
    connection.request("GET", target, headers=own | (headers or {}))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    found = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, found, body)


class Served(Running):
    """An agent that is ready."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        super().__init__("serve", *arguments, **variables)
        self.lines: list[str] = []
        self.port = 0
        while "ready on" not in (line := self.line("stderr")):
            self.lines.append(line)
        self.ready = line
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            self.port = int(found[1])

    @classmethod
    @contextmanager
    def running(cls, *arguments: str, **variables: str) -> Iterator[Served]:
        served = cls(*arguments, **({"AWS_TOKEN": TOKEN} | variables))
        try:
            yield served
        finally:
            if served.process.poll() is None:
                assert served.end(signal.SIGTERM) == 0

    def request(
        self,
        target: str,
        headers: dict[str, str] | None = None,
        token: str | None = TOKEN,
        to: Path | None = None,
    ) -> Answer:
        return ask(to or self.port, target, headers, token)

    def get(
        self, target: str, to: Path | None = None, token: str | None = TOKEN
    ) -> tuple[int, str]:
        answer = self.request(target, None, token, to)
        return answer.status, answer.text
