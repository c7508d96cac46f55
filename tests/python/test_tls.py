"""HTTPS: certificates that are wrong in every way are refused, and AWS_CA_BUNDLE is trusted."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from support.endpoint import Endpoint, running

import lambda_cache
from lambda_cache import exceptions, ssm

NOW = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def serving(
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    identity: str = "localhost",
    not_before: datetime.datetime | None = None,
    not_after: datetime.datetime | None = None,
) -> Iterator[Endpoint]:
    certificate = authority.issue_cert(identity, not_before=not_before, not_after=not_after)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with running(context) as served:
        served.put("/app/var", "the value")
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        lambda_cache.reset()
        yield served


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    return bundle


def refused() -> exceptions.FetchError:
    with pytest.raises(exceptions.CertificateError) as caught:
        ssm.get_entry("/app/var")
    assert not caught.value.retryable
    return caught.value


def test_a_trusted_endpoint(
    authority: trustme.CA, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, monkeypatch) as served:
        assert ssm.get_entry("/app/var") == "the value"
        assert ssm.get_entry("/app/var", 0) == "the value"
        assert served.connections == 1


def test_an_unknown_authority(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(authority, monkeypatch) as served:
        error = refused()
        assert "issuer" in error.message or "self-signed" in error.message
        assert "AWS_CA_BUNDLE" in error.message
        assert served.calls == []


def test_an_expired_certificate(
    authority: trustme.CA, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, monkeypatch, not_before=NOW - 2 * DAY, not_after=NOW - DAY) as served:
        assert "expired" in refused().message
        assert served.calls == []


def test_another_hosts_certificate(
    authority: trustme.CA, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, monkeypatch, identity="other.example") as served:
        message = refused().message
        assert "localhost" in message
        assert served.calls == []


def test_a_bundle_that_is_not_there(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, monkeypatch):
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        lambda_cache.reset()
        with pytest.raises(exceptions.LambdaCacheError, match=r"missing\.pem"):
            ssm.get_entry("/app/var")


def test_plain_http_where_tls_is_expected(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url.replace("http:", "https:"))
    lambda_cache.reset()
    with pytest.raises(exceptions.FetchError):
        ssm.get_entry("/app/var", max_attempts=1)
