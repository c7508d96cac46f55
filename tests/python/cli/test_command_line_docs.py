"""The examples of docs/command-line.md: each command prints what stands below it. "..." stands for
anything on a line; alone on a line, for any lines."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

import pytest

from .conftest import PROGRAM, ROOT, Cloud

PAGE = (ROOT / "docs" / "command-line.md").read_text()
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def examples() -> list[tuple[str, str]]:
    return [found for block in BLOCK.findall(PAGE) for found in COMMAND.findall(block)]


def pattern(shown: str) -> str:
    lines = [
        r"(?:.*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in shown.splitlines()
    ]
    return "".join(lines)


@pytest.fixture(scope="module")
def filled(served: Cloud) -> Cloud:
    served.parameter("/app/color", "blue")
    served.parameter("/app/sizes", "S,M,L", "StringList")
    served.secret("prod/db", SecretString='{"user": "admin"}')
    served.bucket("my-bucket")
    served.object("greeting.txt", b"hello\n", bucket="my-bucket")
    return served


@pytest.fixture
def documented(filled: Cloud, cloud: Cloud) -> Cloud:
    return cloud


def test_there_are_examples() -> None:
    assert {command.split()[1] for command, _ in examples()} == {"get", "doctor", "policy"}


@pytest.mark.parametrize(("command", "shown"), examples())
def test_example(documented: Cloud, command: str, shown: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "lambda-cache"
    done = subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, env=os.environ, timeout=60
    )
    assert done.stderr == ""
    assert re.fullmatch(pattern(shown), done.stdout), done.stdout
