"""Requests of clients that were written for AWS's two products, byte for byte, and some live.

Recorded: what Node's fetch (20.20) sends, by which middy's ssm-extension and
secrets-manager-extension 7.x make their requests; what requests (2.34) and urllib3 (2.8) send,
which AWS's examples for Python use. Written as they are documented: those of curl, Java and Go.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from support.endpoint import ACCESS_KEY, SECRET_KEY, Endpoint, running

from .agent_process import TOKEN, Served

NODE = (
    "connection: keep-alive\r\nX-Aws-Parameters-Secrets-Token: {token}\r\naccept: */*\r\n"
    "accept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n"
    "accept-encoding: gzip, deflate\r\n\r\n"
)
RECORDED = {
    "middy's ssm-extension": (
        "GET /systemsmanager/parameters/get/?withDecryption=true&name=/app/var HTTP/1.1\r\n"
        "host: localhost:{port}\r\n" + NODE,
        ("Parameter", "Value"),
        "the value",
    ),
    "middy's secrets-manager-extension": (
        "GET /secretsmanager/get?secretId=db HTTP/1.1\r\nhost: localhost:{port}\r\n" + NODE,
        ("SecretString",),
        '{"user": "u"}',
    ),
    "middy's secrets-manager-extension, by ARN": (
        "GET /secretsmanager/get?secretId={arn} HTTP/1.1\r\nhost: localhost:{port}\r\n" + NODE,
        ("SecretString",),
        '{"user": "u"}',
    ),
    "requests": (
        "GET /secretsmanager/get?secretId=db HTTP/1.1\r\nHost: localhost:{port}\r\n"
        "User-Agent: python-requests/2.34.2\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n"
        "Connection: keep-alive\r\nX-Aws-Parameters-Secrets-Token: {token}\r\n\r\n",
        ("SecretString",),
        '{"user": "u"}',
    ),
    "urllib3": (
        "GET /systemsmanager/parameters/get/?name=/app/var HTTP/1.1\r\nHost: localhost:{port}\r\n"
        "Accept-Encoding: identity\r\nUser-Agent: python-urllib3/2.8.0\r\n"
        "X-Aws-Parameters-Secrets-Token: {token}\r\n\r\n",
        ("Parameter", "Value"),
        "the value",
    ),
    "curl": (
        "GET /systemsmanager/parameters/get?name=%2Fapp%2Fvar&version=1 HTTP/1.1\r\n"
        "Host: localhost:{port}\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
        "X-Aws-Parameters-Secrets-Token: {token}\r\n\r\n",
        ("Parameter", "Value"),
        "the value",
    ),
    # Java's HttpClient tries to speak HTTP/2.
    "java.net.http": (
        "GET /systemsmanager/parameters/get/?name=/app/var&withDecryption=true HTTP/1.1\r\n"
        "Connection: Upgrade, HTTP2-Settings\r\nHost: localhost:{port}\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
        "User-Agent: Java-http-client/17.0.12\r\nAccept: application/json\r\n"
        "X-Aws-Parameters-Secrets-Token: {token}\r\n\r\n",
        ("Parameter", "Value"),
        "the value",
    ),
    "Go's net/http": (
        "GET /secretsmanager/get?secretId=db&versionStage=AWSCURRENT HTTP/1.1\r\n"
        "Host: localhost:{port}\r\nUser-Agent: Go-http-client/1.1\r\n"
        "X-Aws-Parameters-Secrets-Token: {token}\r\nAccept-Encoding: gzip\r\n\r\n",
        ("SecretString",),
        '{"user": "u"}',
    ),
}

# As middy 7 does it: both libraries make the name's slashes and colons what they were.
MIDDY = """
const [port, path, name] = process.argv.slice(2);
const text = encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':');
const got = await fetch(`http://localhost:${port}${path}${text}`, {
  headers: { 'X-Aws-Parameters-Secrets-Token': process.env.AWS_SESSION_TOKEN },
  signal: AbortSignal.timeout(30000),
});
if (!got.ok) throw new Error(`${got.status} ${got.statusText}`);
process.stdout.write(JSON.stringify(await got.json()));
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Endpoint]:
    with running() as endpoint:
        endpoint.put("/app/var", "the value")
        endpoint.put("/app/ä b&c", "odd")
        endpoint.put_secret("db", '{"user": "u"}')
        yield endpoint


@pytest.fixture(scope="module", params=["agent", "extension"])
def agent(request: pytest.FixtureRequest, cloud: Endpoint) -> Iterator[Served]:
    variables = {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    with Served.running("--port", "0", "--mode", request.param, **variables) as served:
        yield served


def reply(port: int, request: str) -> tuple[str, bytes]:
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    return head.decode(), body


@pytest.mark.parametrize("client", RECORDED)
def test_recorded(agent: Served, client: str) -> None:
    request, where, value = RECORDED[client]
    # The ARN is the one that the agent tells.
    arn = json.loads(agent.get("/secretsmanager/get?secretId=db")[1])["ARN"]
    text = request.format(port=agent.port, token=TOKEN, arn=arn)
    head, body = reply(agent.port, text)
    assert head.startswith("HTTP/1.1 200 OK\r\n"), head + body.decode()
    got = json.loads(body)
    for member in where:
        got = got[member]
    assert got == value
    head, _ = reply(agent.port, text.replace(TOKEN, "wrong"))
    assert head.startswith(("HTTP/1.1 401 Unauthorized\r\n", "HTTP/1.1 403 Forbidden\r\n"))


@pytest.mark.parametrize("name", ["/app/var", "/app/ä b&c"])
def test_middy_live(agent: Served, tmp_path: Path, name: str, cloud: Endpoint) -> None:
    (tmp_path / "client.mjs").write_text(MIDDY)
    path = "/systemsmanager/parameters/get/?withDecryption=true&name="
    done = subprocess.run(
        ["node", str(tmp_path / "client.mjs"), str(agent.port), path, name],
        env={**os.environ, "AWS_SESSION_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if name.isascii():
        assert json.loads(done.stdout)["Parameter"]["Value"] == "the value", done.stderr
    else:  # no parameter may be called so
        assert "Error: 400 Bad Request" in done.stderr


def test_requests_live(agent: Served) -> None:
    """As AWS documents it for Python."""
    headers = {"X-Aws-Parameters-Secrets-Token": TOKEN}
    with requests.Session() as session:
        session.trust_env = False  # no proxies of who runs the tests
        for _ in range(2):
            got = session.get(
                f"http://localhost:{agent.port}/secretsmanager/get?secretId={quote('db')}",
                headers=headers,
                timeout=30,
            )
            got.raise_for_status()
            assert json.loads(got.json()["SecretString"])["user"] == "u"


def test_curl_with_the_token_of_a_file(agent: Served, tmp_path: Path) -> None:
    """As AWS documents it for its agent."""
    token = tmp_path / "awssmatoken"
    token.write_text(TOKEN)
    done = subprocess.run(
        [
            "bash", "-c",
            f'curl -sS -H "X-Aws-Parameters-Secrets-Token: $(<{token})" '
            f"'http://localhost:{agent.port}/secretsmanager/get?secretId=db'; echo",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout)["SecretString"] == '{"user": "u"}', done.stderr
