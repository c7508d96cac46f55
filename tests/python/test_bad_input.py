"""Wrong use is refused where it is written, and the message says what to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from support.endpoint import Endpoint

from lambda_cache import exceptions, ssm

Wrong = tuple[dict[str, Any], type[Exception], str]

WRONG: list[Wrong] = [
    ({"parameter": 5}, exceptions.ArgumentTypeNotSupportedError, "not 5"),
    ({"parameter": None}, exceptions.ArgumentTypeNotSupportedError, "not None"),
    ({"parameter": b"/x"}, exceptions.ArgumentTypeNotSupportedError, "type bytes"),
    ({"parameter": ["/a", 5], "entry_name": "e"}, exceptions.ArgumentTypeNotSupportedError, "str"),
    ({"parameter": {"a": 5}}, exceptions.ArgumentTypeNotSupportedError, "str to str"),
    ({"parameter": {5: "/a"}}, exceptions.ArgumentTypeNotSupportedError, "str to str"),
    ({"parameter": {"": "/a"}}, exceptions.InvalidArgumentError, "empty name"),
    ({"parameter": []}, exceptions.InvalidArgumentError, "empty list"),
    ({"parameter": {}}, exceptions.InvalidArgumentError, "empty mapping"),
    ({"parameter": ""}, exceptions.InvalidArgumentError, "give the name"),
    ({"parameter": "  "}, exceptions.InvalidArgumentError, "blank; give the name"),
    ({"parameter": "/app/with space"}, exceptions.InvalidArgumentError, "/app/with space"),
    ({"parameter": "/x", "ttl_seconds": -1}, exceptions.InvalidArgumentError, "ttl_seconds=-1"),
    ({"parameter": "/x", "ttl_seconds": math.nan}, exceptions.InvalidArgumentError, "nan"),
    ({"parameter": "/x", "ttl_seconds": True}, exceptions.ArgumentTypeNotSupportedError, "True"),
    ({"parameter": "/x", "ttl_seconds": "5"}, exceptions.ArgumentTypeNotSupportedError, "type str"),
    (
        {"parameter": "/x", "max_age_in_seconds": -0.5},
        exceptions.InvalidArgumentError,
        "max_age_in_seconds=-0.5",
    ),
    ({"parameter": "/x", "ttl_seconds": 1, "max_age_in_seconds": 1}, TypeError, "two names"),
    ({"parameter": "/x", "ttl": 1}, TypeError, "ttl_seconds"),
    ({"parameter": "/x", "with_decrypt": True}, TypeError, "did you mean 'with_decryption'"),
    ({"parameter": "/x", "with_decryption": 1}, TypeError, "True or False"),
    ({"parameter": "/x", "max_attempts": 0}, exceptions.InvalidArgumentError, "max_attempts=0"),
    ({"parameter": "/x", "max_attempts": 1.5}, TypeError, "whole number"),
    ({"parameter": "/x", "timeout_seconds": 0}, exceptions.InvalidArgumentError, "timeout_seconds"),
    ({"parameter": "/x", "stale_if_error_seconds": -1}, exceptions.InvalidArgumentError, "stale"),
    ({"parameter": "/x", "region": 5}, TypeError, "region"),
    ({"parameter": "/x", "region": "no region"}, exceptions.InvalidArgumentError, "eu-west-1"),
    ({"parameter": "/x", "endpoint_url": "nonsense"}, exceptions.InvalidArgumentError, "http://"),
    (
        {"parameter": "arn:aws:ssm:us-east-1:111122223333:parameter/x", "region": "eu-west-1"},
        exceptions.InvalidArgumentError,
        "us-east-1",
    ),
    ({"parameter": ["/a/x", "/b/x"], "entry_name": "e"}, exceptions.InvalidArgumentError, "/b/x"),
]


def described(case: Wrong) -> str:
    return "-".join(f"{key}={value!r}" for key, value in case[0].items())


@pytest.mark.parametrize("case", WRONG, ids=described)
@pytest.mark.parametrize("call", [ssm.cache, ssm.get_entry])
def test_wrong_arguments(case: Wrong, call: Callable[..., Any]) -> None:
    arguments, kind, said = case
    with pytest.raises(kind) as caught:
        call(**arguments)
    assert said in str(caught.value)


async def wrong_async(case: Wrong) -> None:
    with pytest.raises(case[1]):
        await ssm.get_entry_async(**case[0])


@pytest.mark.parametrize("case", WRONG, ids=described)
def test_wrong_arguments_of_get_entry_async(case: Wrong) -> None:
    import asyncio

    asyncio.run(wrong_async(case))


def test_the_parameter_is_required() -> None:
    for call in (ssm.cache, ssm.get_entry):
        with pytest.raises(TypeError, match="parameter"):
            call()  # type: ignore[call-arg,call-overload]


def test_a_list_needs_an_entry_name_in_cache_only(endpoint: Endpoint) -> None:
    with pytest.raises(exceptions.NoEntryNameError) as caught:
        ssm.cache(["/app/var1", "/app/var2"])
    assert caught.value.Code == "NoEntryNameError"
    assert ssm.get_entry(["/app/var1"]) == {"var1": "first"}


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\0b", "__class__", "__dict__"])
def test_impossible_entry_names(name: str) -> None:
    with pytest.raises(exceptions.InvalidArgumentError, match="entry_name"):
        ssm.cache("/x", entry_name=name)


@pytest.mark.parametrize("name", [5, b"x", ["x"], True])
def test_entry_names_that_are_no_str(name: Any) -> None:
    with pytest.raises(exceptions.ArgumentTypeNotSupportedError, match="entry_name"):
        ssm.cache("/x", entry_name=name)


@pytest.mark.parametrize("nothing", [None, False])
def test_no_entry_name_as_lambda_cache_writes_it(nothing: Any) -> None:
    ssm.cache("/x", 60, nothing)


LAMBDA_CONTEXT = [
    "function_name",
    "function_version",
    "invoked_function_arn",
    "memory_limit_in_mb",
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "identity",
    "client_context",
    "tenant_id",
    "get_remaining_time_in_millis",
    "log",
    "get",
]


@pytest.mark.parametrize("name", LAMBDA_CONTEXT)
def test_names_that_hide_what_a_context_has(name: str) -> None:
    for arguments in (
        {"parameter": f"/app/{name}"},
        {"parameter": "/app/x", "entry_name": name},
        {"parameter": {name: "/app/x"}},
    ):
        with pytest.raises(exceptions.InvalidArgumentError, match=name):
            ssm.cache(**arguments)
    ssm.cache({name: "/app/x"}, entry_name="parameters")  # inside a mapping nothing is hidden


def test_decorating_without_a_call() -> None:
    with pytest.raises(TypeError, match=r"@ssm.cache\(parameter="):

        @ssm.cache  # type: ignore[arg-type]
        def handler(event: object, context: object) -> None: ...


def test_two_stacked_with_one_name() -> None:
    with pytest.raises(exceptions.InvalidArgumentError, match="'var'"):

        @ssm.cache("/a/var")
        @ssm.cache("/b/var")
        def handler(event: object, context: object) -> None: ...


def test_what_cannot_be_a_handler() -> None:
    decorate: Any = ssm.cache("/a/var")

    class Handler:
        pass

    for thing, said in (
        (5, "callable"),
        (Handler, "Handler"),
        (classmethod(print), "below @classmethod"),
        (staticmethod(print), "below @staticmethod"),
        (lambda: None, "context"),
        (lambda event: None, "context"),
    ):
        with pytest.raises(TypeError, match=said):
            decorate(thing)
