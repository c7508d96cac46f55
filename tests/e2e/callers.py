"""The three ways in which a handler is called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from local_lambda import Endpoint, Failure, LambdaFunction, clean_environment, processes, runtime

FUNCTIONS = Path(__file__).with_name("functions")
CPP_FUNCTION = runtime.ROOT / "build" / "release" / "examples" / "cpp" / "function"


class Caller(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def call(self, event: dict[str, Any]) -> Any:
        """What the handler returned; Failure if it raised."""


class InLambda(LambdaFunction):
    """With awslambdaric's LambdaContext, under the emulator."""

    def call(self, event: dict[str, Any]) -> Any:
        return self.invoke(event).value


class Directly:
    """In a process of its own, with a dict or with None as context."""

    def __init__(self, context: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "called_directly.py", context],
            cwd=FUNCTIONS,
            env=clean_environment(**environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        processes.stop(self._process)

    def call(self, event: dict[str, Any]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process ended; its own words are on stderr"
        answer = json.loads(line)
        if "errorType" in answer:
            raise Failure(answer["errorType"], answer["errorMessage"], 0)
        return answer["value"]


CONTEXTS = ["LambdaContext", "dict", "None"]


def start_example(name: str, context: str, endpoint: Endpoint, **environment: str) -> Caller:
    variables = {**endpoint.environment(), "EXAMPLE": name, **environment}
    if context == "LambdaContext":
        return InLambda.python("example.handler", variables, folder=FUNCTIONS)
    return Directly(context, variables)
