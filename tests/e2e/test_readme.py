"""The examples of the README, and the program of the C++ guide, word for word."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from local_lambda import Call, Endpoint, LambdaFunction

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LAMBDA_CACHE_BUILD_DIR", ROOT / "build" / "release"))


@pytest.fixture
def parameters(endpoint: Endpoint) -> Endpoint:
    endpoint.put("/production/app/var", "world")
    endpoint.put("/production/app/greeting", "hello")
    endpoint.put("/app/var1", "one")
    endpoint.put("/app/var2", "two")
    return endpoint


def test_python(parameters: Endpoint, tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert example
    (tmp_path / "readme_example.py").write_text(example[1])
    with LambdaFunction.python(
        "readme_example.handler", parameters.environment(), folder=tmp_path
    ) as function:
        for _ in range(3):
            assert function.invoke({}).value == {"var": "world", "var1": "one"}
        parameters.put("/production/app/var", "moon")
        assert function.invoke({"refresh": True}).value == {"var": "moon", "var1": "one"}
        assert function.invoke({}).value == {"var": "moon", "var1": "one"}
    assert parameters.calls() == [
        Call("GetParameters", ("/app/var1", "/app/var2", "/production/app/var")),
        Call("GetParameter", ("/production/app/var",)),
    ]


def test_cpp(parameters: Endpoint) -> None:
    program = BUILD / "tests" / "docs" / "readme_function"
    with LambdaFunction([str(program)], parameters.environment()) as function:
        for _ in range(3):
            assert function.invoke({}).value == "hello world"
    assert parameters.calls() == [
        Call("GetParameter", ("/production/app/greeting",)),
        Call("GetParameter", ("/production/app/var",)),
    ]


def test_program_of_the_guide(parameters: Endpoint) -> None:
    parameters.put_secret("/prod/db", '{"username": "admin"}')
    program = BUILD / "tests" / "docs" / "cpp_function"
    with LambdaFunction([str(program)], parameters.environment()) as function:
        for _ in range(3):
            assert function.invoke({}).value == "one admin"
    assert sorted(parameters.calls(), key=str) == [
        Call("GetParameters", ("/app/var1", "/app/var2")),
        Call("GetSecretValue", ("/prod/db",)),
    ]
