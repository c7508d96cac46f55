"""Secrets in memory: what the cache has forgotten is nowhere in the process any more."""

from __future__ import annotations

import json
import os
import secrets
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from support.credentials_server import Credentials
from support.endpoint import Endpoint, running

from support import objects

PROBE = Path(__file__).parents[3] / "build" / "release" / "tests" / "support" / "memory_probe"


def run_probe(
    endpoint: Endpoint, canary: str, needle: str | None = None, **variables: str
) -> tuple[int, int, int]:
    """In how many places the needle (by default the canary) was: while the cache had it, after it
    was cleared, after it was reset."""
    for name in ("/canary/parameter", "/canary/other"):
        endpoint.put(name, canary, "SecureString")
    endpoint.put_secret("/canary/secret", canary)
    endpoint.put_secret("/canary/json", json.dumps({"user": "x", "password": f'"{canary}"\n'}))
    changed = bytes(byte ^ 0x5A for byte in (needle or canary).encode()).hex()
    done = subprocess.run(
        [PROBE, changed],
        env={**os.environ, "AWS_ENDPOINT_URL": endpoint.url, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    held, cleared, reset = done.stdout.split()
    return int(held), int(cleared), int(reset)


@pytest.fixture
def canary() -> str:
    return "canary-" + secrets.token_hex(24)


def test_over_http(endpoint: Endpoint, canary: str) -> None:
    held, cleared, reset = run_probe(endpoint, canary)
    assert held >= 4, "else the search finds nothing"
    assert (cleared, reset) == (0, 0)


@contextmanager
def over_tls(folder: Path) -> Iterator[tuple[Endpoint, str]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with running(context) as served:
        yield served, str(folder / "ca.pem")


def test_over_tls(tmp_path: Path, canary: str) -> None:
    with over_tls(tmp_path) as (endpoint, bundle):
        held, cleared, reset = run_probe(endpoint, canary, AWS_CA_BUNDLE=bundle)
    assert held >= 4
    assert (cleared, reset) == (0, 0)


def test_objects(endpoint: Endpoint, canary: str, tmp_path: Path) -> None:
    with objects.running() as served:
        served.put_text("/bucket/canary", canary * 3, tmp_path)
        held, cleared, reset = run_probe(
            endpoint,
            canary,
            MEMORY_PROBE_OBJECT="s3://bucket/canary",
            AWS_ENDPOINT_URL_S3=served.url,
            LAMBDA_CACHE_S3_DIRECTORY=str(tmp_path),
        )
    assert held >= 7
    assert (cleared, reset) == (0, 0)


def test_credentials(endpoint: Endpoint, canary: str, credentials: Credentials) -> None:
    token = "token-" + secrets.token_hex(40)
    credentials.token = token
    held, _, reset = run_probe(endpoint, canary, token)
    assert held >= 1
    assert reset == 0
