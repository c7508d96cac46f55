"""A scripted Parameter Store and Secrets Manager: answers over real HTTP or HTTPS, misbehaves on
request, and counts.

It runs in threads of the test process: whoever waits for an answer has to let other threads run.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .signatures import refusal_of

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "canary-wJalrXUtnFEMI/K7MDENG+EXAMPLEKEY"


@dataclass
class Call:
    """One request as it arrived."""

    operation: str
    names: list[str]
    with_decryption: bool
    region: str
    service: str = "ssm"
    version_id: str = ""
    version_stage: str = ""
    body: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass
class Parameter:
    value: str
    type: str = "String"
    version: int = 1


@dataclass
class Secret:
    """Its versions, oldest first: the last is AWSCURRENT, the one before AWSPREVIOUS."""

    versions: list[str | bytes] = field(default_factory=list)

    @staticmethod
    def id_of(number: int) -> str:
        return f"00000000-0000-4000-8000-{number:012}"


class Refusal(Exception):
    """Raised by a script: the answer is this error."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


class RawAnswer(Exception):
    """Raised by a script: these bytes are the answer; then the connection is closed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__("raw")
        self.pieces = pieces


@dataclass
class Endpoint:
    """The server's state, open to the test that uses it."""

    url: str = ""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    # Names, and operations.
    denied: set[str] = field(default_factory=set)
    # How many secrets one answer of BatchGetSecretValue has room for.
    page: int = 20
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    # Called for each request before it is answered; may block, raise Refusal or RawAnswer.
    script: Callable[[Call], object] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def put(self, name: str, value: str, type_: str = "String") -> None:
        with self.lock:
            before = self.parameters.get(name)
            version = before.version + 1 if before else 1
            self.parameters[name] = Parameter(value, type_, version)

    def put_secret(self, name: str, value: str | bytes) -> str:
        """A new version; its id."""
        with self.lock:
            secret = self.secrets.setdefault(name, Secret())
            secret.versions.append(value)
            return Secret.id_of(len(secret.versions))

    def wait_for_calls(self, count: int) -> None:
        """Return when that many requests have arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.calls) >= count, timeout=20)

    @property
    def names_asked(self) -> list[str]:
        return [name for call in self.calls for name in call.names]

    def answer(self, call: Call) -> dict[str, Any]:
        with self.arrived:
            self.calls.append(call)
            self.arrived.notify_all()
        if self.script is not None:
            self.script(call)
        if call.operation in self.denied:
            raise self.denial(call, call.names[0])
        if call.service == "secretsmanager":
            with self.lock:
                return self.answer_secrets(call)
        refused = [name for name in call.names if name in self.denied]
        if refused:
            raise self.denial(call, refused[0])
        if call.operation == "GetParametersByPath":
            return self.page_of_path(call)
        found = []
        missing = []
        with self.lock:
            for asked in call.names:
                name = asked.removeprefix(f"arn:aws:ssm:{call.region}:111122223333:parameter")
                base, _, selector = name.partition(":")
                parameter = self.parameters.get(base)
                if parameter is None or (selector.isdigit() and int(selector) > parameter.version):
                    missing.append(asked)
                    continue
                described = self.described(base, call)
                if selector:
                    described["Selector"] = f":{selector}"
                found.append(described)
        if call.operation == "GetParameter":
            if missing:
                raise Refusal("ParameterNotFound")
            return {"Parameter": found[0]}
        return {"Parameters": found, "InvalidParameters": missing}

    @staticmethod
    def denial(call: Call, name: str) -> Refusal:
        return Refusal(
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/test is not authorized to perform: "
            f"{call.service}:{call.operation} on resource: {name}",
        )

    @staticmethod
    def arn_of(name: str, region: str = "eu-west-1") -> str:
        return f"arn:aws:secretsmanager:{region}:111122223333:secret:{name}-AbCdEf"

    def answer_secrets(self, call: Call) -> dict[str, Any]:
        if call.operation == "GetSecretValue":
            return self.secret(call, call.names[0], call.version_id, call.version_stage)
        values, errors = [], []
        for asked in call.names[: self.page]:
            try:
                values.append(self.secret(call, asked))
            except Refusal as refusal:
                error = {"SecretId": asked, "ErrorCode": refusal.code, "Message": refusal.message}
                errors.append(error)
        more = {"NextToken": "more"} if len(call.names) > self.page else {}
        return {"SecretValues": values, "Errors": errors, **more}

    def secret(
        self, call: Call, asked: str, version_id: str = "", stage: str = ""
    ) -> dict[str, Any]:
        if asked in self.denied:
            raise self.denial(call, asked)
        by_arn = {self.arn_of(name, call.region): name for name in self.secrets}
        name = by_arn.get(asked, asked)
        if name not in self.secrets:
            raise Refusal("ResourceNotFoundException", "Secrets Manager can't find it.")
        versions = self.secrets[name].versions
        by_stage = {"": len(versions), "AWSPREVIOUS": len(versions) - 1}
        by_id = {Secret.id_of(i): i for i in range(1, len(versions) + 1)}
        number = by_id.get(version_id, 0) if version_id else by_stage.get(stage, 0)
        if number == 0:
            raise Refusal("ResourceNotFoundException", "Secrets Manager can't find that version.")
        value = versions[number - 1]
        found = {"Name": name, "ARN": self.arn_of(name, call.region)}
        found["VersionId"] = Secret.id_of(number)
        if isinstance(value, bytes):
            found["SecretBinary"] = base64.b64encode(value).decode()
        else:
            found["SecretString"] = value
        return found

    def described(self, name: str, call: Call) -> dict[str, Any]:
        parameter = self.parameters[name]
        value = parameter.value
        if parameter.type == "SecureString" and not call.with_decryption:
            value = "encrypted:" + value[::-1]
        return {
            "Name": name,
            "Type": parameter.type,
            "Value": value,
            "Version": parameter.version,
            "ARN": f"arn:aws:ssm:{call.region}:111122223333:parameter{name}",
            "DataType": "text",
        }

    def page_of_path(self, call: Call) -> dict[str, Any]:
        """Of what a path holds; every second page is empty, as the service may do."""
        path = call.body["Path"].rstrip("/") + "/"
        types = [
            value
            for each in call.body.get("ParameterFilters", [])
            if each["Key"] == "Type"
            for value in each["Values"]
        ]
        with self.lock:
            names = [
                name
                for name, parameter in sorted(self.parameters.items())
                if name.startswith(path)
                and (call.body.get("Recursive") or "/" not in name[len(path) :])
                and (not types or parameter.type in types)
            ]
            token = call.body.get("NextToken", "")
            place = int(token.removeprefix("empty-") or 0)
            if token and not token.startswith("empty-"):
                return {"Parameters": [], "NextToken": f"empty-{place}"}
            count = call.body["MaxResults"]
            answer: dict[str, Any] = {
                "Parameters": [self.described(name, call) for name in names[place : place + count]]
            }
            if place + count < len(names):
                answer["NextToken"] = str(place + count)
            return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint: Endpoint
    # The answer's head and body go out together.
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        with self.endpoint.lock:
            self.endpoint.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        names = asked.get("Names") or asked.get("SecretIdList")
        scope = self.headers["Authorization"].split("Credential=")[1].split("/")
        call = Call(
            self.headers["X-Amz-Target"].rpartition(".")[2],
            names or [asked.get("Name") or asked.get("Path") or asked["SecretId"]],
            asked.get("WithDecryption", False),
            scope[2],
            scope[3],
            asked.get("VersionId", ""),
            asked.get("VersionStage", ""),
            asked,
        )
        try:
            wrong = refusal_of(self, body, SECRET_KEY)
            if wrong:
                raise Refusal("InvalidSignatureException", wrong)
            self.reply(200, self.endpoint.answer(call))
        except Refusal as refusal:
            error = {"__type": refusal.code, "message": refusal.message}
            self.reply(refusal.status, error)
        except RawAnswer as raw:
            self.close_connection = True
            for piece in raw.pieces:
                try:
                    self.wfile.write(piece)
                    self.wfile.flush()
                except OSError:
                    return

    def reply(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("x-amzn-RequestId", "11111111-2222-3333-4444-555555555555")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake is made in the connection's own thread.
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that go away are part of the tests


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """An endpoint that serves until the block ends."""
    endpoint = Endpoint()
    server = Server(("127.0.0.1", 0), type("_Handler", (Handler,), {"endpoint": endpoint}))
    server.context = context
    host = "localhost" if context else "127.0.0.1"
    endpoint.url = f"{'https' if context else 'http'}://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
