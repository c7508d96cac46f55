"""lambda-cache serve: from its start to its end."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.endpoint import ACCESS_KEY, SECRET_KEY, Call, Endpoint, Refusal

from .agent_process import TOKEN, Connection, Served
from .conftest import PROGRAM, ROOT, Cloud, Running, run

serving = Served.running


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port: int = made.getsockname()[1]
        return port


# What it is told


OPTIONS = {
    "--config", "--mode", "--path-prefix", "--errors", "--status-page", "--no-status-page",
    "--metrics", "--no-metrics", "--log-level", "--port", "--socket", "--socket-mode", "--no-tcp",
    "--token-file", "--max-connections", "--prefetch", "--ttl", "--stale-if-error",
    "--refresh-ahead", "--cache-size", "--cache-megabytes", "--region", "--profile",
    "--endpoint-url", "--timeout-seconds", "--max-attempts", "--help",
}  # fmt: skip


def test_the_help_and_the_guide_have_every_option() -> None:
    done = run("serve", "--help")
    assert (done.status, done.errors) == (0, "")
    in_help = re.findall(r"^  (?:-h,)?(--[a-z-]+(?:,--[a-z-]+)*)", done.text, re.MULTILINE)
    assert {name for names in in_help for name in names.split(",")} == OPTIONS
    guide = (ROOT / "docs" / "agent-serve.md").read_text()
    assert [name for name in OPTIONS - {"--help"} if f"`{name}" not in guide] == []


def test_the_guide_and_the_example_have_every_key() -> None:
    guide = (ROOT / "docs" / "agent-serve.md").read_text()
    example = (ROOT / "packaging" / "lambda-cache.toml").read_text()
    keys = re.findall(r"^# ([a-z_]+) = ", example, re.MULTILINE)
    assert len(keys) > 30
    assert [key for key in keys if f"`{key}`" not in guide] == []


def test_a_value(endpoint: Endpoint) -> None:
    endpoint.put_secret("db", "the secret")
    with serving("--port", "0") as served:
        assert served.ready.endswith(f"http://127.0.0.1:{served.port}, as the agent\n")
        assert served.get("/ping", token=None) == (200, "healthy")
        status, body = served.get("/secretsmanager/get?secretId=db")
        assert (status, '"SecretString":"the secret"' in body) == (200, True)
        assert served.get("/secretsmanager/get?secretId=db", token=None)[0] == 403
        assert served.get("/v1/db")[0] == 200
        assert "canary" not in served.ready


def test_the_mode(endpoint: Endpoint) -> None:
    endpoint.put_secret("db", "the secret")
    with serving("--port", "0", "--mode", "extension") as served:
        assert served.ready.endswith("as the extension\n")
        assert '"ResultMetadata":{}' in served.get("/secretsmanager/get?secretId=db")[1]


def test_the_command_line_counts_before_the_file(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.put_secret("db", "the secret")
    config = tmp_path / "agent.toml"
    config.write_text(
        f'http_port = {free_port()}\npath_prefix = "/file/"\nlog_level = "error"\n'
        f'[lambda_cache]\nendpoint_url = "{endpoint.url}"\n'
    )
    with serving("--config", str(config), "--port", "0", "--log-level", "info") as served:
        assert served.get("/file/db")[0] == 200
    with serving(
        "--config", str(config), "--port", "0", "--log-level", "info", "--path-prefix", "/line/"
    ) as served:
        assert served.get("/file/db")[0] == 404
        assert served.get("/line/db")[0] == 200


def test_the_file_counts_before_the_environment(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.put("/a", "value")
    config = tmp_path / "agent.toml"
    config.write_text(f'region = "eu-west-3"\n[lambda_cache]\nendpoint_url = "{endpoint.url}"\n')
    elsewhere = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    with serving("--config", str(config), "--port", "0", **elsewhere) as served:
        assert served.get("/systemsmanager/parameters/get?name=/a")[0] == 200
        assert endpoint.calls[-1].region == "eu-west-3"
    with serving(
        "--config", str(config), "--port", "0", "--region", "eu-west-2", **elsewhere
    ) as served:
        assert served.get("/systemsmanager/parameters/get?name=/a")[0] == 200
        assert endpoint.calls[-1].region == "eu-west-2"


def test_keys_that_mean_nothing_are_said(tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text("log_to_file = true\nmax_roles = 3\n")
    with serving("--config", str(config), "--port", "0") as served:
        said = "".join(served.lines)
        assert "log_to_file means nothing here" in said
        assert "max_roles means nothing here" in said


def test_a_log_level(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    running = Running(
        "serve", "--socket", str(path), "--no-tcp", "--log-level", "none", AWS_TOKEN=TOKEN
    )
    while not path.exists():
        assert running.process.poll() is None
    assert running.end(signal.SIGTERM) == 0
    assert running.process.stderr is not None
    assert running.process.stderr.read() == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http_prot = 1", ":1: http_prot is no key: did you mean http_port?"),
        ("\nhttp_port = 80", ":2: http_port is 80; it has to be a whole number from 1024 to"),
        ("[lambda_cache]\nsocket_mode = 660", ":2: lambda_cache.socket_mode is 660; it has to be"),
        ("http_port 1", ":1: not TOML: "),
    ],
)
def test_a_bad_file(tmp_path: Path, text: str, message: str) -> None:
    config = tmp_path / "agent.toml"
    config.write_text(text)
    done = run("serve", "--config", str(config), AWS_TOKEN=TOKEN)
    assert (done.status, done.out) == (2, b"")
    assert done.errors.startswith(f"lambda-cache: {config}{message}")


def test_no_file(tmp_path: Path) -> None:
    done = run("serve", "--config", str(tmp_path / "none"), AWS_TOKEN=TOKEN)
    assert done.status == 2
    assert "No such file or directory" in done.errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prot", "1"], "--prot"),
        (["--port", "65536"], "--port: Value 65536 not in range 0 to 65535"),
        (["--region", "Ireland"], "--region 'Ireland' is not a region"),
        (["--endpoint-url", "nowhere"], "--endpoint-url"),
        (["--no-tcp"], "neither a port nor a socket"),
    ],
)
def test_wrong_use(arguments: list[str], message: str) -> None:
    done = run("serve", *arguments, AWS_TOKEN=TOKEN)
    assert done.status == (1 if "--no-tcp" in arguments else 2)
    assert message in done.errors


# Tokens


def test_no_token() -> None:
    done = run("serve", "--port", "0")
    assert done.status == 1
    assert "none of AWS_TOKEN, AWS_SESSION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN" in done.errors
    assert "AWS_TOKEN=file:///var/run/awssmatoken" in done.errors


def test_a_token_file_that_changes(endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    file.chmod(0o640)
    endpoint.put_secret("db", "the secret")
    with serving("--port", "0", "--token-file", str(file)) as served:
        assert served.lines == []
        assert served.get("/v1/db", token=TOKEN)[0] == 403
        assert served.get("/v1/db", token="first")[0] == 200
        changed = tmp_path / "new"
        changed.write_text("second")
        changed.replace(file)
        assert served.get("/v1/db", token="first")[0] == 403
        assert served.get("/v1/db", token="second")[0] == 200


def test_a_token_file_that_everybody_may_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    with serving("--port", "0", AWS_TOKEN=f"file://{file}") as served:
        assert any("chmod o-r" in line for line in served.lines)
        assert TOKEN not in "".join(served.lines)


def test_a_session_token_stays_the_token_with_a_profile(endpoint: Endpoint, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[p]\naws_access_key_id = A\naws_secret_access_key = wrong\n")
    endpoint.put_secret("db", "the secret")
    with serving(
        "--port", "0", "--profile", "p",
        AWS_TOKEN="", AWS_SESSION_TOKEN="s3ssion", AWS_SHARED_CREDENTIALS_FILE=str(credentials),
    ) as served:  # fmt: skip
        status, body = served.get("/v1/db", token="s3ssion")
        # The profile's keys are asked with, which the service does not know.
        assert (status, "InvalidSignatureException" in body) == (400, True)


# Sockets


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), AWS_TOKEN=TOKEN)
        assert done.status == 1
        assert f"Port {port} is taken" in done.errors


def test_a_socket_alone_needs_no_token(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.put_secret("db", "the secret")
    path = tmp_path / "socket"
    with serving("--socket", str(path), "--no-tcp", AWS_TOKEN="") as served:
        assert served.ready.endswith(f"ready on {path}, as the agent\n")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert served.get("/v1/db", path, token=None)[0] == 200
    assert not path.exists()


def test_a_port_and_a_socket(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.put_secret("db", "the secret")
    path = tmp_path / "socket"
    with serving("--port", "0", "--socket", str(path), "--socket-mode", "0660") as served:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert served.get("/v1/db", path, token=None)[0] == 200
        assert served.get("/v1/db", token=None)[0] == 403


def test_a_socket_that_was_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with serving("--socket", str(path), "--no-tcp") as served:
        assert served.get("/ping", path)[0] == 200


def test_a_socket_in_use(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with serving("--socket", str(path), "--no-tcp") as served:
        done = run("serve", "--socket", str(path), "--no-tcp")
        assert done.status == 1
        assert f"The socket {path} is in use" in done.errors
        assert served.get("/ping", path)[0] == 200


def test_a_file_in_place_of_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    done = run("serve", "--socket", str(path), "--no-tcp")
    assert done.status == 1
    assert f"{path} is there and is no socket" in done.errors
    assert path.read_text() == "mine"


# Credentials


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


# Its end


class Held:
    """Lets the service answer when the test says so."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.go = threading.Event()
        endpoint.script = self.wait

    def wait(self, call: Call) -> None:
        assert self.go.wait(60)

    def asking(self, served: Served) -> tuple[threading.Thread, list[tuple[int, str]]]:
        """A request that is under way when this returns."""
        answers: list[tuple[int, str]] = []

        def ask() -> None:
            with suppress(OSError, http.client.HTTPException):
                answers.append(served.get("/v1/db"))

        thread = threading.Thread(target=ask)
        thread.start()
        self.endpoint.wait_for_calls(1)
        return thread, answers


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(sign: signal.Signals) -> None:
    served = Served("--port", "0", AWS_TOKEN=TOKEN)
    idle = Connection(served.port)
    idle.request("GET", "/ping")
    idle.getresponse().read()
    assert served.end(sign) == 0
    assert f"{sign.name}: ending" in served.line("stderr")
    idle.close()


