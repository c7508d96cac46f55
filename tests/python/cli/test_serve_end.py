"""lambda-cache serve: signals, its end, and who is told of it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from support.endpoint import Call, Endpoint

from .agent_process import TOKEN, Connection, Served
from .conftest import PROGRAM

serving = Served.running


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


def test_an_end_while_the_first_values_come(endpoint: Endpoint) -> None:
    held = Held(endpoint)
    served = Served("--port", "0", "--prefetch", "secret:db", AWS_TOKEN=TOKEN)
    endpoint.wait_for_calls(1)
    assert served.end(signal.SIGTERM) == 0
    assert "SIGTERM: ending" in served.line("stderr")
    held.go.set()
