"""A read never outlives its invocation: the function answers before Lambda kills it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import callers
import pytest
from local_lambda import Endpoint, Failure, LambdaFunction, processes

# What the function is told, and what Lambda holds it to. The time between is for the machine:
# however long it stands still, the function answers, and shows what the deadline did to its read.
TOLD_SECONDS = 2
TIMEOUT_SECONDS = 60
MARGIN_MS = 200


@pytest.fixture
def silent_url() -> Iterator[str]:
    """An endpoint that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def fails_in_time(function: LambdaFunction, event: dict[str, Any], parameter: str) -> None:
    running = []
    for _ in range(2):
        with pytest.raises(Failure) as caught:
            function.invoke(event)
        # Lambda's own words would be "Task timed out". A read that did not know the deadline would
        # have ended at its own timeout of 10 s, and said so.
        assert "the invocation's deadline" in caught.value.message
        assert parameter in caught.value.message
        # Nor did it give up too early.
        assert function.milliseconds_left()[-1] <= MARGIN_MS
        running.append(processes.descendants(function.pid))
    assert running[0] == running[1] != [], "Lambda had to end the function"


def python_function(example: str, environment: dict[str, str]) -> LambdaFunction:
    return LambdaFunction.python(
        "example.handler",
        {**environment, "EXAMPLE": example},
        folder=callers.FUNCTIONS,
        timeout_seconds=TIMEOUT_SECONDS,
        told_seconds=TOLD_SECONDS,
    )


def test_python_decorator(endpoint: Endpoint, silent_url: str) -> None:
    environment = {**endpoint.environment(), "AWS_ENDPOINT_URL": silent_url}
    with python_function("single", environment) as function:
        fails_in_time(function, {}, "/production/app/var")


def test_python_get_entry_inside_the_handler(endpoint: Endpoint) -> None:
    endpoint.put("/prod/var", "value")
    with python_function("invalidation", endpoint.environment()) as function:
        assert function.invoke({}).value == ["value"]
        with endpoint.paused():
            fails_in_time(function, {"refresh": True}, "/prod/var")
            assert function.invoke({}).value == ["value"]
        assert function.invoke({"refresh": True}).value == ["value"]


def test_cpp(endpoint: Endpoint, silent_url: str) -> None:
    environment = {**endpoint.environment(), "AWS_ENDPOINT_URL": silent_url}
    command = [str(callers.CPP_FUNCTION)]
    with LambdaFunction(
        command, environment, timeout_seconds=TIMEOUT_SECONDS, told_seconds=TOLD_SECONDS
    ) as function:
        fails_in_time(function, {}, "/demo/app/")


def test_an_old_value_is_served_when_the_endpoint_falls_silent(endpoint: Endpoint) -> None:
    endpoint.put("/production/app/var", "old")
    with callers.start_example("single", "LambdaContext", endpoint) as function:
        assert function.call({}) == ["old"]
        with endpoint.paused():
            assert function.call({"seconds_pass": 60}) == ["old"]
