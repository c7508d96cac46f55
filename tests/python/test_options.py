"""What a value is made into, for parameters and secrets alike."""

from __future__ import annotations

import asyncio
import base64
import json
from types import MappingProxyType
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint
from support.service import DATABASE, HIDDEN, Service

from lambda_cache import Context, exceptions, secrets_manager, ssm

# What a value is made into.


def test_json(service: Service) -> None:
    assert service.get("/db", transform="json") == DATABASE
    assert service.get("/db", field="password") == HIDDEN
    assert service.get("/db", field="port") == 5432
    assert service.get("/db", field="hosts") == ["a", {"name": "b"}]
    assert service.get("/db", field="hosts.1.name", transform="json") == "b"
    assert service.get("/db", field="none") is None
    assert service.get("/db") == json.dumps(DATABASE)
    assert len(service.endpoint.calls) == 1, "all of them are views of one value"


def test_binary(service: Service) -> None:
    assert service.get("/key", transform="binary") == b"\x00\x01\xff\x00"
    lines = base64.encodebytes(bytes(range(256))).decode().replace("\n", "\r\n")
    service.put("/lines", lines)
    assert service.get("/lines", transform="binary") == bytes(range(256))


def test_bytes_stay_bytes(endpoint: Endpoint) -> None:
    endpoint.put_secret("/bytes", b'{"a": "b"}')
    assert secrets_manager.get_entry("/bytes", transform="binary") == b'{"a": "b"}'
    assert secrets_manager.get_entry("/bytes", transform="json") == {"a": "b"}
    assert secrets_manager.get_entry("/bytes", field="a") == "b"
    assert secrets_manager.get_entry("/bytes", transform=len) == 10


def test_auto(service: Service) -> None:
    service.put("/a.json", "[1]")
    service.put("/a.binary", "YWJj")
    service.put("/a.txt", "[1]")
    assert service.get("/a.json", transform="auto") == [1]
    assert service.get("/a.binary", transform="auto") == b"abc"
    assert service.get("/a.txt", transform="auto") == "[1]"
    assert service.get("/a.txt", transform="auto", field="0") == 1


def test_auto_goes_by_the_given_name(endpoint: Endpoint) -> None:
    endpoint.put("/a.json", "[1]")
    endpoint.put_secret("a.json", "[2]")
    assert ssm.get_entry("/a.json:1", transform="auto") == [1]
    assert ssm.get_entry("/a.json", version=1, transform="auto") == [1]
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/a.json"
    assert ssm.get_entry(arn, transform="auto") == [1]
    assert secrets_manager.get_entry(endpoint.arn_of("a.json"), transform="auto") == [2]


def test_a_function(service: Service) -> None:
    assert service.get("/text", transform=str.upper) == HIDDEN.upper()
    assert service.get("/text", transform=len) == len(HIDDEN)
    assert len(service.endpoint.calls) == 1


def test_delimiter(endpoint: Endpoint) -> None:
    endpoint.put("/paths", "/a/b")
    assert ssm.get_entry("/paths", delimiter="/") == ["", "a", "b"]
    assert ssm.get_entry("/app/list", delimiter=",") == ["a", "b", "", "c"]
    assert ssm.get_entry("/app/list", delimiter=",,") == ["a,b", "c"]
    assert ssm.get_entry("/app/list", transform=len) == 4
    assert len(endpoint.calls) == 2


def test_version_and_label(endpoint: Endpoint, clock: Clock) -> None:
    assert ssm.get_entry("/app/var", version=1) == "the value"
    assert ssm.get_entry("/app/var:1") == "the value"
    assert endpoint.names_asked == ["/app/var:1"]
    assert ssm.get_entry("/app/var", label="live") == "the value"
    clock.pass_time(1000)
    assert ssm.get_entry("/app/var", version=1) == "the value"
    assert ssm.get_entry("/app/var", label="live") == "the value"
    assert endpoint.names_asked == ["/app/var:1", "/app/var:live", "/app/var:live"]


# Several at once, each with options of its own.


@pytest.mark.parametrize("kind", [list, tuple])
def test_options_of_one_in_a_list(service: Service, kind: Any) -> None:
    names = kind(["/text", service.one("/db", field="port"), service.one("/none", default=0)])
    for _ in range(2):
        assert service.get(names) == {"text": HIDDEN, "db": 5432, "none": 0}


