"""The agent as an extension, beside functions that read from it over HTTP."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import callers
import pytest
from local_lambda import (
    Call,
    Emulator,
    Endpoint,
    Failure,
    LambdaFunction,
    find_emulator,
    processes,
    runtime,
)

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("LAMBDA_CACHE_BUILD_DIR", "build/release")
PROGRAM = BUILD / "bin" / "lambda-cache"
CPP_FUNCTION = BUILD / "tests" / "support" / "reads_agent"
PREFETCH = "ssm:/app/var,ssm:/app/key,secret:prod/db"

OWN = Emulator([sys.executable, str(runtime.OWN)], is_real=False)
# The same program twice is no second test.
EMULATORS = {"own": OWN, **({"real": find_emulator()} if find_emulator().is_real else {})}

# The emulator looks for extensions where Lambda does; nobody else sees this /opt.
WITH_OPT = 'mount --bind "$1" /opt && shift && exec "$@"'


def isolated(found: Emulator, opt: Path) -> Emulator:
    """The emulator in a mount namespace of its own, in which /opt is that folder."""
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


@pytest.fixture(params=list(EMULATORS.values()), ids=list(EMULATORS))
def beside(request: pytest.FixtureRequest, opt: Path) -> Emulator:
    """An emulator that starts the agent beside the function."""
    return isolated(request.param, opt)


@pytest.fixture
def filled(endpoint: Endpoint) -> Endpoint:
    endpoint.put("/app/var", "value")
    endpoint.put("/app/key", "canary-k3y", "SecureString")
    endpoint.put_secret("prod/db", "canary-s3cret")
    return endpoint


def environment(endpoint: Endpoint, **variables: str) -> dict[str, str]:
    return endpoint.environment() | {
        "LAMBDA_CACHE_AGENT_PORT": str(processes.free_port()),
        "LAMBDA_CACHE_PREFETCH": PREFETCH,
        **variables,
    }


def start(endpoint: Endpoint, beside: Emulator, **variables: str) -> LambdaFunction:
    return LambdaFunction.python(
        "reads_agent.handler",
        environment(endpoint, **variables),
        folder=callers.FUNCTIONS,
        emulator=beside,
    )


def start_cpp(endpoint: Endpoint, beside: Emulator, **variables: str) -> LambdaFunction:
    return LambdaFunction([str(CPP_FUNCTION)], environment(endpoint, **variables), emulator=beside)


@pytest.mark.parametrize("starts", [start, start_cpp], ids=["python", "cpp"])
def test_prefetched_values_are_there_when_the_function_initialises(
    filled: Endpoint, beside: Emulator, starts: Callable[..., LambdaFunction]
) -> None:
    with starts(filled, beside) as function:
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


def test_what_was_not_prefetched_is_fetched_once(filled: Endpoint, beside: Emulator) -> None:
    filled.put("/app/other", "other")
    with start(filled, beside) as function:
        assert function.invoke({"name": "/app/other"}).value == ["MISS", "other"]
        assert function.invoke({"name": "/app/other"}).value == ["HIT", "other"]
        with pytest.raises(Failure, match="400"):
            function.invoke({"name": "/app/missing"})
        assert "ParameterNotFound" in function.output()


def test_names_that_cannot_be_prefetched_fail_nothing(filled: Endpoint, beside: Emulator) -> None:
    names = f"ssm:/app/missing,nonsense,secret:no,{PREFETCH}"
    with start(filled, beside, LAMBDA_CACHE_PREFETCH=names) as function:
        assert function.invoke({}).value[0] == ["HIT", "value"]
        output = function.output()
    for name in ("ssm:/app/missing", "nonsense", "secret:no"):
        assert f'name="{name}"' in output


def test_aws_that_does_not_answer_does_not_fail_the_initialisation(
    filled: Endpoint, beside: Emulator
) -> None:
    variables = {"LAMBDA_CACHE_PREFETCH_TIMEOUT_SECONDS": "0.2"}
    with filled.paused():
        function = start(filled, beside, **variables)
    with function:
        assert function.invoke({}).value[0][1] == "value"


def test_a_port_that_is_taken_is_told_to_lambda(filled: Endpoint, beside: Emulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with start(filled, beside, LAMBDA_CACHE_AGENT_PORT=port) as function:
            with pytest.raises(Failure):
                function.invoke({})
            assert f"Port {port} is taken" in function.output()


def test_wrong_variables_fail_nothing(filled: Endpoint, beside: Emulator) -> None:
    variables = {"SECRETS_MANAGER_TTL": "600", "SSM_PARAMETER_STORE_TTL": "5m"}
    with start(filled, beside, **variables) as function:
        assert function.invoke({}).value[0] == ["HIT", "value"]
        output = function.output()
    assert "SECRETS_MANAGER_TTL (600s) exceeds max limit" in output
    assert "SSM_PARAMETER_STORE_TTL='5m' is ignored" in output


def test_what_is_read_before_a_snapshot_was_not_prefetched(
    filled: Endpoint, beside: Emulator
) -> None:
    # Not in Python: its runtime would ask the emulators for a restore, which they do not have.
    variables = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    with start_cpp(filled, beside, **variables) as function:
        at_start = function.invoke({}).value
    assert [origin for origin, value in at_start] == ["MISS", "MISS", "MISS"]


def test_a_link_is_known_by_its_own_name(filled: Endpoint, beside: Emulator, opt: Path) -> None:
    (opt / "extensions" / "lambda-cache").rename(opt / "agent")
    (opt / "extensions" / "cache").symlink_to("../agent")
    with start(filled, beside) as function:
        assert function.invoke({}).value[0] == ["HIT", "value"]


def test_it_ends_with_the_environment(filled: Endpoint, beside: Emulator) -> None:
    with start(filled, beside) as function:
        function.invoke({})
        [agent] = [
            pid
            for pid in processes.descendants(function.pid)
            if Path(f"/proc/{pid}/comm").read_text() == "lambda-cache\n"
        ]
        os.kill(function.pid, signal.SIGTERM)
        assert processes.wait_until_gone([agent], 10)
        assert " ERROR " not in function.output()


def test_started_by_hand_it_says_what_to_do() -> None:
    done = subprocess.run(
        [PROGRAM, "extension"], env={}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "lambda-cache serve" in done.stderr