def test_a_request_under_way_is_answered(endpoint: Endpoint) -> None:
    endpoint.put_secret("db", "the secret")
    held = Held(endpoint)
    served = Served("--port", "0", AWS_TOKEN=TOKEN)
    thread, answers = held.asking(served)
    served.process.send_signal(signal.SIGTERM)
    assert "SIGTERM: ending" in served.line("stderr")
    held.go.set()
    thread.join()
    assert served.process.wait(60) == 0
    assert [status for status, _ in answers] == [200]


def test_the_second_signal_ends_it_at_once(endpoint: Endpoint) -> None:
    endpoint.put_secret("db", "the secret")
    held = Held(endpoint)
    served = Served("--port", "0", AWS_TOKEN=TOKEN)
    thread, answers = held.asking(served)
    served.process.send_signal(signal.SIGTERM)
    assert "SIGTERM: ending" in served.line("stderr")
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == -signal.SIGINT
    held.go.set()
    thread.join()
    assert answers == []


def test_a_hangup_makes_it_forget(endpoint: Endpoint) -> None:
    endpoint.put_secret("db", "old")
    with serving("--port", "0") as served:
        assert '"old"' in served.get("/v1/db")[1]
        endpoint.put_secret("db", "new")
        assert '"old"' in served.get("/v1/db")[1]
        served.process.send_signal(signal.SIGHUP)
        assert "forgotten" in served.line("stderr")
        assert '"new"' in served.get("/v1/db")[1]


