"""The Python examples of docs/*.md. A literal in the comment behind an assignment is what the name
holds then; a handler is called with every kind of context that it can have."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.endpoint import Endpoint

from lambda_cache import Context

DOCS = Path(__file__).parents[2] / "docs"
# Pages whose examples have tests of their own: test_by_path_docs.py, test_s3.py, test_testing.py,
# cli/test_agent_clients.py.
ELSEWHERE = {"agent", "by-path", "objects", "testing"}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SAYS = re.compile(r"^ *(\w+) = .*\S  *# (.+)$", re.MULTILINE)


def examples() -> list[Any]:
    return [
        pytest.param(block, id=f"{page.stem}-{number}")
        for page in sorted(DOCS.glob("*.md"))
        if page.stem not in ELSEWHERE
        for number, block in enumerate(BLOCK.findall(page.read_text()))
    ]


@pytest.fixture(autouse=True)
def services(endpoint: Endpoint) -> Endpoint:
    for name, value in {
        "/production/app/var": "value",
        "/app/var1": "one",
        "/app/var2": "two",
        "/prod/x": "x",
        "/app/paths": "a/b",
        "/app/key": "YWJj",
        "/app/config": json.dumps({"log": {"level": "info"}}),
    }.items():
        endpoint.put(name, value)
    database = {"username": "admin", "password": "hunter2", "port": 5432}
    endpoint.put_secret("/prod/db", json.dumps(database))
    endpoint.put_secret("/prod/db/conn_string", "postgres://")
    endpoint.put_secret("/prod/key", b"\x00\x01")
    return endpoint


def literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return ...  # words


def test_there_are_examples() -> None:
    pages = {page.id.rpartition("-")[0] for page in examples()}
    assert {"python", "options", "migrating", "functions"} <= pages


@pytest.mark.parametrize("block", examples())
def test_example(block: str) -> None:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block, "example", "exec"), names)
    said = {name: literal(text) for name, text in SAYS.findall(block)}
    for name, value in said.items():
        if value is not ...:
            assert names[name] == value, name
    if "assert" in block:
        return  # it says itself what holds
    handler = names.get("handler")
    for event in ({}, {"refresh": True}) if handler else ():
        for context in (Context(), None):
            got = handler(event, context)
            if inspect.iscoroutine(got):
                got = asyncio.run(got)
            assert got is not None
            for each in got:
                assert each is None or each is True or type(each) in (str, int)
