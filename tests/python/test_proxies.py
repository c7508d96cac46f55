"""Through a proxy: tunnels for https:// endpoints, requests of its own form for http:// ones."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from conftest import Clock
from support.moto_process import Moto
from support.proxy import Proxy

import lambda_cache
from lambda_cache import exceptions, ssm
from support import endpoint as scripted
from support import moto_process
from support import proxy as proxies

# A name that no DNS knows: only the proxy can tell where it leads.
NAME = "ssm.test.invalid"
PASSWORD = "user:pass/word"
IN_A_URL = "user:pass%2Fword"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def folder(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the certificates: ca.pem, chain.pem and key.pem."""
    made: Path = tmp_path_factory.mktemp("certificates")
    issued = authority.issue_cert(NAME, "localhost")
    authority.cert_pem.write_to_path(str(made / "ca.pem"))
    issued.cert_chain_pems[0].write_to_path(str(made / "chain.pem"))
    issued.private_key_pem.write_to_path(str(made / "key.pem"))
    return made


@pytest.fixture
def context(folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    return made


@pytest.fixture(params=["http", "https"])
def proxy(
    request: pytest.FixtureRequest,
    context: ssl.SSLContext,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Proxy]:
    """Spoken to in the clear, and over TLS."""
    with proxies.running(context if request.param == "https" else None) as made:
        url = f"{request.param}://localhost:{made.port}"
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(folder / "ca.pem"))
        lambda_cache.reset()
        yield made


