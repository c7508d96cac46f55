"""The program lambda-cache against moto over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from support.moto_process import Moto

from support import moto_process

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / os.environ.get("LAMBDA_CACHE_BUILD_DIR", "build/release") / "bin" / "lambda-cache"


@dataclass
class Result:
    status: int
    out: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: str, cwd: Path | None = None, **variables: str) -> Result:
    done = subprocess.run(
        [PROGRAM, *arguments],
        env=os.environ | variables,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return Result(done.returncode, done.stdout, done.stderr.decode())


class Running:
    """The program while it runs: its lines as they come."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines = {name: self._follow(name) for name in ("stdout", "stderr")}

    def _follow(self, name: str) -> queue.SimpleQueue[str]:
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()

        def follow() -> None:
            for line in getattr(self.process, name):
                lines.put(line)

        threading.Thread(target=follow, daemon=True).start()
        return lines

    def line(self, name: str = "stdout") -> str:
        return self._lines[name].get(timeout=60)

    def end(self, sign: int = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.process.wait(timeout=60)


@dataclass
class Cloud:
    """What the program reads from."""

    moto: Moto
    identity: dict[str, str] = field(default_factory=dict)

    def parameter(self, name: str, value: str, type_: str = "String") -> None:
        self.moto.put(name, value, type_)

    def secret(self, name: str, **value: str) -> None:
        """A secret of that value, made or changed."""
        try:
            self._secrets("CreateSecret", Name=name, **value)
        except AssertionError:
            self._secrets("PutSecretValue", SecretId=name, **value)

    def _secrets(self, operation: str, **arguments: Any) -> None:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"secretsmanager.{operation}",
            "Authorization": authorization("secretsmanager"),
        }
        self.send("POST", "/", json.dumps(arguments).encode(), headers)

    def object(self, key: str, content: bytes, bucket: str = "bucket") -> None:
        self.send("PUT", f"/{bucket}/" + quote(key, safe="/~"), content)

    def bucket(self, name: str = "bucket") -> None:
        location = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
        self.send("PUT", f"/{name}", location + b"</CreateBucketConfiguration>")

    def send(
        self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        where = urlsplit(self.moto.url)
        assert where.hostname
        connection = http.client.HTTPConnection(where.hostname, where.port)
        connection.request(method, path, body, headers or {"Authorization": authorization("s3")})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status in (200, 204, 409), content


def authorization(service: str) -> str:
    scope = f"AKIDEXAMPLE/20260101/eu-west-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="session")
def served() -> Iterator[Cloud]:
    with moto_process.running() as moto:
        cloud = Cloud(moto)
        cloud.bucket()
        yield cloud


@pytest.fixture
def cloud(served: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Where AWS_ENDPOINT_URL points to; what is in it stays from test to test."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", served.moto.url)
    return served


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program puts what it needs for the time of a run."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder
