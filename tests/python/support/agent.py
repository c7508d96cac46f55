"""An agent as a test scripts it: says over HTTP what it is told to, and notes what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-of-the-agent"


@dataclass
class Request:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class Agent:
    """What it has, and how old that is."""

    url: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    age: float = 0
    # Instead of an answer: status and body.
    refusal: tuple[int, str] | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def parameter(self, name: str) -> dict[str, Any]:
        return {
            "ARN": None,
            "DataType": "text",
            "LastModifiedDate": "2022-11-16T08:22:40.362Z",
            "Name": name,
            "Selector": None,
            "SourceResult": None,
            "Type": "String",
            "Value": self.parameters[name],
            "Version": 1,
        }

    def answer(self, asked: Request) -> tuple[int, dict[str, Any] | str]:
        if asked.headers.get("x-aws-parameters-secrets-token") != TOKEN:
            return 403, "Bad Token"
        if self.refusal:
            return self.refusal
        match asked.path:
            case "/systemsmanager/parameters/get":
                (name,) = asked.query["name"]
                if name not in self.parameters:
                    return 400, missing("ParameterNotFound", "ssm", "GetParameter", name)
                return 200, {"Parameter": self.parameter(name), "ResultMetadata": {}}
            case "/systemsmanager/parameters/get-many":
                names = asked.query["name"]
                found = [self.parameter(name) for name in names if name in self.parameters]
                gone = [name for name in names if name not in self.parameters]
                errors = [
                    {
                        "Name": name,
                        "Status": 400,
                        "Code": "ParameterNotFound",
                        "Kind": "not_found",
                        "Message": f"there is no {name}.",
                        "Retryable": False,
                    }
                    for name in gone
                ]
                return 200, {"Parameters": found, "InvalidParameters": gone, "Errors": errors}
            case "/systemsmanager/parameters/by-path":
                (path,) = asked.query["path"]
                below = [name for name in sorted(self.parameters) if name.startswith(path)]
                return 200, {"Parameters": [self.parameter(name) for name in below]}
            case "/secretsmanager/get":
                (name,) = asked.query["secretId"]
                return 200, {
                    "ARN": f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf",
                    "Name": name,
                    "VersionId": "v1",
                    "SecretString": self.secrets[name],
                    "VersionStages": ["AWSCURRENT"],
                    "CreatedDate": "1569534789.046",
                }
        return 404, "Not found"


def missing(code: str, service: str, operation: str, name: str) -> dict[str, Any]:
    return {
        "__type": code,
        "message": f"{code}: there is no {name}.",
        "kind": "not_found",
        "service": service,
        "operation": operation,
        "name": name,
        "requestId": "r-1",
        "retryable": False,
    }


class _Handler(BaseHTTPRequestHandler):
    agent: Agent
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.agent.connections += 1

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Request(parts.path, parse_qs(parts.query), headers)
        self.agent.requests.append(asked)
        status, what = self.agent.answer(asked)
        body = (what if isinstance(what, str) else json.dumps(what)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Cache", "HIT")
        self.send_header("X-Cache-Age", f"{self.agent.age:.3f}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Agent]:
    agent = Agent()
    handler = type("Handler", (_Handler,), {"agent": agent})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        agent.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield agent
        finally:
            server.shutdown()
            thread.join()
