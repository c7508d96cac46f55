"""What finds the tests' secrets in the outputs of a run (tools/canaries.py) finds them."""

from __future__ import annotations

import base64
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest
from support.endpoint import SECRET_KEY
from support.service import HIDDEN

TOOL = Path(__file__).parents[2] / "tools" / "canaries.py"


@pytest.fixture(scope="module")
def canaries() -> ModuleType:
    spec = importlib.util.spec_from_file_location("canaries", TOOL)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize(
    "written", [str, str.upper, lambda text: base64.b64encode(text.encode()).decode()]
)
@pytest.mark.parametrize("secret", [HIDDEN, SECRET_KEY], ids=["value", "credentials"])
def test_a_canary_is_found(
    canaries: ModuleType, tmp_path: Path, before: str, written: object, secret: str
) -> None:
    assert callable(written)
    output = tmp_path / "suite.txt"
    output.write_text("one\n<td>" + written(before + secret + "z") + "</td>\nthree\n")
    assert canaries.shown_in([output]) == [f"{output}:2"]


def test_nothing_else_is(canaries: ModuleType, tmp_path: Path) -> None:
    output = tmp_path / "suite.txt"
    output.write_bytes(b"\xff a canary, a test of canaries\ncanary_test\n")
    assert canaries.shown_in([output]) == []


def test_only_what_the_run_wrote_is_searched(canaries: ModuleType, tmp_path: Path) -> None:
    for name, moment in (("before", 1000), ("then", 2000), ("after", 3000)):
        (tmp_path / "deep" / name).mkdir(parents=True)
        file = tmp_path / "deep" / name / "log"
        file.touch()
        os.utime(file, (moment, moment))
    found = canaries.written_since(2000, [tmp_path])
    assert [file.parent.name for file in found] == ["after", "then"]
