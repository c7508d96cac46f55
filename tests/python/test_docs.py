"""The guides' Python examples, word for word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"```python\n(.*?)```", (DOCS / "functions.md").read_text(), re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_functions(number: int) -> None:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(EXAMPLES[number], f"functions.md, example {number + 1}", "exec"), names)
