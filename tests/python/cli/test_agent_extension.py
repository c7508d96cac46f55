"""The agent's life as an extension, event by event."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from support.endpoint import Endpoint
from support.extensions_api import ExtensionsApi
from support.extensions_api import running as running_api

from .agent_process import TOKEN, ask, free_port
from .conftest import PROGRAM, Running

VAR = "/systemsmanager/parameters/get?name=/app/var"


class Extension(Running):
    def __init__(self, api: ExtensionsApi, **variables: str) -> None:
        self.port = free_port()
        super().__init__(
            "extension",
            **{
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_SESSION_TOKEN": TOKEN,
                "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(self.port),
                **variables,
            },
        )

    def get(self, target: str, **headers: str) -> tuple[str, str]:
        answer = ask(self.port, target, headers)
        assert answer.status == 200, answer.text
        return answer.headers["x-cache"], json.loads(answer.text)["Parameter"]["Value"]


@pytest.fixture
def api() -> Iterator[ExtensionsApi]:
    with running_api() as served:
        yield served


def test_it_registers_when_its_values_are_there(api: ExtensionsApi, endpoint: Endpoint) -> None:
    known_at_call = []
    endpoint.script = lambda call: known_at_call.append(api.registered.is_set())
    names = "ssm:/app/var, ssm:/app/list,ssm-path:/app/,secret:db"
    endpoint.put_secret("db", "canary-secret")
    extension = Extension(api, LAMBDA_CACHE_PREFETCH=names)
    api.wait_until_idle()
    assert (api.name, api.events) == ("lambda-cache", ["INVOKE", "SHUTDOWN"])
    assert known_at_call == [False] * 3  # two parameters are one call
    assert extension.get(VAR) == ("HIT", "the value")
    calls = len(endpoint.calls)
    # What is no SecureString is the same without decryption.
    assert extension.get(f"{VAR}&withDecryption=true") == ("HIT", "the value")
    assert len(endpoint.calls) == calls
    api.shut_down()
    assert extension.process.wait(timeout=30) == 0


def test_managed_instances_are_told_of_the_end_only(api: ExtensionsApi, endpoint: Endpoint) -> None:
    extension = Extension(api, AWS_LAMBDA_INITIALIZATION_TYPE="lambda-managed-instances")
    api.wait_until_idle()
    assert api.events == ["SHUTDOWN"]
    assert extension.get(VAR) == ("MISS", "the value")
    assert extension.end(signal.SIGTERM) == 0


def test_nothing_is_kept_for_a_snapshot(api: ExtensionsApi, endpoint: Endpoint) -> None:
    extension = Extension(
        api, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", LAMBDA_CACHE_PREFETCH="ssm:/app/var"
    )
    api.wait_until_idle()
    assert endpoint.calls == []
    for _ in range(2):  # the function asks while it is initialised
        assert extension.get(VAR) == ("MISS", "the value")
    api.invoke()  # the first one after a restore
    endpoint.wait_for_calls(3)
    decrypted = f"{VAR}&withDecryption=true"
    extension.get(decrypted)  # joins the prefetch
    assert extension.get(decrypted) == ("HIT", "the value")
    assert len(endpoint.calls) == 3
    extension.end(signal.SIGTERM)


def test_an_invocation_refreshes_what_will_soon_be_too_old(
    api: ExtensionsApi, endpoint: Endpoint
) -> None:
    extension = Extension(
        api,
        LAMBDA_CACHE_AGENT_TTL_SECONDS="2",
        LAMBDA_CACHE_PREFETCH="ssm:/app/var",
        LAMBDA_CACHE_AGENT_STATUS_PAGE="true",
    )
    api.wait_until_idle()
    endpoint.put("/app/var", "new")
    hanging = time.monotonic() + 60
    while len(endpoint.calls) < 2:  # 1.6 seconds
        assert time.monotonic() < hanging, "nothing is refreshed"
        api.invoke()
    # No request asked for it. It comes when its fetch is over.
    while extension.get(VAR)[1] != "new":
        assert time.monotonic() < hanging
    assert extension.get(VAR) == ("HIT", "new")
    extension.end(signal.SIGTERM)


@pytest.mark.parametrize("refusal", [(403, '{"errorType":"Extension.TooMany"}'), (500, "")])
def test_a_refused_registration_ends_it(
    api: ExtensionsApi, endpoint: Endpoint, refusal: tuple[int, str]
) -> None:
    api.refusal = refusal
    extension = Extension(api)
    assert extension.process.wait(timeout=30) == 1
    line = extension.line("stderr")
    assert f"refused to register the extension: HTTP {refusal[0]} {refusal[1]}" in line


def test_a_port_that_is_taken(api: ExtensionsApi, endpoint: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        extension = Extension(api, PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=port)
        assert extension.process.wait(timeout=30) == 1
    ((kind, document),) = api.errors
    assert (kind, document["errorType"]) == ("Extension.CannotListen",) * 2
    assert f"Port {port} is taken" in document["errorMessage"]


def test_what_cannot_be_taken_as_it_is_said(api: ExtensionsApi, endpoint: Endpoint) -> None:
    said = {
        "SSM_PARAMETER_STORE_TTL": "301",
        "SECRETS_MANAGER_TTL": "soon",
        "PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE": "1001",
        "PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED": "perhaps",
        "LAMBDA_CACHE_AGENT_MODE": "both",
        "LAMBDA_CACHE_AGENT_TTL_SECONDS": "-1",
    }
    extension = Extension(api, **said)
    api.wait_until_idle()
    lines = [extension.line("stderr") for _ in said]
    for name in said:
        assert any(name in line and " WARN " in line for line in lines), (name, lines)
    assert extension.get(VAR)[1] == "the value"
    extension.end(signal.SIGTERM)


def test_aws_variables(api: ExtensionsApi, endpoint: Endpoint) -> None:
    extension = Extension(api, PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED="FALSE")
    api.wait_until_idle()
    for _ in range(2):
        assert extension.get(VAR) == ("MISS", "the value")
    assert ask(extension.port, "/", {}).status == 404  # the status page
    extension.end(signal.SIGTERM)


def test_the_interface_goes(api: ExtensionsApi, endpoint: Endpoint) -> None:
    extension = Extension(api)
    api.wait_until_idle()
    api.go()
    assert extension.process.wait(timeout=30) == 0


def test_outside_of_lambda_it_says_what_to_do() -> None:
    done = subprocess.run(
        [PROGRAM, "extension"], env={}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "AWS_LAMBDA_RUNTIME_API" in done.stderr
    assert "lambda-cache serve" in done.stderr
