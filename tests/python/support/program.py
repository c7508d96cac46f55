"""Programs of their own: another interpreter that imports lambda_cache as this one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import lambda_cache

PACKAGES = str(Path(lambda_cache.__file__).parents[1])


def interpreter() -> list[str]:
    """How to start this Python again; its own executable may need a loader's help."""
    if Path(sys.prefix, "bin", "python").exists():
        return [str(Path(sys.prefix, "bin", "python"))]
    return [sys.executable]


def start(source: str, **variables: str) -> subprocess.Popen[str]:
    """Start a program in the environment of the test."""
    # CPython 3.12 and later say of every fork of a process with threads that it may go wrong.
    environment = {
        **os.environ,
        "PYTHONPATH": PACKAGES,
        "PYTHONWARNINGS": "ignore:This process:DeprecationWarning",
        **variables,
    }
    return subprocess.Popen(
        [*interpreter(), "-c", textwrap.dedent(source)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(program: subprocess.Popen[str], seconds: float = 30) -> tuple[int, str, str]:
    """Its exit status and output; a program that hangs is a failure."""
    try:
        out, errors = program.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        program.send_signal(signal.SIGABRT)
        out, errors = program.communicate()
        raise AssertionError(f"the program hangs; it wrote:\n{out}\n{errors}") from None
    return program.returncode, out, errors


def run(source: str, **variables: str) -> str:
    """What a program that has to succeed, and to complain about nothing, prints."""
    status, out, errors = finish(start(source, **variables))
    assert (status, errors) == (0, ""), f"status {status}\n{out}\n{errors}"
    return out
