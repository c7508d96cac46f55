"""Functions under Lambda's emulator, an AWS endpoint beside them, and nothing left over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).parent))

from local_lambda import Emulator, Endpoint, adopt_orphans, find_emulator, processes  # noqa: E402


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # Also under -q, which hides what pytest's header would say.
    terminalreporter.write_line(f"Functions ran under {find_emulator()}.")


@pytest.fixture(scope="session", autouse=True)
def _orphans_are_found() -> None:
    adopt_orphans()


@pytest.fixture(scope="session")
def emulator() -> Emulator:
    return find_emulator()


@pytest.fixture(scope="session")
def running_endpoint(_orphans_are_found: None) -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running_endpoint: Endpoint) -> Endpoint:
    """An AWS endpoint without parameters that received no calls."""
    running_endpoint.reset()
    return running_endpoint


@pytest.fixture(autouse=True)
def _nothing_left_over(running_endpoint: Endpoint) -> Iterator[None]:
    """Every test ends what it started."""
    before = set(processes.descendants(os.getpid()))
    yield
    left = set(processes.descendants(os.getpid())) - before
    assert not left, f"processes left running: {left}"
