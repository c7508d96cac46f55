"""docs/agent-security.md: what was tried at the agent, and that it answers so."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.endpoint import ACCESS_KEY, SECRET_KEY, Endpoint, running

from .agent_process import TOKEN, Served
from .conftest import ROOT

PAGE = ROOT / "docs" / "agent-security.md"
MODES = ("agent", "extension")
SECRET = "canary-s3cret"
PATH = "/secretsmanager/get?secretId=db"
T = f"X-Aws-Parameters-Secrets-Token: {TOKEN}"
HOST = "Host: localhost:2773"


def get(*lines: str, target: str = PATH, method: str = "GET", body: str = "") -> str:
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", body])


def long(bytes_: int = 20_000) -> str:
    return "x" * bytes_


# What is tried, as the page calls it, and its bytes.
TRIES: dict[str, str] = {
    "the right token": get(HOST, T),
    "the right token in the other header": get(HOST, f"X-Vault-Token: {TOKEN}"),
    "no token": get(HOST),
    "an empty token": get(HOST, "X-Aws-Parameters-Secrets-Token:"),
    "a wrong token": get(HOST, "X-Aws-Parameters-Secrets-Token: wrong"),
    "the first half of the token": get(HOST, T[:-6]),
    "the token and more": get(HOST, T + "x"),
    "the token in capitals": get(HOST, f"X-Aws-Parameters-Secrets-Token: {TOKEN.upper()}"),
    "the token as `Authorization: Bearer`": get(HOST, f"Authorization: Bearer {TOKEN}"),
    "the token in the query": get(HOST, target=f"{PATH}&token={TOKEN}"),
    "`X-Forwarded-For: 127.0.0.1`": get(HOST, T, "X-Forwarded-For: 127.0.0.1"),
    "`x-forwarded-for:`, empty": get(HOST, T, "x-forwarded-for:"),
    "`Forwarded: for=127.0.0.1`": get(HOST, T, "Forwarded: for=127.0.0.1"),
    "`X-Real-IP: 127.0.0.1`": get(HOST, T, "X-Real-IP: 127.0.0.1"),
    "`Via: 1.1 proxy`": get(HOST, T, "Via: 1.1 proxy"),
    "`X-Forwarded-For`, and no token": get(HOST, "X-Forwarded-For: 127.0.0.1"),
    "`Host: evil.example`": get("Host: evil.example", T),
    "`Host: 127.0.0.1.evil.example`": get("Host: 127.0.0.1.evil.example", T),
    "`Host: localhost.`": get("Host: localhost.", T),
    "`Host: 169.254.169.254`": get("Host: 169.254.169.254", T),
    "`Host: localhost:80`": get("Host: localhost:80", T),
    "`Host: 127.0.0.1`": get("Host: 127.0.0.1", T),
    "`Host: [::1]:2773`": get("Host: [::1]:2773", T),
    "no `Host`": get(T),
    "`Host: localhost` and `Host: evil.example`": get(HOST, "Host: evil.example", T),
    "`GET http://evil.example/...` and `Host: localhost`": get(
        HOST, T, target="http://evil.example" + PATH
    ),
    "`GET http://localhost:2773/...`": get(HOST, T, target="http://localhost:2773" + PATH),
    "`/ping`, `Host: evil.example`": get("Host: evil.example", target="/ping"),
    "`/ping`, no token": get(HOST, target="/ping"),
    "`POST /ping`": get(HOST, target="/ping", method="POST"),
    "`Sec-Fetch-Site: cross-site`": get(HOST, T, "Sec-Fetch-Site: cross-site"),
    "`Sec-Fetch-Site: same-site`": get(HOST, T, "Sec-Fetch-Site: same-site"),
    "`POST`": get(HOST, T, method="POST"),
    "`POST` with 300 KB": get(
        HOST, T, "Content-Length: 300000", method="POST", body="x" * 300_000
    ),
    "`PUT`": get(HOST, T, method="PUT"),
    "`DELETE`": get(HOST, T, method="DELETE"),
    "`OPTIONS`, as a browser before a request of another site": get(
        HOST, "Origin: http://evil.example", "Access-Control-Request-Method: GET", method="OPTIONS"
    ),
    "`CONNECT evil.example:443`": get(HOST, T, target="evil.example:443", method="CONNECT"),
    "a method of no standard": get(HOST, T, method="BREW"),
    "a target of 20,000 bytes": get(HOST, T, target="/" + long()),
    "a header of 20,000 bytes": get(HOST, T, "X: " + long()),
    "4,000 headers": get(HOST, T, *["A: b"] * 4000),
    "257 members of the query": get(HOST, T, target=PATH + "&a" * 256),
    "201 names": get(
        HOST, T, target="/systemsmanager/parameters/get-many?name=a" + "&name=a" * 200
    ),
    "a request behind a body": get(
        HOST, T, f"Content-Length: {len(get(HOST, T))}", target="/ping", body=get(HOST, T)
    ),
    "both `Content-Length` and `Transfer-Encoding`": get(
        HOST, T, "Content-Length: 5", "Transfer-Encoding: chunked", body="0\r\n\r\n"
    ),
    "a line end without `\\r`": get(HOST, T).replace("\r\n", "\n") + "\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and more\r\n\r\n",
    "`/secretsmanager/../ping`": get(HOST, T, target="/secretsmanager/../ping"),
    "`//secretsmanager/get`": get(HOST, T, target="/" + PATH),
    "`refreshNow=maybe`": get(HOST, T, target=PATH + "&refreshNow=maybe"),
}  # fmt: skip


def answer(port: int, request: str) -> str:
    """The statuses and texts of all that comes, as the page writes them."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    shown = []
    while got:
        head, _, got = got.partition("\r\n\r\n")
        found = re.search(r"^Content-Length: (\d+)\r?$", head, re.MULTILINE | re.IGNORECASE)
        assert found, head
        body, got = got[: int(found[1])], got[int(found[1]) :]
        text = "the value" if SECRET in body else f"`{body}`"
        assert TOKEN not in body
        shown.append(f"{head.split()[1]} {text}")
    return ", then ".join(shown)


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    with running() as endpoint:
        endpoint.put_secret("db", SECRET)
        variables = {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        with (
            Served.running("--port", "0", "--mode", "agent", **variables) as agent,
            Served.running("--port", "0", "--mode", "extension", **variables) as extension,
        ):
            yield {"agent": agent.port, "extension": extension.port}


def table(ports: dict[str, int]) -> str:
    rows = ["| tried | mode `agent` | mode `extension` |", "|---|---|---|"]
    for name, request in TRIES.items():
        answers = [answer(ports[mode], request) for mode in MODES]
        rows.append(f"| {name} | {answers[0]} | {answers[1]} |")
    return "\n".join(rows) + "\n"


def test_the_page_says_what_happens(ports: dict[str, int]) -> None:
    page = PAGE.read_text()
    found = table(ports)
    assert found in page, found


def test_nothing_is_given_to_those_who_may_not(ports: dict[str, int]) -> None:
    fine = {
        "the right token", "the right token in the other header", "`Host: localhost:80`",
        "`Host: 127.0.0.1`", "`Host: [::1]:2773`", "`GET http://localhost:2773/...`",
    }  # fmt: skip
    for name, request in TRIES.items():
        for mode in MODES:
            got = answer(ports[mode], request)
            assert ("the value" in got) == (name in fine), (name, mode, got)
    assert fine < set(TRIES)


def test_another_user_cannot_use_the_socket(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.put_secret("db", SECRET)
    for directory in (tmp_path, *tmp_path.parents[:3]):
        if directory.stat().st_uid == os.getuid() and directory != Path("/tmp"):
            directory.chmod(0o755)
    path = tmp_path / "agent.sock"
    curl = ["curl", "-s", "-m", "20", "--unix-socket", str(path), "http://localhost" + PATH]
    with Served.running("--no-tcp", "--socket", str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        mine = subprocess.run(curl, capture_output=True, text=True)
        assert SECRET in mine.stdout
        if os.getuid() == 0:
            nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            reached = subprocess.run([*nobody, "test", "-e", str(path)])
            assert reached.returncode == 0  # it is the socket that refuses, not a directory
            other = subprocess.run([*nobody, *curl], capture_output=True, text=True)
            assert (other.returncode, other.stdout) == (7, "")
