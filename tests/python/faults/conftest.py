"""Servers and proxies that the whole folder shares, and the operations that are tried."""

from __future__ import annotations

import base64
import ssl
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from support.endpoint import Endpoint
from support.fault_proxy import FaultProxy
from support.objects import Objects

import lambda_cache
from lambda_cache import s3, secrets_manager, ssm
from support import endpoint as endpoints
from support import fault_proxy, objects


@dataclass(frozen=True)
class Operation:
    """A read by one call."""

    module: Any
    what: dict[str, Any]
    names: tuple[str, ...]

    def value(self, text: str) -> Any:
        if self.module is s3:
            return text.encode()
        if len(self.names) == 1:
            return text
        return {name.rpartition("/")[2]: text for name in self.names}


OPERATIONS = {
    "GetParameter": Operation(ssm, {"parameter": "/faults/one"}, ("/faults/one",)),
    "GetParameters": Operation(
        ssm, {"parameter": ["/faults/a", "/faults/b"]}, ("/faults/a", "/faults/b")
    ),
    "GetParametersByPath": Operation(ssm, {"path": "/tree"}, ("/tree/a", "/tree/b")),
    "GetSecretValue": Operation(secrets_manager, {"name": "faults/one"}, ("faults/one",)),
    "BatchGetSecretValue": Operation(
        secrets_manager, {"name": ["faults/a", "faults/b"]}, ("faults/a", "faults/b")
    ),
    "GetObject": Operation(s3, {"s3Uri": "s3://bucket/key", "as_bytes": True}, ("/bucket/key",)),
}


@dataclass
class Lab:
    """Two test services, and a proxy over HTTP and one over HTTPS before each."""

    endpoint: Endpoint
    objects: Objects
    proxies: dict[tuple[str, bool], FaultProxy]
    bundle: Path
    folder: Path
    tls: bool = False

    def use(self, monkeypatch: pytest.MonkeyPatch, tls: bool = False) -> None:
        self.tls = tls
        monkeypatch.setenv("AWS_CA_BUNDLE", str(self.bundle))
        monkeypatch.setenv("AWS_ENDPOINT_URL", self.proxies["json", tls].url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", self.proxies["s3", tls].url)
        lambda_cache.reset()

    def proxy(self, operation: Operation) -> FaultProxy:
        return self.proxies["s3" if operation.module is s3 else "json", self.tls]

    def put(self, operation: Operation, text: str) -> None:
        for name in operation.names:
            if operation.module is ssm:
                self.endpoint.put(name, text)
            elif operation.module is secrets_manager:
                self.endpoint.put_secret(name, text)
            else:
                self.objects.put_text(name, text, self.folder)
                crc = zlib.crc32(text.encode()).to_bytes(4, "big")
                self.objects.headers[name] = {
                    "x-amz-checksum-crc32": base64.b64encode(crc).decode()
                }


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext, Path]:
    """Of a trusted authority, of another, and the file with the trusted one."""
    made = []
    authorities = [trustme.CA(), trustme.CA()]
    for authority in authorities:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        made.append(context)
    bundle = folder / "ca.pem"
    authorities[0].cert_pem.write_to_path(str(bundle))
    return made[0], made[1], bundle


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("faults")
    right, other, bundle = contexts(folder)
    with ExitStack() as stack:
        endpoint = stack.enter_context(endpoints.running())
        stored = stack.enter_context(objects.running())
        proxies = {}
        for kind, url in (("json", endpoint.url), ("s3", stored.url)):
            to = ("127.0.0.1", urlsplit(url).port or 0)
            for tls in (False, True):
                secured = (right, other) if tls else ()
                proxies[kind, tls] = stack.enter_context(fault_proxy.running(to, *secured))
        yield Lab(endpoint, stored, proxies, bundle, folder)


@pytest.fixture
def lab(shared: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    shared.use(monkeypatch)
    yield shared
    for proxy in shared.proxies.values():
        proxy.clock = 0
        proxy.set(None)
        proxy.drop()
