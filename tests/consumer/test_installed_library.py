"""The installed C++ library as another project finds, builds and runs it."""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).parent / "program"


class Endpoint(http.server.ThreadingHTTPServer):
    """Answers every call with one parameter and remembers what was called."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.targets: list[str] = []


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.server.targets.append(operation)
        parameter = {"Name": "/app/var", "Type": "String", "Value": "blue", "Version": 1}
        answers = {
            "GetParameter": {"Parameter": parameter},
            "GetParameters": {"Parameters": [parameter], "InvalidParameters": []},
        }
        body = json.dumps(answers[operation]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("consumer")
    install = ["cmake", "--install", ROOT / "build" / "release", "--component", "development"]
    run(*install, "--prefix", folder / "prefix")
    configure = ["cmake", "-S", PROGRAM, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Release"]
    run(*configure, f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}")
    run("cmake", "--build", folder / "build")
    return folder / "build" / "consumer"


def run(*command: str | Path, **variables: str) -> str:
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=os.environ | variables
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_reads_a_parameter_once(consumer: Path, endpoint: Endpoint) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

    output = run(consumer, f"http://127.0.0.1:{endpoint.server_port}", **credentials)

    assert output == "blue\n" * 3
    assert len(endpoint.targets) == 1


def test_needs_no_shared_library_of_ours(consumer: Path) -> None:
    libraries = run("ldd", consumer)

    assert "boost" not in libraries
    assert "libssl" not in libraries
    assert "libcrypto" not in libraries


def test_public_headers_are_installed_alone(consumer: Path) -> None:
    installed = consumer.parents[1] / "prefix" / "include"
    headers = {str(file.relative_to(installed)) for file in installed.rglob("*") if file.is_file()}
    ours = ROOT / "include"

    assert headers == {str(file.relative_to(ours)) for file in ours.rglob("*.hpp")}


def test_the_program_is_installed(tmp_path: Path) -> None:
    run(
        "cmake",
        "--install",
        ROOT / "build" / "release",
        "--component",
        "program",
        "--prefix",
        tmp_path,
    )
    files = [file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()]

    assert files == [Path("bin/lambda-cache")]
    program = tmp_path / "bin" / "lambda-cache"
    assert run(program, "--version").startswith("lambda-cache ")
    run(ROOT / ".venv" / "bin" / "python", ROOT / "tools" / "check_elf.py", program)
