"""Secrets: what is asked, what is handed out, whose errors they are."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Call, Endpoint, Refusal

import lambda_cache
from lambda_cache import Context, exceptions, secrets_manager, ssm

DB = "/prod/db/conn_string"


@pytest.fixture(autouse=True)
def secrets(endpoint: Endpoint) -> Endpoint:
    endpoint.put_secret(DB, "postgres://")
    endpoint.put_secret("/prod/key", b"\x00\x01\xff\x00")
    return endpoint


def operations(endpoint: Endpoint) -> list[str]:
    return sorted(call.operation for call in endpoint.calls)


def test_one_is_one_call(endpoint: Endpoint) -> None:
    for _ in range(3):
        assert secrets_manager.get_entry(DB) == "postgres://"
        assert secrets_manager.get_entry(name=DB) == "postgres://"
    assert endpoint.calls == [Call("GetSecretValue", [DB], False, "eu-west-1", "secretsmanager")]


def test_bytes_are_bytes(endpoint: Endpoint) -> None:
    value = secrets_manager.get_entry("/prod/key")
    assert type(value) is bytes
    assert value == b"\x00\x01\xff\x00"


@pytest.mark.parametrize("name", ["aZ0/_+=.@-x", "rds!cluster-1a96bebc", "plain", "/a/"])
def test_every_legal_character(endpoint: Endpoint, name: str) -> None:
    endpoint.put_secret(name, "value")
    assert secrets_manager.get_entry(name) == "value"
    assert secrets_manager.get_entry({"x": name}) == {"x": "value"}


def test_several_are_one_mapping_and_one_call(endpoint: Endpoint) -> None:
    for _ in range(2):
        got = secrets_manager.get_entry([DB, "/prod/key"])
        assert got == {"conn_string": "postgres://", "key": b"\x00\x01\xff\x00"}
    assert operations(endpoint) == ["BatchGetSecretValue"]


def test_twenty_one_are_two_calls_side_by_side(endpoint: Endpoint) -> None:
    names = [f"/many/{i}" for i in range(21)]
    for name in names:
        endpoint.put_secret(name, f"value of {name}")
    both = threading.Barrier(2)
    endpoint.script = lambda call: both.wait(20)
    got = secrets_manager.get_entry(names)
    assert got == {str(i): f"value of /many/{i}" for i in range(21)}
    assert operations(endpoint) == ["BatchGetSecretValue", "GetSecretValue"]


def test_stacked_with_parameters_costs_one_round(endpoint: Endpoint) -> None:
    both = threading.Barrier(2)
    endpoint.script = lambda call: both.wait(20)

    @ssm.cache("/app/var1")
    @secrets_manager.cache(name=DB)
    @ssm.cache(["/app/var2"], entry_name="parameters")
    @secrets_manager.cache("/prod/key", entry_name="key")
    def handler(event: Any, context: Any) -> Any:
        return [context["var1"], context["conn_string"], context["parameters"], context["key"]]

    for _ in range(2):
        assert handler({}, {}) == [
            "first",
            "postgres://",
            {"var2": "second"},
            b"\x00\x01\xff\x00",
        ]
    assert operations(endpoint) == ["BatchGetSecretValue", "GetParameters"]


def test_a_secret_and_a_parameter_of_one_name_never_meet(endpoint: Endpoint) -> None:
    endpoint.put("/twin", "a parameter")
    endpoint.put_secret("/twin", "a secret")
    for _ in range(2):
        assert ssm.get_entry("/twin") == "a parameter"
        assert secrets_manager.get_entry("/twin") == "a secret"
    endpoint.put_secret("/twin", "newer")
    assert secrets_manager.get_entry("/twin", ttl_seconds=0) == "newer"
    assert ssm.get_entry("/twin") == "a parameter"
    assert len(endpoint.calls) == 3


def test_what_one_refreshes_the_others_see(endpoint: Endpoint, clock: Clock) -> None:
    @secrets_manager.cache(DB, max_age_in_seconds=300)
    def handler(event: Any, context: Any) -> Any:
        return context.conn_string

    assert handler({}, Context()) == "postgres://"
    endpoint.put_secret(DB, "mysql://")
    clock.pass_time(200)
    assert handler({}, Context()) == "postgres://"
    assert secrets_manager.get_entry(DB) == "mysql://"
    assert handler({}, Context()) == "mysql://"
    assert len(endpoint.calls) == 2


def test_versions_and_stages(endpoint: Endpoint, clock: Clock) -> None:
    first = endpoint.put_secret("/db", "one")
    endpoint.put_secret("/db", "two")
    assert secrets_manager.get_entry("/db") == "two"
    assert secrets_manager.get_entry("/db", version_stage="AWSCURRENT") == "two"
    assert len(endpoint.calls) == 1
    assert secrets_manager.get_entry("/db", version_stage="AWSPREVIOUS") == "one"
    assert secrets_manager.get_entry("/db", version_id=first) == "one"
    assert [call.version_stage for call in endpoint.calls] == ["", "AWSPREVIOUS", ""]
    assert [call.version_id for call in endpoint.calls] == ["", "", first]
    endpoint.put_secret("/db", "three")
    clock.pass_time(10_000)
    assert secrets_manager.get_entry("/db", version_id=first) == "one"
    assert len(endpoint.calls) == 3, "a version is never read again"
    assert secrets_manager.get_entry("/db", version_stage="AWSPREVIOUS") == "two"
    assert secrets_manager.get_entry("/db", version_id=first, ttl_seconds=0) == "one"
    assert len(endpoint.calls) == 5, "but a forced read asks"


def test_options_of_one_among_several(endpoint: Endpoint) -> None:
    endpoint.put_secret("/db", "one")
    endpoint.put_secret("/db", "two")
    got = secrets_manager.get_entry(
        {
            "new": "/db",
            "old": {"name": "/db", "version_stage": "AWSPREVIOUS"},
            "none": {"name": "/none", "default": None},
        }
    )
    assert got == {"new": "two", "old": "one", "none": None}


def test_arns(endpoint: Endpoint) -> None:
    arn = endpoint.arn_of("/prod/key")
    assert secrets_manager.get_entry(arn) == b"\x00\x01\xff\x00"
    assert secrets_manager.get_entry({"key": arn, "db": DB}) == {
        "key": b"\x00\x01\xff\x00",
        "db": "postgres://",
    }

    @secrets_manager.cache(arn, entry_name="key")
    def handler(event: Any, context: Any) -> Any:
        return context["key"]

    assert handler({}, {}) == b"\x00\x01\xff\x00"


def test_the_region_of_an_arn_counts(endpoint: Endpoint) -> None:
    arn = endpoint.arn_of(DB, "us-east-1")
    assert secrets_manager.get_entry(arn) == "postgres://"
    assert [call.region for call in endpoint.calls] == ["us-east-1"]


def test_a_role_without_the_batch(endpoint: Endpoint, clock: Clock) -> None:
    endpoint.denied.add("BatchGetSecretValue")
    for _ in range(2):
        assert secrets_manager.get_entry([DB, "/prod/key"])["conn_string"] == "postgres://"
        clock.pass_time(61)
    assert Counter(operations(endpoint)) == {"BatchGetSecretValue": 1, "GetSecretValue": 4}


def test_an_answer_that_is_not_complete(endpoint: Endpoint) -> None:
    endpoint.put_secret("/third", "3")
    endpoint.page = 1
    assert secrets_manager.get_entry([DB, "/prod/key", "/third"])["third"] == "3"
    assert Counter(operations(endpoint)) == {"BatchGetSecretValue": 1, "GetSecretValue": 2}


def test_one_denied_among_several(endpoint: Endpoint) -> None:
    endpoint.put_secret("/denied", "no")
    endpoint.denied.add("/denied")
    with pytest.raises(exceptions.AccessDeniedError) as caught:
        secrets_manager.get_entry([DB, "/denied"])
    assert caught.value.name == "/denied"
    assert caught.value.service == "secretsmanager"
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "secretsmanager:GetSecretValue" in str(caught.value)
    assert secrets_manager.get_entry(DB) == "postgres://"
    assert len(endpoint.calls) == 1, "the others came with it"


def test_what_is_missing(endpoint: Endpoint) -> None:
    for read in (
        lambda: secrets_manager.get_entry("/none"),
        lambda: secrets_manager.get_entry(["/none", "/nor"]),
        lambda: secrets_manager.get_entry(DB, version_stage="AWSPENDING"),
    ):
        with pytest.raises(exceptions.SecretNotFoundError) as caught:
            read()
        assert isinstance(caught.value, exceptions.NotFoundError)
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.name == f"{DB}#version_stage=AWSPENDING"


def test_throttled_and_stale(endpoint: Endpoint, clock: Clock) -> None:
    assert secrets_manager.get_entry(DB) == "postgres://"

    def throttle(call: Call) -> None:
        raise Refusal("ThrottlingException")

    endpoint.script = throttle
    clock.pass_time(61)
    assert secrets_manager.get_entry(DB) == "postgres://"
    with pytest.raises(exceptions.ThrottledError):
        secrets_manager.get_entry(DB, stale_if_error_seconds=0)


def test_async(endpoint: Endpoint) -> None:
    @secrets_manager.cache(DB)
    @ssm.cache("/app/var")
    async def handler(event: Any, context: Any) -> Any:
        key = await secrets_manager.get_entry_async("/prod/key", default=b"")
        return [context["conn_string"], context["var"], key]

    async def main() -> Any:
        first = await handler({}, {})
        return first, await handler({}, {})

    endpoint.put_secret("/prod/key", b"newer")
    both = threading.Barrier(2)  # of the handler's; the third call is one by itself
    endpoint.script = lambda call: both.wait(20) if "/prod/key" not in call.names else None
    assert asyncio.run(main()) == (["postgres://", "the value", b"newer"],) * 2
    assert len(endpoint.calls) == 3


def test_many_threads_are_one_call(endpoint: Endpoint) -> None:
    arrived = threading.Event()
    endpoint.script = lambda call: arrived.wait(20)
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(secrets_manager.get_entry(DB)))
        for _ in range(16)
    ]
    for each in threads:
        each.start()
    endpoint.wait_for_calls(1)
    arrived.set()
    for each in threads:
        each.join()
    assert found == ["postgres://"] * 16
    assert len(endpoint.calls) == 1


def test_an_endpoint_of_its_own(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint.url)
    lambda_cache.reset()
    assert secrets_manager.get_entry(DB) == "postgres://"
    with pytest.raises(exceptions.EndpointConnectionError):
        ssm.get_entry("/app/var", max_attempts=1)


def test_64_kib(endpoint: Endpoint) -> None:
    texts = {f"/large/{i}": chr(0x1F511 + i) * 16384 for i in range(20)}
    for name, value in texts.items():
        endpoint.put_secret(name, value)
    got = secrets_manager.get_entry(list(texts))
    assert got == {name.rpartition("/")[2]: value for name, value in texts.items()}
    assert len(endpoint.calls) == 1
