"""The package's types, as mypy sees them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.moto_process import interpreter

ROOT = Path(__file__).parents[2]


def test_types_are_what_they_should_be() -> None:
    checked = subprocess.run(
        [
            interpreter(),
            "-m",
            "mypy",
            "--strict",
            "--no-incremental",
            f"--config-file={ROOT / 'pyproject.toml'}",
            "tests/python/typing_checks.py",
            "python/lambda_cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
