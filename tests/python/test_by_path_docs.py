"""The blocks of docs/by-path.md, word for word."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.endpoint import Endpoint

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LAMBDA_CACHE_BUILD_DIR", ROOT / "build" / "release"))


@pytest.fixture
def app(endpoint: Endpoint) -> Endpoint:
    endpoint.parameters.clear()
    endpoint.put("/app/name", "demo")
    endpoint.put("/app/db/host", "localhost")
    endpoint.put("/app/db/password", "hidden", "SecureString")
    endpoint.put("/app/hosts", "a,b", "StringList")
    return endpoint


def test_python(app: Endpoint) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/by-path.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    program: dict[str, Any] = {}
    exec(compile(blocks[0], "docs/by-path.md", "exec"), program)
    for _ in range(2):
        assert program["handler"]({}, {}) == ("demo", "localhost", ["a", "b"])
        assert program["secrets_only"]() == {"db/password": "hidden"}
    assert len(app.calls) == 2


def test_cpp(app: Endpoint) -> None:
    program = BUILD / "tests" / "docs" / "by_path_example"
    run = subprocess.run([program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.splitlines() == [
        "db/host=localhost",
        "db/password=hidden",
        "hosts=a,b",
        "name=demo",
        "localhost",
    ]
    assert len(app.calls) == 1, "handle and handler share the entry"