def test_a_terminal_that_closes_ends_it() -> None:
    master, slave = os.openpty()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"],
        env=os.environ | {"AWS_TOKEN": TOKEN},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    said = b""
    while b"ready on" not in said:
        said += os.read(master, 4096)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 0
    os.close(master)


def test_what_is_ignored_stays_ignored(endpoint: Endpoint) -> None:
    """As behind nohup."""
    endpoint.put_secret("db", "old")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        served = Served("--port", "0", AWS_TOKEN=TOKEN)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert '"old"' in served.get("/v1/db")[1]
    endpoint.put_secret("db", "new")
    served.process.send_signal(signal.SIGHUP)
    assert '"old"' in served.get("/v1/db")[1]
    assert served.end(signal.SIGTERM) == 0
    assert "SIGTERM: ending" in served.line("stderr")


def test_systemd_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(60)
        served = Served("--port", "0", AWS_TOKEN=TOKEN, NOTIFY_SOCKET=str(path))
        assert manager.recv(64) == b"READY=1"
        assert served.get("/ping")[0] == 200
        assert served.end(signal.SIGTERM) == 0
        assert manager.recv(64) == b"STOPPING=1"


def test_nobody_reads_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [PROGRAM, "serve", "--socket", str(path), "--no-tcp"],
        stdin=subprocess.DEVNULL,
        stderr=writer,
    )
    os.close(writer)
    while not path.exists():
        assert process.poll() is None
    process.terminate()
    assert process.wait(60) == 0


