"""Programs written for lambda-cache, as its documentation has them."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint

from lambda_cache import exceptions, ssm


def do_something(*values: Any) -> tuple[Any, ...]:
    return values


@pytest.fixture(autouse=True)
def parameters(endpoint: Endpoint) -> Endpoint:
    for name in (
        "/production/app/var",
        "/production/app/var1",
        "/production/app/var2",
        "/prod/var",
    ):
        endpoint.put(name, f"value of {name}")
    endpoint.put("/app/var1", "one")
    endpoint.put("/app/var2", "two")
    return endpoint


class LambdaContext:
    aws_request_id = "1"


CONTEXTS = pytest.mark.parametrize("make", [dict, LambdaContext, lambda: None])


@CONTEXTS
def test_single_parameter(make: Any) -> None:
    @ssm.cache(parameter="/production/app/var")
    def handler(event: Any, context: Any) -> Any:
        var = context.get("var")
        response = do_something(var)
        return response

    assert handler({}, make()) == ("value of /production/app/var",)


@pytest.mark.parametrize("make", [LambdaContext, lambda: None])
@pytest.mark.parametrize("option", ["ttl_seconds", "max_age_in_seconds"])
def test_change_cache_expiry(clock: Clock, parameters: Endpoint, make: Any, option: str) -> None:
    @ssm.cache(parameter="/production/app/var", **{option: 300})  # type: ignore[arg-type]
    def handler(event: Any, context: Any) -> Any:
        var = getattr(context, "var")  # noqa: B009
        response = do_something(var)
        return response

    handler({}, make())
    clock.pass_time(299)
    handler({}, make())
    assert len(parameters.calls) == 1
    clock.pass_time(2)
    handler({}, make())
    assert len(parameters.calls) == 2


@CONTEXTS
def test_change_cache_entry_settings(make: Any) -> None:
    @ssm.cache(parameter="/production/app/var", entry_name="new_var")
    def handler(event: Any, context: Any) -> Any:
        var = context.get("new_var")
        response = do_something(var)
        return response

    assert handler({}, make()) == ("value of /production/app/var",)


@CONTEXTS
def test_cache_multiple_parameters(make: Any) -> None:
    @ssm.cache(parameter=["/app/var1", "/app/var2"], entry_name="parameters")
    def handler(event: Any, context: Any) -> Any:
        var1 = context.get("parameters").get("var1")
        var2 = context.get("parameters").get("var2")
        response = do_something(var1, var2)
        return response

    assert handler({}, make()) == ("one", "two")


@CONTEXTS
def test_decorator_stacking(make: Any) -> None:
    @ssm.cache(parameter="/production/app/var1", ttl_seconds=30)
    @ssm.cache(parameter="/production/app/var2", ttl_seconds=60)
    def handler(event: Any, context: Any) -> Any:
        var1 = context.get("var1")
        var2 = context.get("var2")
        response = do_something(var1, var2)
        return response

    assert handler({}, make()) == ("value of /production/app/var1", "value of /production/app/var2")


@CONTEXTS
def test_cache_invalidation(parameters: Endpoint, make: Any) -> None:
    @ssm.cache(parameter="/prod/var")
    def handler(event: Any, context: Any) -> Any:
        if event.get("refresh"):
            var = ssm.get_entry(parameter="/prod/var", ttl_seconds=0)
        else:
            var = context.get("var")
        response = do_something(var)
        return response

    assert handler({}, make()) == ("value of /prod/var",)
    parameters.put("/prod/var", "newer")
    assert handler({}, make()) == ("value of /prod/var",)
    assert handler({"refresh": True}, make()) == ("newer",)
    assert handler({}, make()) == ("newer",)


def test_what_it_raises() -> None:
    with pytest.raises(exceptions.NoEntryNameError) as unnamed:
        ssm.cache(parameter=["/app/var1"])
    assert unnamed.value.Code == "NoEntryNameError"
    with pytest.raises(exceptions.ArgumentTypeNotSupportedError) as wrong:
        ssm.get_entry(parameter=123)  # type: ignore[call-overload]
    assert wrong.value.Code == "ArgumentTypeNotSupportedError"
    assert issubclass(exceptions.ArgumentTypeNotSupportedError, exceptions.LambdaCacheError)
