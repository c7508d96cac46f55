"""The tests that docs/reliability.md names exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
CPP_TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def all_of_cpp() -> set[str]:
    return {
        f"{suite}.{name}"
        for file in (ROOT / "tests" / "unit").rglob("*.cpp")
        for suite, name in CPP_TEST.findall(file.read_text())
    }


def all_of_python() -> set[str]:
    return {
        f"{file.name}::{name}"
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in PYTHON_TEST.findall(file.read_text())
    }


def test_every_test_of_the_page_exists() -> None:
    named = re.findall(r"`(\w+(?:\.\w+|\.py::\w+))`", PAGE)
    cpp = {name for name in named if "::" not in name}
    python = {name for name in named if "::" in name}
    assert len(cpp) > 20
    assert len(python) > 20
    assert sorted(cpp - all_of_cpp() - {"suite.test"}) == []
    assert sorted(python - all_of_python()) == []


def test_every_promise_has_tests() -> None:
    rows = re.findall(r"^\| (\d+)\. [^|]+\|([^|]+)\|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 14))
    assert all("`" in tests for _, tests in rows)
