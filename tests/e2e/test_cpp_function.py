"""examples/cpp under the emulator: what the demo does not show."""

from __future__ import annotations

import os
import signal

import callers
import pytest
from local_lambda import Call, Endpoint, Failure, LambdaFunction, processes

NAMES = ("/demo/app/greeting", "/demo/app/regions", "/demo/app/token")


@pytest.fixture
def parameters(endpoint: Endpoint) -> Endpoint:
    endpoint.put("/demo/app/greeting", 'says "hello"\\')
    endpoint.put("/demo/app/token", "a-secret", "SecureString")
    endpoint.put("/demo/app/regions", "eu-west-1,us-east-1", "StringList")
    return endpoint


def cpp_function(endpoint: Endpoint) -> LambdaFunction:
    return LambdaFunction([str(callers.CPP_FUNCTION)], endpoint.environment())


def test_values_are_fetched_once_and_together(parameters: Endpoint) -> None:
    with cpp_function(parameters) as function:
        answers = [function.invoke({}).value for _ in range(3)]
    for answer in answers:
        assert answer["greeting"] == 'says "hello"\\'
        assert answer["token"] == "a-******"
        assert answer["regions"] == ["eu-west-1", "us-east-1"]
    assert parameters.calls() == [Call("GetParameters", NAMES)]


def test_an_event_forces_a_refresh(parameters: Endpoint) -> None:
    with cpp_function(parameters) as function:
        function.invoke({})
        parameters.put("/demo/app/greeting", "new")
        assert function.invoke({}).value["greeting"] == 'says "hello"\\'
        assert function.invoke({"refresh": True}).value["greeting"] == "new"
        assert function.invoke({"refresh": False}).value["greeting"] == "new"
    assert [call.names for call in parameters.calls()] == [NAMES, ("/demo/app/greeting",)]


def test_a_missing_parameter_is_named_and_the_function_lives(endpoint: Endpoint) -> None:
    with cpp_function(endpoint) as function:
        for _ in range(2):
            with pytest.raises(Failure, match="/demo/app/greeting") as caught:
                function.invoke({})
            assert caught.value.kind != "Runtime.ExitError"


def test_the_function_ends_with_its_emulator(parameters: Endpoint) -> None:
    with cpp_function(parameters) as function:
        function.invoke({})
        below = processes.descendants(function.pid)
        assert below
        os.kill(function.pid, signal.SIGTERM)
        assert function.wait(10) == 0
        assert processes.wait_until_gone(below, 10)
