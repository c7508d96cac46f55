"""Reads one parameter when it is told to, so that a test can stop, fork or kill it in between: in
Python what tests/support/reading_probe.cpp is in C++. The commands are told there."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from pathlib import Path

from . import program

PROBE = Path(__file__).parents[3] / "build" / "release" / "tests" / "support" / "reading_probe"

SOURCE = """
import os, sys, threading
from lambda_cache import _native, exceptions, ssm

def read(seconds):
    try:
        return "= " + ssm.get_entry("/app/var", seconds)
    except exceptions.FetchError as why:
        return "! passing" if why.retryable else "! definite"

def read_in_child(seconds):
    child = os.fork()
    if child == 0:
        print(read(seconds), flush=True)
        os._exit(0)
    return "" if os.waitpid(child, 0)[1] == 0 else "! child"

came = []
for line in sys.stdin:
    command, *numbers = line.split()
    numbers = [float(number) for number in numbers]
    if command == "get":
        answer = read(*numbers)
    elif command == "begin":
        begun = threading.Thread(target=lambda: came.append(read(*numbers)))
        begun.start()
        answer = "begun"
    elif command == "end":
        begun.join()
        answer = came.pop()
    elif command == "fork":
        answer = read_in_child(*numbers)
    elif command == "shift":
        _native._shift_clock(*(int(number * 1e9) for number in numbers))
        answer = "shifted"
    if answer:
        print(answer, flush=True)
"""


class Reading:
    """The program while it runs. Ends with the block."""

    def __init__(self, language: str, **variables: str) -> None:
        python = [*program.interpreter(), "-c", SOURCE]
        self.process = subprocess.Popen(
            python if language == "Python" else [PROBE],
            env={
                **os.environ,
                "PYTHONPATH": program.PACKAGES,
                "PYTHONWARNINGS": "ignore:This process:DeprecationWarning",
                **variables,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if self.process.poll() is None and kind is not None:
            self.kill()
        _, errors = self.process.communicate(timeout=30)
        if kind is None:
            assert errors == b""
            assert self.process.returncode in (0, -signal.SIGKILL)

    def tell(self, command: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(command.encode() + b"\n")

    def hear(self) -> str:
        assert self.process.stdout
        assert select.select([self.process.stdout], [], [], 30)[0], "the program hangs"
        return self.process.stdout.readline().decode().rstrip("\n")

    def ask(self, command: str) -> str:
        self.tell(command)
        return self.hear()

    def freeze(self) -> None:
        """Returns when it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