@pytest.fixture
def plain_proxy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with proxies.running() as made:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_A_URL}@127.0.0.1:{made.port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://{IN_A_URL}@127.0.0.1:{made.port}")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(folder / "ca.pem"))
        made.password = PASSWORD
        yield made


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.fixture
def secure(context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[scripted.Endpoint]:
    """An endpoint over TLS that checks signatures."""
    with scripted.running(context) as served:
        served.put("/app/var", "the value")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://{NAME}")
        lambda_cache.reset()
        yield served


def test_a_tunnel_shows_the_proxy_the_name_only(proxy: Proxy, secure: scripted.Endpoint) -> None:
    proxy.names[NAME, 443] = port_of(secure.url)
    assert ssm.get_entry("/app/var") == "the value"
    assert ssm.get_entry("/app/var", 0) == "the value"
    assert proxy.lines == [f"CONNECT {NAME}:443"]
    assert set(proxy.asked[0].headers) == {"host", "user-agent"}
    assert secure.connections == 1
    for secret in (b"AWS4", b"Authorization", b"/app/var", b"the value", b"AKIDEXAMPLE"):
        assert secret not in proxy.passed
    assert len(proxy.passed) > 1000


def test_a_plain_endpoint(
    proxy: Proxy, endpoint: scripted.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.names[NAME, 8080] = port_of(endpoint.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{NAME}:8080")
    lambda_cache.reset()
    assert ssm.get_entry("/app/var") == "the value"
    assert proxy.lines == [f"POST http://{NAME}:8080/"]
    assert proxy.asked[0].headers["host"] == f"{NAME}:8080"
    assert proxy.asked[0].headers["authorization"].startswith("AWS4-HMAC-SHA256")


def test_this_machine_is_asked_directly(proxy: Proxy, endpoint: scripted.Endpoint) -> None:
    assert ssm.get_entry("/app/var") == "the value"
    assert proxy.asked == []


def test_a_password_is_told_to_the_proxy_only(
    plain_proxy: Proxy, secure: scripted.Endpoint
) -> None:
    plain_proxy.names[NAME, 443] = port_of(secure.url)
    assert ssm.get_entry("/app/var") == "the value"
    assert "proxy-authorization" in plain_proxy.asked[0].headers


def test_a_wrong_password(plain_proxy: Proxy, secure: scripted.Endpoint) -> None:
    plain_proxy.password = "user:another"
    with pytest.raises(exceptions.RequestRejectedError) as caught:
        ssm.get_entry("/app/var")
    error = caught.value
    assert not error.retryable
    assert error.status == 407
    assert f"the proxy 127.0.0.1:{plain_proxy.port} (HTTPS_PROXY)" in error.message
    assert "refuses the user name and the password" in error.message
    assert "pass/word" not in repr(error) + error.message + repr(vars(error))
    assert "pass%2Fword" not in repr(error) + error.message + repr(vars(error))
    # A definite refusal that is about no name: it is not asked again and again.
    assert len(plain_proxy.asked) == 1
    with pytest.raises(exceptions.RequestRejectedError):
        ssm.get_entry(["/app/other", "/app/another", "/app/third"])
    assert len(plain_proxy.asked) == 2


def test_a_proxy_in_trouble_passes(proxy: Proxy, secure: scripted.Endpoint, clock: Clock) -> None:
    proxy.names[NAME, 443] = port_of(secure.url)
    assert ssm.get_entry("/app/var", 60) == "the value"
    proxy.hang_up()
    proxy.refuses = 503
    clock.pass_time(90)
    assert ssm.get_entry("/app/var", 60) == "the value"  # what there is, as for any passing failure
    with pytest.raises(exceptions.EndpointConnectionError) as caught:
        ssm.get_entry("/app/var", 60, stale_if_error_seconds=0)
    assert caught.value.retryable
    assert caught.value.status == 503
    assert f"(HTTPS_PROXY) answered with HTTP status 503: it does not reach {NAME}:443" in str(
        caught.value
    )


def test_a_proxy_that_says_no_is_definite(
    proxy: Proxy, secure: scripted.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.refuses = 403
    for url, said in (
        (f"https://{NAME}", "(HTTPS_PROXY) answered"),
        (f"http://{NAME}", "NO_PROXY"),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        lambda_cache.reset()
        with pytest.raises(exceptions.RequestRejectedError) as caught:
            ssm.get_entry("/app/var")
        assert not caught.value.retryable
        assert said in caught.value.message
    assert len(proxy.asked) == 2


def test_a_proxy_that_is_gone(secure: scripted.Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxies.running() as gone:
        pass
    monkeypatch.setenv("https_proxy", f"http://{IN_A_URL}@127.0.0.1:{gone.port}")
    lambda_cache.reset()
    with pytest.raises(exceptions.EndpointConnectionError) as caught:
        ssm.get_entry("/app/var", max_attempts=1)
    assert caught.value.retryable
    assert f"cannot connect to the proxy 127.0.0.1:{gone.port} (https_proxy)" in str(caught.value)
    assert "word" not in str(caught.value)


def test_tunnels_that_died_while_the_function_was_frozen(
    proxy: Proxy, secure: scripted.Endpoint, clock: Clock
) -> None:
    proxy.names[NAME, 443] = port_of(secure.url)
    assert ssm.get_entry("/app/var") == "the value"
    proxy.hang_up()
    secure.put("/app/var", "a newer value")
    clock.freeze(3600)
    assert ssm.get_entry("/app/var", max_attempts=1) == "a newer value"
    assert proxy.lines == [f"CONNECT {NAME}:443"] * 2


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy"])
def test_what_is_no_proxy_is_refused_without_being_repeated(
    variable: str, secure: scripted.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "socks5://user:canary-hunter2@127.0.0.1:1")
    lambda_cache.reset()
    with pytest.raises(
        exceptions.ConfigurationError, match=f"^{variable} is not the URL"
    ) as caught:
        ssm.get_entry("/app/var")
    assert "canary-hunter2" not in str(caught.value)
    assert secure.calls == []


# Reads a parameter of moto by boto3, in the environment that it is given.
BOTO3 = """
import json, boto3
client = boto3.client("ssm", "eu-west-1")
print(json.dumps(client.get_parameter(Name="/app/var")["Parameter"]["Value"]))
"""


def boto3_reads() -> Any:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    read = subprocess.run(
        [moto_process.interpreter(), "-c", BOTO3],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert read.returncode == 0, read.stderr
    return json.loads(read.stdout)


@pytest.fixture(params=["http", "https"])
def moto(
    request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Moto]:
    files = (str(folder / "chain.pem"), str(folder / "key.pem"))
    with moto_process.running(files if request.param == "https" else None) as served:
        if request.param == "https":
            served.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        served.put("/app/var", "moto's value")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"{request.param}://{NAME}:8443")
        lambda_cache.reset()
        yield served


def test_boto3_goes_the_same_way(moto: Moto, plain_proxy: Proxy) -> None:
    plain_proxy.names[NAME, 8443] = port_of(moto.url)
    lambda_cache.reset()
    assert ssm.get_entry("/app/var") == "moto's value"
    ours = plain_proxy.asked.copy()
    assert boto3_reads() == "moto's value"
    (theirs,) = plain_proxy.asked[len(ours) :]
    assert [(each.method, each.target) for each in ours] == [(theirs.method, theirs.target)]
    assert ours[0].headers["proxy-authorization"] == theirs.headers["proxy-authorization"]
