"""The function's process: how it is started and how it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 2.0

# What Lambda always sets, for who runs the emulator without them.
DEFAULTS = {
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
    "AWS_LAMBDA_FUNCTION_NAME": "test_function",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/Functions",
    "AWS_LAMBDA_LOG_STREAM_NAME": "$LATEST",
}

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Settings:
    command: list[str]
    api_address: tuple[str, int]
    environment: dict[str, str]
    timeout_seconds: float

    @classmethod
    def from_environment(cls, command: list[str], api_address: tuple[str, int]) -> Settings:
        environment = {**DEFAULTS, **os.environ}
        # Lambda's images pass the handler as the last argument.
        if len(command) > 1:
            environment.setdefault("_HANDLER", command[-1])
        timeout = float(environment.get("AWS_LAMBDA_FUNCTION_TIMEOUT") or 300)
        return cls(command, api_address, environment, timeout)

    @property
    def function_arn(self) -> str:
        name = self.environment["AWS_LAMBDA_FUNCTION_NAME"]
        return f"arn:aws:lambda:us-east-1:012345678912:function:{name}"

    def of_extension(self) -> Settings:
        """Lambda tells extensions less than the function."""
        hidden = {"AWS_EXECUTION_ENV", "LAMBDA_TASK_ROOT"}
        told = {
            name: value
            for name, value in self.environment.items()
            if name not in hidden and not name.startswith("_")
        }
        return replace(self, environment=told)


class FunctionProcess:
    """A running bootstrap, the leader of a process group of its own."""

    def __init__(self, settings: Settings, api_address: str, ended: Callable[[], None]) -> None:
        parent = os.getpid()

        def follow_parent() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        self._process = subprocess.Popen(
            settings.command,
            env={**settings.environment, "AWS_LAMBDA_RUNTIME_API": api_address},
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=follow_parent,
        )
        self._watch = threading.Thread(target=self._wait, args=(ended,), daemon=True)
        self._watch.start()

    def _wait(self, ended: Callable[[], None]) -> None:
        self._process.wait()
        ended()

    def exit_status(self) -> str:
        """How it ended, in the words that Lambda uses."""
        self._watch.join()
        status = self._process.returncode
        if status < 0:
            return f"signal: {signal.strsignal(-status)}".lower()
        return f"exit status {status}"

    def wait(self, seconds: float) -> None:
        """Until it has ended, or the time is over."""
        self._watch.join(max(seconds, 0))

    def kill(self) -> None:
        self._signal_group(signal.SIGKILL)
        self._watch.join()

    def stop(self) -> None:
        """Politely first: a runtime may have something to finish."""
        self._signal_group(signal.SIGTERM)
        self._watch.join(GRACE_SECONDS)
        self.kill()

    def _signal_group(self, number: int) -> None:
        # The group outlives its leader while the leader's children run.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
