"""A Lambda function running on this machine."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import processes
from .earlier_deadline import EarlierDeadline
from .runtime import Emulator, find_emulator

INVOCATIONS = "/2015-03-31/functions/function/invocations"
START_ATTEMPTS = 3


@dataclass(frozen=True)
class Reply:
    value: Any
    milliseconds: float
    """Of the whole invocation, as its caller sees it."""


class Failure(Exception):
    """The function answered with an error, or Lambda did for it."""

    def __init__(self, kind: str, message: str, milliseconds: float) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.milliseconds = milliseconds


class LambdaFunction:
    """A command that speaks the Lambda Runtime API, invoked through an emulator.

    Not thread-safe: an execution environment serves one invocation at a time. Its output is kept
    and can be read at any time.
    """

    def __init__(
        self,
        command: list[str],
        environment: dict[str, str],
        *,
        folder: Path | None = None,
        timeout_seconds: int = 30,
        told_seconds: int | None = None,
        emulator: Emulator | None = None,
    ) -> None:
        """The function is told that each invocation ends after `told_seconds`; Lambda ends it after
        `timeout_seconds`. Without the first, both are the same."""
        self._command = command
        self._folder = folder
        self._timeout_seconds = timeout_seconds
        self._emulator = emulator or find_emulator()
        # Lambda gives these to every function.
        given = {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_NAME": "example",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_seconds),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(folder or Path.cwd()),
        }
        self._environment = processes.clean_environment(**{**given, **environment})
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._port = 0
        self._told_seconds = told_seconds
        self._deadlines: EarlierDeadline | None = None
        self._process = self._start()

    @classmethod
    def python(cls, handler: str, environment: dict[str, str], **options: Any) -> Self:
        """`handler` is "module.function", as in Lambda's configuration; runs on awslambdaric."""
        # Lambda names the runtime only where it brings one.
        runtime = f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}"
        variables = {"AWS_EXECUTION_ENV": runtime, **environment}
        return cls([sys.executable, "-m", "awslambdaric", handler], variables, **options)

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
    def pid(self) -> int:
        """Of the emulator; the function's process is below it."""
        return self._process.pid

    def invoke(self, event: Any = None) -> Reply:
        """Raises Failure when the answer is an error or the invocation ran out of time."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=self._timeout_seconds + 30
        )
        started = time.perf_counter()
        try:
            connection.request("POST", INVOCATIONS, json.dumps({} if event is None else event))
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        milliseconds = (time.perf_counter() - started) * 1000
        if body.startswith("Task timed out"):
            raise Failure("Sandbox.Timedout", body, milliseconds)
        try:
            value = json.loads(body)
        except ValueError:
            text = body or f"HTTP status {response.status}, no text"
            raise Failure("Runtime.Unknown", text, milliseconds) from None
        if isinstance(value, dict) and "errorType" in value:
            raise Failure(value["errorType"], value.get("errorMessage", ""), milliseconds)
        return Reply(value, milliseconds)

    def milliseconds_left(self) -> list[int]:
        """To the deadline that the function was told, at each of its answers."""
        assert self._deadlines is not None, "the function was told the real deadlines"
        return self._deadlines.milliseconds_left

    def output(self) -> str:
        """What the emulator and the function have written so far."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def wait(self, seconds: float) -> int:
        """Exit status of the emulator, once it has ended."""
        return self._process.wait(seconds)

    def stop(self) -> None:
        processes.stop(self._process)
        self._output.close()
        if self._deadlines is not None:
            self._deadlines.close()

    def _start(self) -> subprocess.Popen[bytes]:
        # Somebody else may take a port between its choice and its use.
        for _ in range(START_ATTEMPTS):
            self._port = processes.free_port()
            # Ours takes a free port for each process that it starts, if it may.
            api_port = 0
            if self._emulator.is_real or self._told_seconds is not None:
                api_port = processes.free_port()
            command = self._command
            if self._told_seconds is not None:
                earlier = self._timeout_seconds - self._told_seconds
                self._deadlines = EarlierDeadline(api_port, earlier)
                command = ["env", f"AWS_LAMBDA_RUNTIME_API={self._deadlines.address}", *command]
            process = processes.start(
                [
                    *self._emulator.command,
                    "--runtime-interface-emulator-address",
                    f"127.0.0.1:{self._port}",
                    "--runtime-api-address",
                    f"127.0.0.1:{api_port}",
                    *command,
                ],
                self._environment,
                self._folder,
                self._output,
            )
            ports = [self._port]
            # AWS's emulator may take invocations before it serves the Runtime API, and a fast
            # function would find nobody there.
            if self._emulator.is_real:
                ports.append(api_port)
            if all(processes.wait_for_port(port, process) for port in ports):
                return process
            processes.stop(process)
            if self._deadlines is not None:
                self._deadlines.close()
        raise RuntimeError(f"the emulator does not start:\n{self.output()}")
