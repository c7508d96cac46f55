"""An agent over a cloud of its own: tests/support/agent_probe.cpp, which tells the commands."""

from __future__ import annotations

import http.client
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / os.environ.get("LAMBDA_CACHE_BUILD_DIR", "build/release")
TOKEN = "t0ken"


class Probe:
    """Ends with the block."""

    def __init__(self, port: int = 0, **variables: str) -> None:
        self._process = subprocess.Popen(
            [BUILD / "tests" / "support" / "agent_probe", str(port)],
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._line().removeprefix("port "))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().rstrip("\n")

    def count_in_memory(self, needle: bytes) -> int:
        """Places in the process's memory where it is."""
        count = 0
        pid = self._process.pid
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                place, rights, *_ = line.split()
                if rights[0] != "r" or line.rstrip().endswith(("[vvar]", "[vsyscall]", "clock]")):
                    continue
                begin, end = (int(part, 16) for part in place.split("-"))
                memory.seek(begin)
                count += memory.read(end - begin).count(needle)
        return count

    def do(self, *words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        assert self._line() == "done"

    @property
    def page(self) -> str:
        """The address of the status page for a browser, with the token as its password."""
        return f"http://status:{TOKEN}@127.0.0.1:{self.port}/"

    def open(self, target: str, **headers: str) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", target, headers={"X-Vault-Token": TOKEN} | headers)
        return connection

    def get(self, target: str, **headers: str) -> tuple[http.client.HTTPMessage, str]:
        connection = self.open(target, **headers)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        connection.close()
        return answer.headers, body

    def parameter(self, name: str, more: str = "", times: int = 1) -> None:
        target = f"/systemsmanager/parameters/get?withDecryption=true&name={quote(name, '')}{more}"
        for _ in range(times):
            self.get(target)

    def secret(self, name: str, more: str = "", times: int = 1) -> None:
        for _ in range(times):
            self.get(f"/secretsmanager/get?secretId={quote(name, '')}{more}")

    def object(self, uri: str, times: int = 1) -> None:
        for _ in range(times):
            self.get(f"/s3/get?uri={quote(uri, '')}")
