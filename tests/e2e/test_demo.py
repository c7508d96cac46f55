"""`make demo`: shows the cache at work, checks what it shows, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from local_lambda import clean_environment, processes

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples" / "demo"))

import scenario  # noqa: E402


def start_demo() -> subprocess.Popen[str]:
    environment = clean_environment()
    if "AWS_LAMBDA_RIE" in os.environ:
        environment["AWS_LAMBDA_RIE"] = os.environ["AWS_LAMBDA_RIE"]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / "demo" / "demo.py")],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def rows_of(output: str) -> list[list[str]]:
    lines = [line.split() for line in output.splitlines()]
    return [line for line in lines if line and line[0].isdigit()]


def test_every_row_is_right_and_nothing_is_left() -> None:
    before = set(processes.descendants(os.getpid()))
    demo = start_demo()
    output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 0, output
    assert set(processes.descendants(os.getpid())) == before

    assert "Python function" in output
    assert "C++ function" in output
    assert scenario.SECRET not in output
    kinds = [step.kind for step in scenario.STEPS]
    greetings = [step.greeting for step in scenario.STEPS]
    # A machine that needs a second try shows the rows of the first as well.
    rows = rows_of(output)[-2 * len(kinds) :]
    assert [word for row in rows for word in row if word in ("hit", "miss", "refresh")] == kinds * 2
    assert [word for row in rows for word in row if word in set(greetings)] == greetings * 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["AWS endpoint", " 1 ", " 4 "])
def test_an_interrupted_demo_leaves_nothing(moment: str, number: int) -> None:
    before = set(processes.descendants(os.getpid()))
    demo = start_demo()
    assert demo.stdout is not None
    seen = ""
    for line in demo.stdout:
        seen += line
        if moment in line:
            break
    assert demo.poll() is None, seen
    os.killpg(demo.pid, number)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 128 + number, seen + rest
    assert set(processes.descendants(os.getpid())) == before


def test_a_killed_demo_leaves_nothing() -> None:
    before = set(processes.descendants(os.getpid()))
    demo = start_demo()
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("  1"):
            break
    started = [pid for pid in processes.descendants(os.getpid()) if pid not in before]
    assert len(started) > 2
    demo.kill()
    demo.communicate(timeout=60)
    assert processes.wait_until_gone(started, 20)


def row(number: int, *, greeting: str, calls: int) -> scenario.Row:
    answer = {
        "greeting": greeting,
        "token": scenario.mask(scenario.SECRET),
        "regions": scenario.LIST,
    }
    return scenario.Row(
        number, scenario.STEPS[number - 1], answer, Counter({"GetParameters": calls})
    )


@pytest.mark.parametrize(
    ("number", "greeting", "calls"),
    [
        (1, scenario.FIRST, 3),  # one call for each of three
        (2, scenario.FIRST, 1),  # nothing was cached
        (4, scenario.SECOND, 1),  # the change was seen too early
        (5, scenario.FIRST, 0),  # never expires
        (8, scenario.SECOND, 0),  # the refresh was not forced
    ],
)
def test_a_wrong_row_is_complained_about(number: int, greeting: str, calls: int) -> None:
    assert list(row(number, greeting=greeting, calls=calls).complaints())


def test_a_right_row_is_not_complained_about() -> None:
    assert not list(row(1, greeting=scenario.FIRST, calls=1).complaints())
    assert not list(row(4, greeting=scenario.FIRST, calls=0).complaints())