def test_a_value_that_aws_refuses(endpoint: Endpoint) -> None:
    def refuse(call: Call) -> None:
        raise Refusal("AccessDeniedException", "no", 400)

    endpoint.script = refuse
    with serving("--port", "0", "--errors", "json", "--mode", "extension") as served:
        status, body = served.get("/secretsmanager/get?secretId=db")
        assert (status, '"__type":"AccessDeniedException"' in body) == (400, True)
    with serving("--port", "0", "--mode", "extension") as served:
        assert "AccessDeniedException" not in served.get("/secretsmanager/get?secretId=db")[1]


def test_what_is_fetched_ahead(endpoint: Endpoint) -> None:
    endpoint.put("/ahead/a", "value")
    endpoint.put_secret("db", "the secret")
    with serving("--port", "0", "--prefetch", "ssm:/ahead/a", "--prefetch", "secret:db") as served:
        endpoint.wait_for_calls(2)
        asked = len(endpoint.calls)
        assert (
            served.get("/systemsmanager/parameters/get?name=/ahead/a&withDecryption=true")[0] == 200
        )
        assert served.get("/v1/db")[0] == 200
        assert len(endpoint.calls) == asked


def test_what_is_fetched_ahead_is_there_without_decryption(endpoint: Endpoint) -> None:
    endpoint.put("/ahead/text", "value")
    with serving("--port", "0", "--prefetch", "ssm:/ahead/text") as served:
        get = "/systemsmanager/parameters/get?name=/ahead/text"
        served.get(get + "&withDecryption=true")  # joins
        assert '"Value":"value"' in served.get(get)[1]
        assert len(endpoint.calls) == 1


def test_what_cannot_be_fetched_ahead_is_said(endpoint: Endpoint) -> None:
    with serving("--port", "0", "--prefetch", "secret:none") as served:
        said = served.line("stderr")
        assert "WARN not prefetched: ResourceNotFoundException" in said
        assert 'name="secret:none"' in said


def test_names_of_the_environment_count_unless_there_are_others(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    config = tmp_path / "agent.toml"
    config.write_text('http_port = 0\n[lambda_cache]\nprefetch = ["secret:file"]\n')
    socket_only = ["--no-tcp", "--socket", str(tmp_path / "socket")]
    variable = {"LAMBDA_CACHE_PREFETCH": "secret:variable"}
    for arguments, name in (
        ([], "variable"),
        (["--config", str(config)], "file"),
        (["--config", str(config), "--prefetch", "secret:line"], "line"),
    ):
        with serving(*socket_only, *arguments, **variable):
            endpoint.wait_for_calls(1)
        assert endpoint.names_asked == [name]
        endpoint.calls.clear()


def test_the_agents_variables_count_before_the_defaults_only(tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text('[lambda_cache]\nmode = "agent"\n')
    variable = {"LAMBDA_CACHE_AGENT_MODE": "extension"}
    with serving("--port", "0", **variable) as served:
        assert served.ready.endswith("as the extension\n")
    with serving("--port", "0", "--config", str(config), **variable) as served:
        assert served.ready.endswith("as the agent\n")


def test_an_end_while_the_first_values_come(endpoint: Endpoint) -> None:
    held = Held(endpoint)
    served = Served("--port", "0", "--prefetch", "secret:db", AWS_TOKEN=TOKEN)
    endpoint.wait_for_calls(1)
    assert served.end(signal.SIGTERM) == 0
    assert "SIGTERM: ending" in served.line("stderr")
    held.go.set()


@pytest.mark.parametrize("name", ["/app/a", "ssm:", "ssm:/app/a b", "s3://bucket"])
def test_names_that_are_none(name: str) -> None:
    done = run("serve", "--port", "0", "--prefetch", name, AWS_TOKEN=TOKEN)
    assert done.status == 2
    assert "ready" not in done.errors
    assert len(done.errors.splitlines()) == 1


def test_without_a_word_it_is_the_extension_where_lambda_looks_for_one(tmp_path: Path) -> None:
    folder = tmp_path / "extensions"
    folder.mkdir()
    program = shutil.copy(PROGRAM, folder / "lambda-cache")
    done = subprocess.run(
        [program], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert "name a command first" not in done.stderr
    assert "AWS_LAMBDA_RUNTIME_API" in done.stderr
    assert done.returncode == 1
