"""lambda-cache serve: whose credentials it reads with."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from support.endpoint import ACCESS_KEY, SECRET_KEY, Endpoint

from .agent_process import TOKEN, Served
from .conftest import Cloud, run

serving = Served.running


def test_a_credentials_file_instead_of_the_environment(cloud: Cloud, tmp_path: Path) -> None:
    cloud.secret("serve/file", SecretString="the secret")
    keys = tmp_path / "keys"
    keys.write_text("[default]\naws_access_key_id = AKIDEXAMPLE\n")
    config = tmp_path / "agent.toml"
    config.write_text(f'credentials_file_path = "{keys}"\n')
    with serving("--config", str(config), "--port", "0") as served:
        status, body = served.get("/v1/serve/file")
        # The environment has whole keys; those of the file are half.
        assert status != 200, body
    keys.write_text("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = x\n")
    with serving("--config", str(config), "--port", "0") as served:
        assert served.get("/v1/serve/file")[0] == 200


def test_keys_that_were_replaced(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.put_secret("db", "the secret")
    keys = tmp_path / "keys"
    keys.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = old\n")
    config = tmp_path / "agent.toml"
    config.write_text(f'credentials_file_path = "{keys}"\n')
    with serving("--config", str(config), "--port", "0") as served:
        assert "InvalidSignatureException" in served.get("/v1/db")[1]
        keys.write_text(keys.read_text().replace("old", SECRET_KEY))
        assert "InvalidSignatureException" in served.line("stderr")
        served.process.send_signal(signal.SIGHUP)
        assert "forgotten" in served.line("stderr")
        assert served.get("/v1/db")[0] == 200


def config_that_validates(tmp_path: Path, more: str = "") -> str:
    config = tmp_path / "agent.toml"
    config.write_text(f"validate_credentials = true\n{more}\n")
    return str(config)


def test_credentials_that_are_looked_at(cloud: Cloud, tmp_path: Path) -> None:
    with serving("--config", config_that_validates(tmp_path), "--port", "0") as served:
        assert any(re.search("credentials of arn:aws:", line) for line in served.lines)


@contextmanager
def refusing_sts(status: int, code: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_credentials_that_are_refused(tmp_path: Path) -> None:
    with refusing_sts(403, "InvalidClientTokenId") as url:
        done = run(
            "serve", "--config", config_that_validates(tmp_path), "--port", "0",
            "--endpoint-url", url, AWS_TOKEN=TOKEN,
        )  # fmt: skip
    assert done.status == 1
    assert "validate_credentials: " in done.errors
    assert "InvalidClientTokenId" in done.errors


def test_credentials_that_cannot_be_looked_at_for_now(tmp_path: Path) -> None:
    with refusing_sts(503, "ServiceUnavailable") as url:
        arguments = ["--port", "0", "--endpoint-url", url, "--max-attempts", "1"]
        with serving("--config", config_that_validates(tmp_path), *arguments) as served:
            assert any("Starting anyway" in line for line in served.lines)
        strict = config_that_validates(tmp_path, "ignore_transient_errors = false")
        done = run("serve", "--config", strict, *arguments, AWS_TOKEN=TOKEN)
        assert done.status == 1
