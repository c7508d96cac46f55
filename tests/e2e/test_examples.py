"""The examples that lambda-cache's users know, unchanged: functions/<example>.py."""

from __future__ import annotations

import callers
import pytest
from local_lambda import Call, Endpoint

every_context = pytest.mark.parametrize("context", callers.CONTEXTS)


def names_asked_for(endpoint: Endpoint) -> list[tuple[str, ...]]:
    return [call.names for call in endpoint.calls()]


@pytest.mark.parametrize(
    ("example", "max_age"),
    [("single", 60), ("entry_name", 60), ("ttl", 300), ("max_age", 300), ("get_entry", 300)],
)
@every_context
def test_single_value_is_kept_for_its_max_age(
    endpoint: Endpoint, example: str, context: str, max_age: int
) -> None:
    endpoint.put("/production/app/var", "old")
    with callers.start_example(example, context, endpoint) as function:
        assert function.call({}) == ["old"]
        endpoint.put("/production/app/var", "new")
        assert function.call({}) == ["old"]
        # Real time passes as well, so not to the last second.
        assert function.call({"seconds_pass": max_age - 25}) == ["old"]
        assert names_asked_for(endpoint) == [("/production/app/var",)]
        assert function.call({"seconds_pass": 25}) == ["new"]
        assert function.call({}) == ["new"]
        assert names_asked_for(endpoint) == [("/production/app/var",)] * 2


@pytest.mark.parametrize("context", ["LambdaContext", "None"])
def test_single_value_is_an_attribute(endpoint: Endpoint, context: str) -> None:
    endpoint.put("/production/app/var", "value")
    with callers.start_example("single_attribute", context, endpoint) as function:
        assert function.call({}) == ["value"]
        assert function.call({}) == ["value"]
    assert len(endpoint.calls()) == 1


@every_context
def test_several_are_one_mapping_and_one_call(endpoint: Endpoint, context: str) -> None:
    endpoint.put("/app/var1", "one", "SecureString")
    endpoint.put("/app/var2", "a,b", "StringList")
    with callers.start_example("several", context, endpoint) as function:
        assert function.call({}) == ["one", ["a", "b"]]
        endpoint.put("/app/var1", "uno", "SecureString")
        endpoint.put("/app/var2", "c", "StringList")
        assert function.call({}) == ["one", ["a", "b"]]
        assert function.call({"seconds_pass": 60}) == ["uno", ["c"]]
    assert endpoint.calls() == [Call("GetParameters", ("/app/var1", "/app/var2"))] * 2


@every_context
def test_stacked_values_are_fetched_together_and_age_apart(
    endpoint: Endpoint, context: str
) -> None:
    endpoint.put("/production/app/var1", "one")
    endpoint.put("/production/app/var2", "two")
    both = Call("GetParameters", ("/production/app/var1", "/production/app/var2"))
    with callers.start_example("stacking", context, endpoint) as function:
        assert function.call({}) == ["one", "two"]
        assert function.call({}) == ["one", "two"]
        assert endpoint.calls() == [both]

        endpoint.put("/production/app/var1", "uno")
        endpoint.put("/production/app/var2", "due")
        assert function.call({"seconds_pass": 30}) == ["uno", "two"]
        assert names_asked_for(endpoint) == [both.names, ("/production/app/var1",)]
        assert function.call({"seconds_pass": 30}) == ["uno", "due"]


@pytest.mark.parametrize("example", ["invalidation", "invalidation_max_age"])
@every_context
def test_an_age_of_zero_asks_anew_whatever_is_cached(
    endpoint: Endpoint, example: str, context: str
) -> None:
    endpoint.put("/prod/var", "old")
    with callers.start_example(example, context, endpoint) as function:
        assert function.call({}) == ["old"]
        endpoint.put("/prod/var", "new")
        assert function.call({}) == ["old"]
        assert function.call({"refresh": True}) == ["new"]
        assert len(endpoint.calls()) == 2
        # What was fetched is what everybody sees from now on.
        assert function.call({}) == ["new"]
        assert len(endpoint.calls()) == 2


@every_context
def test_an_age_of_zero_turns_the_cache_off(endpoint: Endpoint, context: str) -> None:
    with callers.start_example("never_cached", context, endpoint) as function:
        for value in ("a", "b", "c"):
            endpoint.put("/production/app/var", value)
            assert function.call({}) == [value]
    assert len(endpoint.calls()) == 3


@pytest.mark.parametrize("context", ["LambdaContext"])
def test_the_default_age_is_set_by_the_environment(endpoint: Endpoint, context: str) -> None:
    endpoint.put("/production/app/var", "old")
    start = callers.start_example("single", context, endpoint, LAMBDA_CACHE_TTL_SECONDS="600")
    with start as function:
        assert function.call({}) == ["old"]
        endpoint.put("/production/app/var", "new")
        assert function.call({"seconds_pass": 500}) == ["old"]
        assert function.call({"seconds_pass": 100}) == ["new"]


def test_the_real_context_keeps_its_class_and_fields(endpoint: Endpoint) -> None:
    endpoint.put("/production/app/var", "value")
    with callers.start_example("every_context", "LambdaContext", endpoint) as function:
        seen = [function.call({}) for _ in range(2)]
    for each in seen:
        assert each["type"] == "LambdaContext"
        assert each["function_name"] == "example"
        assert 0 < each["remaining"] <= 30_000
        assert each["var"] == ["value", "value", "value", "default"]
    assert seen[0]["request_id"] != seen[1]["request_id"]
    assert len(endpoint.calls()) == 1