@pytest.mark.parametrize("kind", [dict, MappingProxyType])
def test_aliases(service: Service, kind: Any) -> None:
    names = kind({"x": "/text", "y": service.one("/db", field="user"), "z": "/text"})
    for _ in range(2):
        assert service.get(names) == {"x": HIDDEN, "y": "admin", "z": HIDDEN}

    @service.module.cache(names)  # type: ignore[untyped-decorator]
    def each_by_itself(event: Any, context: Any) -> Any:
        return [context.x, context.y, context.z]

    @service.module.cache(names, entry_name="all")  # type: ignore[untyped-decorator]
    def together(event: Any, context: Any) -> Any:
        return context["all"]

    assert each_by_itself({}, Context()) == [HIDDEN, "admin", HIDDEN]
    assert together({}, {}) == {"x": HIDDEN, "y": "admin", "z": HIDDEN}


def test_what_one_says_takes_the_place_of_what_all_say(service: Service, clock: Clock) -> None:
    got = service.get(
        {
            "field": "/db",
            "whole": service.one("/db", transform="json"),
            "length": service.one("/text", transform=len),
            "soon": service.one("/text", ttl_seconds=1, transform=str.upper),
        },
        field="user",
        ttl_seconds=100,
    )
    assert got == {
        "field": "admin",
        "whole": DATABASE,
        "length": len(HIDDEN),
        "soon": HIDDEN.upper(),
    }
    calls = len(service.endpoint.calls)
    clock.pass_time(2)
    mapping = {"x": "/db", "y": service.one("/text", ttl_seconds=1, transform=str)}
    service.get(mapping, field="user", ttl_seconds=100)
    assert len(service.endpoint.calls) == calls + 1


def test_a_label_takes_the_place_of_a_version(endpoint: Endpoint) -> None:
    names = ["/app/var1", {"parameter": "/app/var2", "label": "live"}]
    assert ssm.get_entry(names, version=1) == {"var1": "first", "var2": "second"}
    assert sorted(endpoint.names_asked) == ["/app/var1:1", "/app/var2:live"]
    got = ssm.get_entry(["/app/var1", {"parameter": "/app/list", "delimiter": ",,"}], transform=len)
    assert got == {"var1": 5, "list": ["a,b", "c"]}


def test_equal_arguments_of_other_types_are_other_arguments(service: Service) -> None:
    assert service.get([service.one("/text", ttl_seconds=1)]) == {"text": HIDDEN}
    with pytest.raises(exceptions.ArgumentTypeNotSupportedError, match="True"):
        service.get([service.one("/text", ttl_seconds=True)])
    assert service.get([service.one("/none", default=1)]) == {"none": 1}
    assert service.get([service.one("/none", default=True)])["none"] is True


def test_a_list_that_holds_itself(service: Service) -> None:
    names: list[Any] = ["/text"]
    names.append(names)
    with pytest.raises(RecursionError):
        service.get(names)


# Defaults.


@pytest.mark.parametrize("default", [None, "text", b"", 0, False, [1], {"a": [2]}])
def test_a_default(service: Service, default: Any) -> None:
    for _ in range(2):
        assert service.get("/none", default=default) == default
    with pytest.raises(exceptions.NotFoundError):
        service.get("/none")
    assert len(service.endpoint.calls) == 1, "that it is not there is remembered"


def test_a_default_is_what_it_is(service: Service) -> None:
    assert service.get("/none", default="[1]", transform="json") == "[1]"
    assert service.get("/none", default=None, field="a") is None


def test_a_default_ends_when_the_value_is_there(service: Service, clock: Clock) -> None:
    @service.module.cache("/none", default="fallback")  # type: ignore[untyped-decorator]
    def handler(event: Any, context: Any) -> Any:
        return context["none"]

    assert handler({}, {}) == "fallback"
    service.put("/none", "there")
    clock.pass_time(6)
    assert handler({}, {}) == "there"


def test_a_default_is_for_nothing_else(service: Service) -> None:
    service.endpoint.denied.add("/text")
    with pytest.raises(exceptions.AccessDeniedError):
        service.get("/text", default="fallback")


def test_a_default_is_the_callers_own(service: Service) -> None:
    mine = {"a": [1]}
    for _ in range(2):
        got = service.get("/none", default=mine)
        got["a"].append(2)
    assert mine == {"a": [1]}


def test_async(service: Service) -> None:
    async def main() -> Any:
        read = service.module.get_entry_async
        whole = await read("/db", transform="json")
        whole["hosts"].clear()
        return [
            await read("/db", field="port"),
            await read("/none", default=None),
            await read({"x": service.one("/db", field="hosts")}),
        ]

    assert asyncio.run(main()) == [5432, None, {"x": ["a", {"name": "b"}]}]
