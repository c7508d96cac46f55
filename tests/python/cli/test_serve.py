"""lambda-cache serve: what it is told, its tokens and its sockets."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from support.endpoint import Call, Endpoint, Refusal

from .agent_process import TOKEN, Served, free_port
from .conftest import PROGRAM, ROOT, Running, run

serving = Served.running


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


def test_a_value_that_aws_refuses(endpoint: Endpoint) -> None:
    def refuse(call: Call) -> None:
        raise Refusal("AccessDeniedException", "no", 400)

    endpoint.script = refuse
    with serving("--port", "0", "--errors", "json", "--mode", "extension") as served:
        status, body = served.get("/secretsmanager/get?secretId=db")
        assert (status, '"__type":"AccessDeniedException"' in body) == (400, True)
    with serving("--port", "0", "--mode", "extension") as served:
        assert "AccessDeniedException" not in served.get("/secretsmanager/get?secretId=db")[1]


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
