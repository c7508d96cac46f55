"""The agent as an extension, beside functions that read from it over HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import callers
import pytest
from local_lambda import Call, Emulator, Endpoint, Failure, LambdaFunction, find_emulator, processes

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("LAMBDA_CACHE_BUILD_DIR", "build/release") / "bin" / "lambda-cache"
PREFETCH = "ssm:/app/var,ssm:/app/key,secret:prod/db"

# The emulator looks for extensions where Lambda does; nobody else sees this /opt.
WITH_OPT = 'mount --bind "$1" /opt && shift && exec "$@"'


def isolated(opt: Path) -> Emulator:
    """The emulator in a mount namespace of its own, in which /opt is that folder."""
    found = find_emulator()
    unshare = ["unshare", "--mount"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    return Emulator([*unshare, "sh", "-c", WITH_OPT, "sh", str(opt), *found.command], found.is_real)


@pytest.fixture
def opt(tmp_path: Path) -> Path:
    folder = tmp_path / "opt" / "extensions"
    folder.mkdir(parents=True)
    shutil.copy(PROGRAM, folder / "lambda-cache")
    return folder.parent


@pytest.fixture
def filled(endpoint: Endpoint) -> Endpoint:
    endpoint.put("/app/var", "value")
    endpoint.put("/app/key", "canary-k3y", "SecureString")
    endpoint.put_secret("prod/db", "canary-s3cret")
    return endpoint


def start(endpoint: Endpoint, opt: Path, **variables: str) -> LambdaFunction:
    environment = endpoint.environment() | {
        "LAMBDA_CACHE_AGENT_PORT": str(processes.free_port()),
        "LAMBDA_CACHE_PREFETCH": PREFETCH,
        **variables,
    }
    return LambdaFunction.python(
        "reads_agent.handler", environment, folder=callers.FUNCTIONS, emulator=isolated(opt)
    )


def test_prefetched_values_are_there_when_the_function_initialises(
    filled: Endpoint, opt: Path
) -> None:
    with start(filled, opt) as function:
        assert function.invoke({}).value == [
            ["HIT", "value"],
            ["HIT", "canary-k3y"],
            ["HIT", "canary-s3cret"],
        ]
        calls = filled.calls()
        function.invoke({})
        assert filled.calls() == calls
        assert "canary" not in function.output()
    assert sorted(calls, key=lambda call: call.operation) == [
        Call("GetParameters", ("/app/key", "/app/var")),
        Call("GetSecretValue", ("prod/db",)),
    ]


def test_what_was_not_prefetched_is_fetched_once(filled: Endpoint, opt: Path) -> None:
    filled.put("/app/other", "other")
    with start(filled, opt) as function:
        assert function.invoke({"name": "/app/other"}).value == ["MISS", "other"]
        assert function.invoke({"name": "/app/other"}).value == ["HIT", "other"]
        with pytest.raises(Failure, match="400"):
            function.invoke({"name": "/app/missing"})
        assert "ParameterNotFound" in function.output()


def test_names_that_cannot_be_prefetched_fail_nothing(filled: Endpoint, opt: Path) -> None:
    names = f"ssm:/app/missing,nonsense,secret:no,{PREFETCH}"
    with start(filled, opt, LAMBDA_CACHE_PREFETCH=names) as function:
        assert function.invoke({}).value[0] == ["HIT", "value"]
        output = function.output()
    for name in ("ssm:/app/missing", "nonsense", "secret:no"):
        assert f'name="{name}"' in output


def test_aws_that_does_not_answer_does_not_fail_the_initialisation(
    filled: Endpoint, opt: Path
) -> None:
    variables = {"LAMBDA_CACHE_PREFETCH_TIMEOUT_SECONDS": "0.2"}
    with filled.paused():
        function = start(filled, opt, **variables)
    with function:
        assert function.invoke({}).value[0][1] == "value"


def test_a_port_that_is_taken_is_told_to_lambda(filled: Endpoint, opt: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with start(filled, opt, LAMBDA_CACHE_AGENT_PORT=port) as function:
            with pytest.raises(Failure):
                function.invoke({})
            assert f"Port {port} is taken" in function.output()


def test_a_cpp_function_beside_it(filled: Endpoint, opt: Path) -> None:
    for name, value in (("greeting", "hello"), ("token", "a-secret"), ("regions", "a,b")):
        filled.put(f"/demo/app/{name}", value)
    environment = filled.environment() | {
        "LAMBDA_CACHE_AGENT_PORT": str(processes.free_port()),
        "LAMBDA_CACHE_PREFETCH": PREFETCH,
    }
    with LambdaFunction(
        [str(callers.CPP_FUNCTION)], environment, emulator=isolated(opt)
    ) as function:
        assert function.invoke({}).value["greeting"] == "hello"


def test_started_by_hand_it_says_what_to_do() -> None:
    done = subprocess.run(
        [PROGRAM, "extension"], env={}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "lambda-cache serve" in done.stderr
