"""The package's types, as mypy sees them."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

from support.moto_process import interpreter

from lambda_cache import _native

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


def test_the_stub_has_what_the_module_has() -> None:
    stub = ast.parse((ROOT / "python/lambda_cache/_native.pyi").read_text())
    declared: dict[str, set[str]] = {}
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            declared[node.name] = {
                member.name for member in node.body if isinstance(member, ast.FunctionDef)
            }
        elif isinstance(node, ast.FunctionDef):
            declared[node.name] = set()
    found = {
        name: value
        for name, value in vars(_native).items()
        if not (name.startswith("__") and name.endswith("__"))
    }
    assert declared.keys() == found.keys()
    for name, members in declared.items():
        for member in members:
            assert hasattr(found[name], member), f"{name}.{member}"
