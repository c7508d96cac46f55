"""Wrong options are refused where they are written, by their names and with what is legal."""

from __future__ import annotations

from typing import Any

import pytest
from support.endpoint import Endpoint
from support.service import Service

from lambda_cache import exceptions, secrets_manager, ssm

WRONG: list[tuple[dict[str, Any], type[Exception], list[str]]] = [
    (
        {"transform": "yaml"},
        exceptions.InvalidArgumentError,
        ["transform='yaml'", "'json'", "'binary'", "'auto'", "function"],
    ),
    ({"transform": 5}, exceptions.ArgumentTypeNotSupportedError, ["transform", "'json'"]),
    ({"field": ""}, exceptions.InvalidArgumentError, ["field=''", "'password'"]),
    ({"field": "a..b"}, exceptions.InvalidArgumentError, ["field='a..b'"]),
    ({"field": 5}, exceptions.ArgumentTypeNotSupportedError, ["field", "str"]),
    (
        {"field": "a", "transform": "binary"},
        exceptions.InvalidArgumentError,
        ["field='a'", "transform"],
    ),
    ({"field": "a", "transform": len}, exceptions.InvalidArgumentError, ["field", "transform"]),
    ({"timeout_seconds": 0}, exceptions.InvalidArgumentError, ["timeout_seconds=0", "more than 0"]),
    ({"timeout_seconds": "1"}, exceptions.ArgumentTypeNotSupportedError, ["timeout_seconds"]),
    ({"max_attempts": 0}, exceptions.InvalidArgumentError, ["max_attempts=0", "between 1 and 100"]),
    ({"max_attempts": True}, exceptions.ArgumentTypeNotSupportedError, ["max_attempts", "whole"]),
    ({"stale_if_error_seconds": -1}, exceptions.InvalidArgumentError, ["stale_if_error_seconds"]),
    ({"refresh_ahead_seconds": -1}, exceptions.InvalidArgumentError, ["refresh_ahead_seconds=-1"]),
    ({"ttl_seconds": -1}, exceptions.InvalidArgumentError, ["ttl_seconds=-1", "0 or more"]),
    ({"max_age_in_seconds": "1"}, exceptions.ArgumentTypeNotSupportedError, ["max_age_in_seconds"]),
    ({"region": "Mars"}, exceptions.InvalidArgumentError, ["region='Mars'", "eu-west-1"]),
    ({"region": 1}, exceptions.ArgumentTypeNotSupportedError, ["region", "str"]),
    ({"endpoint_url": "gopher://x"}, exceptions.InvalidArgumentError, ["http://"]),
    ({"defaults": 1}, TypeError, ["'defaults'", "did you mean 'default'"]),
]
WRONG_OF_PARAMETERS: list[tuple[dict[str, Any], type[Exception], list[str]]] = [
    ({"version": 0}, exceptions.InvalidArgumentError, ["version=0", "counted from 1"]),
    ({"version": 2**63}, exceptions.InvalidArgumentError, ["version="]),
    ({"version": "3"}, exceptions.ArgumentTypeNotSupportedError, ["version", "whole number"]),
    ({"label": ""}, exceptions.InvalidArgumentError, ["label=''", "letters"]),
    ({"label": "3"}, exceptions.InvalidArgumentError, ["label='3'"]),
    ({"label": "a:b"}, exceptions.InvalidArgumentError, ["label='a:b'", "letters"]),
    ({"label": 3}, exceptions.ArgumentTypeNotSupportedError, ["label", "str"]),
    ({"version": 1, "label": "a"}, exceptions.InvalidArgumentError, ["version and label"]),
    ({"delimiter": ""}, exceptions.InvalidArgumentError, ["delimiter"]),
    ({"delimiter": 1}, exceptions.ArgumentTypeNotSupportedError, ["delimiter", "str"]),
    (
        {"delimiter": ",", "transform": "json"},
        exceptions.InvalidArgumentError,
        ["delimiter", "transform"],
    ),
    ({"with_decryption": "no"}, exceptions.ArgumentTypeNotSupportedError, ["with_decryption"]),
    ({"version_id": "x" * 36}, TypeError, ["'version_id'"]),
]
WRONG_OF_SECRETS: list[tuple[dict[str, Any], type[Exception], list[str]]] = [
    ({"version_id": "3"}, exceptions.InvalidArgumentError, ["version_id='3'", "32 to 64"]),
    ({"version_id": ""}, exceptions.InvalidArgumentError, ["version_id"]),
    ({"version_id": 3}, exceptions.ArgumentTypeNotSupportedError, ["version_id", "str"]),
    ({"version_stage": ""}, exceptions.InvalidArgumentError, ["version_stage"]),
    ({"version_stage": "x" * 257}, exceptions.InvalidArgumentError, ["version_stage", "256"]),
    (
        {"version_stage": "AWSPREVIOUS", "version_id": "x" * 36},
        exceptions.InvalidArgumentError,
        ["version_id and version_stage"],
    ),
    (
        {"rotation_aware": 1},
        exceptions.ArgumentTypeNotSupportedError,
        ["rotation_aware", "True or"],
    ),
    ({"with_decryption": True}, TypeError, ["'with_decryption'"]),
    ({"version": 1}, TypeError, ["'version'"]),
]
Wrong = tuple[dict[str, Any], type[Exception], list[str]]


