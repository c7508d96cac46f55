"""What Lambda does around a function. Holds for AWS's emulator and for the project's own."""

from __future__ import annotations

import os
import signal
import sys

import callers
import pytest
from local_lambda import Emulator, Failure, LambdaFunction, find_emulator, processes, runtime

OWN = Emulator([sys.executable, str(runtime.OWN)], is_real=False)
# The same program twice is no second test.
EMULATORS = {"own": OWN, **({"real": find_emulator()} if find_emulator().is_real else {})}


@pytest.fixture(params=list(EMULATORS.values()), ids=list(EMULATORS))
def any_emulator(request: pytest.FixtureRequest) -> Emulator:
    emulator: Emulator = request.param
    return emulator


def plain(emulator: Emulator, handler: str = "plain.handler", timeout: int = 30) -> LambdaFunction:
    return LambdaFunction.python(
        handler, {}, folder=callers.FUNCTIONS, emulator=emulator, timeout_seconds=timeout
    )


def test_invocations_reach_one_process(any_emulator: Emulator) -> None:
    with plain(any_emulator) as function:
        seen = [function.invoke({"number": number}).value for number in range(3)]
    assert [each["event"] for each in seen] == [{"number": number} for number in range(3)]
    assert len({each["pid"] for each in seen}) == 1
    assert len({each["request_id"] for each in seen}) == 3
    for each in seen:
        assert 0 < each["remaining"] <= 30_000
        assert each["arn"].startswith("arn:aws:lambda:")
        assert each["arn"].endswith(":function:example")
        assert "AWS_LAMBDA_RUNTIME_API" in each["environment"]


def test_an_error_of_the_handler_reaches_the_caller(any_emulator: Emulator) -> None:
    with plain(any_emulator) as function:
        pid = function.invoke({}).value["pid"]
        with pytest.raises(Failure) as caught:
            function.invoke({"do": "raise"})
        assert (caught.value.kind, caught.value.message) == ("ValueError", "as asked")
        assert function.invoke({}).value["pid"] == pid


def test_a_crashed_function_is_started_again(any_emulator: Emulator) -> None:
    with plain(any_emulator) as function:
        pid = function.invoke({}).value["pid"]
        with pytest.raises(Failure, match="exit status 4") as caught:
            function.invoke({"do": "exit"})
        assert caught.value.kind == "Runtime.ExitError"
        assert function.invoke({}).value["pid"] != pid


def test_a_late_function_is_killed_and_started_again(any_emulator: Emulator) -> None:
    with plain(any_emulator, timeout=1) as function:
        pid = function.invoke({}).value["pid"]
        with pytest.raises(Failure, match=r"timed out after 1\.00 seconds"):
            function.invoke({"do": "sleep", "seconds": 60})
        assert function.invoke({}).value["pid"] != pid


def test_a_failing_import_is_told_at_every_invocation(any_emulator: Emulator) -> None:
    with plain(any_emulator, "broken.handler") as function:
        for _ in range(2):
            with pytest.raises(Failure, match="not today") as caught:
                function.invoke({})
            assert caught.value.kind == "RuntimeError"


def test_a_large_answer_is_refused_and_the_function_lives(any_emulator: Emulator) -> None:
    with plain(any_emulator) as function:
        with pytest.raises(Failure, match="exceeded"):
            function.invoke({"do": "large"})
        assert function.invoke({"still": "there"}).value["event"] == {"still": "there"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_emulator_and_function(any_emulator: Emulator, number: int) -> None:
    with plain(any_emulator) as function:
        pid = function.invoke({}).value["pid"]
        assert pid in processes.descendants(function.pid)
        os.kill(function.pid, number)
        assert function.wait(10) == 0
        assert pid not in processes.descendants(os.getpid())


def test_the_function_ends_with_a_killed_emulator() -> None:
    with plain(OWN) as function:
        pid = function.invoke({}).value["pid"]
        os.kill(function.pid, signal.SIGKILL)
        function.wait(10)
        assert processes.wait_until_gone([pid], 10)
