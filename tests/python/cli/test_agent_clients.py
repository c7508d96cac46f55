"""The clients of docs/agent.md, each in its language, as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import moto_process

from .agent_process import TOKEN, Served
from .conftest import ROOT, Cloud

PAGE = (ROOT / "docs" / "agent.md").read_text()
CLIENTS = PAGE.split("## Clients")[1].split("\n## ")[0]
GREETING = "hello, agent"
PASSWORD = "canary-p4ssword"

# How each is run, as what file, and what it prints.
RUN = {
    "sh": (["sh", "client.sh"], "client.sh", GREETING),
    "python": (["python3", "client.py"], "client.py", GREETING),
    "js": (["node", "client.mjs"], "client.mjs", GREETING),
    "java": (["java", "Client.java"], "Client.java", PASSWORD),
    "go": (["go", "run", "client.go"], "client.go", GREETING),
}


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", CLIENTS, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with moto_process.running() as moto:
        yield from serve(Cloud(moto))


def serve(served: Cloud) -> Iterator[int]:
    served.parameter("/app/greeting", GREETING)
    served.secret("prod/db", SecretString=f'{{"password": "{PASSWORD}"}}')
    variables = {
        "AWS_ENDPOINT_URL": served.moto.url,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_TOKEN": TOKEN,
    }
    with Served.running("--port", "0", "--mode", "extension", **variables) as agent:
        yield agent.port


def test_every_language_is_there() -> None:
    assert [language for language, _ in blocks()] == list(RUN)


@pytest.mark.parametrize(("language", "code"), blocks(), ids=[name for name, _ in blocks()])
def test_client(language: str, code: str, port: int, tmp_path: Path) -> None:
    command, file, shown = RUN[language]
    assert code.count("localhost:2773") == 1
    (tmp_path / file).write_text(code.replace("localhost:2773", f"localhost:{port}"))
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "AWS_SESSION_TOKEN": TOKEN, "GO111MODULE": "off"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.stdout.strip(), done.returncode) == (shown, 0), done.stderr
