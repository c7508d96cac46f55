"""An AWS endpoint on this machine: moto's server in a process of its own, every call counted."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import processes

REGION = "eu-west-1"
SERVER = Path(__file__).with_name("endpoint_server.py")


@dataclass(frozen=True)
class Call:
    operation: str
    names: tuple[str, ...]
    """Of the parameters or secrets asked for, sorted."""


class Endpoint:
    """Starts empty. Reads arrive as the functions sent them; writes go through put()."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._process = processes.start(
            [sys.executable, str(SERVER)], processes.clean_environment(), stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        # Warnings may come before the line that names the port.
        for line in self._process.stdout:
            if line.startswith(b"listening on "):
                self._port = int(line.rsplit(b":", 1)[1])
                return
        self.stop()
        raise RuntimeError("moto's server does not start")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """What a function needs to call it."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "canary-wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY",
            "AWS_SESSION_TOKEN": "example-session-token",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
        }

    def put(self, name: str, value: str, kind: str = "String") -> None:
        """Creates the parameter or gives it a new value."""
        body = {"Name": name, "Value": value, "Type": kind, "Overwrite": True}
        self._call("ssm", "AmazonSSM.PutParameter", body)

    def put_secret(self, name: str, value: str | bytes) -> None:
        """Creates the secret or gives it a new value."""
        if isinstance(value, str):
            member = {"SecretString": value}
        else:
            member = {"SecretBinary": base64.b64encode(value).decode()}
        if name in self._secrets:
            body = {"SecretId": name, **member}
            self._call("secretsmanager", "secretsmanager.PutSecretValue", body)
        else:
            self._secrets.add(name)
            self._call("secretsmanager", "secretsmanager.CreateSecret", {"Name": name, **member})

    def reset(self) -> None:
        """Empty again, as after the start."""
        self._request("POST", "/moto-api/reset")
        self._request("DELETE", "/_calls")
        self._secrets.clear()

    def calls(self) -> list[Call]:
        """Every call since the start that was no put's, in order of arrival."""
        return [
            Call(call["operation"], tuple(sorted(call["names"])))
            for call in self._request("GET", "/_calls")
            if call["operation"] not in ("PutParameter", "CreateSecret", "PutSecretValue")
        ]

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Meanwhile connections are accepted and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        processes.stop(self._process)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _call(self, service: str, target: str, body: dict[str, Any]) -> None:
        # Moto reads the region from the scope and checks no signature.
        signed = f"Credential=AKIAIOSFODNN7EXAMPLE/20260101/{REGION}/{service}/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 {signed}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": target,
        }
        self._request("POST", "/", json.dumps(body), headers)

    def _request(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path} answered {response.status}: {text}")
        return json.loads(text)