def refused(module: Any, argument: str, case: Wrong) -> None:
    options, kind, said = case
    for call in (module.cache, module.get_entry):
        one_of_several = {"x": {argument: "/x", **options}}
        for names, given in (("/x", options), ({"x": "/x"}, options), (one_of_several, {})):
            with pytest.raises(kind) as caught:
                call(names, **given)
            for part in said:
                assert part in str(caught.value)


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_options(service: Service, case: Wrong) -> None:
    refused(service.module, service.argument, case)
    assert not service.endpoint.calls


@pytest.mark.parametrize("case", WRONG_OF_PARAMETERS, ids=str)
def test_wrong_options_of_parameters(case: Wrong) -> None:
    refused(ssm, "parameter", case)


@pytest.mark.parametrize("case", WRONG_OF_SECRETS, ids=str)
def test_wrong_options_of_secrets(case: Wrong) -> None:
    refused(secrets_manager, "name", case)


def test_a_version_in_the_name_and_another(endpoint: Endpoint) -> None:
    for option in ({"version": 3}, {"label": "live"}):
        with pytest.raises(exceptions.InvalidArgumentError, match="':2'"):
            ssm.get_entry("/x:2", **option)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "empty"),
        ("a b", "a space"),
        ("a:b", "':'"),
        ("x" * 513, "512"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/x", "'ssm'"),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:x", "12 digits"),
    ],
)
def test_names_that_cannot_be_a_secrets(name: str, said: str) -> None:
    for call in (secrets_manager.cache, secrets_manager.get_entry):
        with pytest.raises(exceptions.InvalidArgumentError, match="Secret name") as caught:
            call(name)
        assert said in str(caught.value)


@pytest.mark.parametrize("name", [5, None, b"/x", {"x"}, ["/a", 5], {"x": 5}, {5: "/x"}])
def test_names_of_the_wrong_type(service: Service, name: Any) -> None:
    for call in (service.module.cache, service.module.get_entry):
        with pytest.raises(exceptions.ArgumentTypeNotSupportedError):
            call(name)


def test_one_of_several_needs_its_name(service: Service) -> None:
    for wrong in ({"field": "a"}, {service.argument: 5}, {}):
        with pytest.raises(exceptions.ArgumentTypeNotSupportedError, match="need its name"):
            service.get([wrong])
    with pytest.raises(TypeError, match="'entry_name'") as caught:
        service.get([service.one("/x", entry_name="y")])
    assert "entry_name," not in str(caught.value), "which is no option of one among several"
    with pytest.raises(TypeError, match="unknown option 5"):
        service.get([{service.argument: "/x", 5: 1}])


def test_an_arn_needs_a_name_to_be_injected_under(endpoint: Endpoint) -> None:
    arn = endpoint.arn_of("db")
    for names, options in ((arn, {}), ([arn], {"entry_name": "all"}), ("/a/", {})):
        with pytest.raises(exceptions.NoEntryNameError, match="gives none"):
            secrets_manager.cache(names, **options)  # type: ignore[arg-type]
    with pytest.raises(exceptions.NoEntryNameError):
        secrets_manager.get_entry([arn])
    secrets_manager.cache({"db": arn})


def test_decorating_without_a_call(service: Service) -> None:
    with pytest.raises(TypeError, match=f"{service.argument}='/my/"):
        service.module.cache(lambda event, context: None)
