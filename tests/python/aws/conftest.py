"""The library's AWS part, asked through a small program that answers line by line."""

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]

Probe = Callable[[Iterable[Any]], list[dict[str, Any]]]


def asking(name: str, *arguments: str) -> Probe:
    build = ROOT / os.environ.get("LAMBDA_CACHE_BUILD_DIR", "build/release")
    program = build / "tests" / "support" / name

    def ask(questions: Iterable[Any]) -> list[dict[str, Any]]:
        lines = [json.dumps(question) for question in questions]
        result = subprocess.run(
            [program, *arguments],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr
        # Not splitlines(): it would also split at U+2028 inside a text.
        answers = [json.loads(line) for line in result.stdout.split("\n")[:-1]]
        assert len(answers) == len(lines)
        return answers

    return ask


@pytest.fixture(scope="session")
def aws_probe() -> Probe:
    """Sends questions (see tests/support/aws_probe.cpp) and returns the answers in order."""
    return asking("aws_probe")


@pytest.fixture(scope="session")
def config_probe() -> Probe:
    """Sends environments (see tests/support/config_probe.cpp); returns what they lead to."""
    return asking("config_probe")


@pytest.fixture(scope="session")
def proxy_probe() -> Probe:
    """Sends URLs, each with an environment; returns the proxies for them."""
    return asking("config_probe", "proxies")
