"""Fixtures: a clean environment, a scripted endpoint, a cache that knows nothing."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.credentials_server import Credentials
from support.endpoint import ACCESS_KEY, SECRET_KEY, Endpoint, running
from support.service import DATABASE, HIDDEN, Service

import lambda_cache
from lambda_cache import _native, secrets_manager, ssm
from support import credentials_server


def foreign(name: str) -> bool:
    """Whether a variable may change what the tests see."""
    return name.startswith(("AWS_", "LAMBDA_CACHE_")) or name.lower() in {
        "ssl_cert_file",
        "ssl_cert_dir",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "_handler",
        "pythonwarnings",
    }


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if foreign(name) and name != "LAMBDA_CACHE_SERVER_PYTHON":
            monkeypatch.delenv(name)
    # Neither the files of who runs the tests nor the network count.
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    lambda_cache.reset()
    yield
    lambda_cache.reset()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A Parameter Store and a Secrets Manager over HTTP that the environment points to."""
    with running() as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        lambda_cache.reset()
        served.put("/app/var", "the value")
        served.put("/app/var1", "first")
        served.put("/app/var2", "second")
        served.put("/app/secret", "hidden", "SecureString")
        served.put("/app/list", "a,b,,c", "StringList")
        yield served


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[Credentials]:
    """A server of credentials: the only ones that the environment leads to."""
    with credentials_server.running() as served:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", served.url)
        yield served


class Clock:
    """Moves what the cache takes for the time."""

    def pass_time(self, seconds: float) -> None:
        nanos = int(seconds * 1e9)
        _native._shift_clock(nanos, nanos, nanos)

    def step_wall(self, seconds: float) -> None:
        _native._shift_clock(int(seconds * 1e9), 0, 0)

    def freeze(self, seconds: float) -> None:
        """As in a suspended machine: the monotonic clock stands still."""
        nanos = int(seconds * 1e9)
        _native._shift_clock(nanos, 0, nanos)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["ssm", "secrets_manager"])
def service(request: pytest.FixtureRequest, endpoint: Endpoint) -> Iterator[Service]:
    if request.param == "ssm":
        made = Service(ssm, "parameter", endpoint)
    else:
        made = Service(secrets_manager, "name", endpoint)
    made.put("/db", json.dumps(DATABASE))
    made.put("/text", HIDDEN)
    made.put("/key", base64.b64encode(b"\x00\x01\xff\x00").decode())
    yield made
