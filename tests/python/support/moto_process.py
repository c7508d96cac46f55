"""moto's server as a process of its own, under the interpreter that has moto installed."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).parents[3]

# Prints its port when it listens, ends with its standard input.
SERVE = """
import sys, threading
from werkzeug.serving import make_server
from moto.server import DomainDispatcherApplication, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
context = tuple(sys.argv[1:3]) or None
server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
print(server.port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""


def interpreter() -> str:
    chosen = os.environ.get("LAMBDA_CACHE_SERVER_PYTHON")
    own = ROOT / ".venv" / "bin" / "python"
    return chosen or (str(own) if own.exists() else sys.executable)


def _scope(service: str) -> dict[str, str]:
    """What moto takes the service and the region from; it does not check the signature yet."""
    scope = f"AKIDEXAMPLE/20260101/eu-west-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    }


@dataclass
class Moto:
    url: str
    trust: ssl.SSLContext | None = None

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call SSM as a program with some access key would."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonSSM.{operation}",
            **_scope("ssm"),
        }
        return json.loads(self._post(json.dumps(arguments).encode(), headers))

    def iam(self, **arguments: str) -> str:
        """Call IAM; the answer is XML."""
        answer = self._post(
            urlencode({"Version": "2010-05-08", **arguments}).encode(),
            {"Content-Type": "application/x-www-form-urlencoded", **_scope("iam")},
        )
        return answer.decode()

    def check_access(self, calls_before: str = "0") -> None:
        """From now on signatures and policies count; "inf": no longer."""
        self._post(calls_before.encode(), {}, "/moto-api/reset-auth")

    def _post(self, body: bytes, headers: dict[str, str], path: str = "/") -> bytes:
        where = urlsplit(self.url)
        assert where.hostname
        connection = (
            http.client.HTTPSConnection(where.hostname, where.port, context=self.trust)
            if self.trust
            else http.client.HTTPConnection(where.hostname, where.port)
        )
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 200, content
        return content

    def put(self, name: str, value: str, type_: str = "String") -> None:
        self.call("PutParameter", Name=name, Value=value, Type=type_, Overwrite=True)


@contextmanager
def running(certificate: tuple[str, str] | None = None) -> Iterator[Moto]:
    """moto over HTTP, or over HTTPS with a certificate for localhost and its key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept.pop("PYTHONPATH", None)
    process = subprocess.Popen(
        [interpreter(), "-c", SERVE, *(certificate or ())],
        env=kept,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "moto did not start"
        if certificate:
            yield Moto(f"https://localhost:{port}")
        else:
            yield Moto(f"http://127.0.0.1:{port}")
    finally:
        process.communicate(timeout=20)
