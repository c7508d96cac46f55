"""ssm.get_entry: values, freshness, refusals, errors."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint, Refusal

import lambda_cache
from lambda_cache import exceptions, ssm


def test_a_string_is_fetched_once(endpoint: Endpoint) -> None:
    assert [ssm.get_entry("/app/var") for _ in range(3)] == ["the value"] * 3
    assert endpoint.names_asked == ["/app/var"]
    assert endpoint.connections == 1


def test_values_by_type(endpoint: Endpoint) -> None:
    assert ssm.get_entry("/app/secret") == "hidden"
    assert ssm.get_entry("/app/list") == ["a", "b", "", "c"]
    assert ssm.get_entry("/app/secret", with_decryption=False) == "encrypted:neddih"


def test_text_comes_as_it_was_stored(endpoint: Endpoint) -> None:
    text = 'ünï \U0001f511 "quoted" \\ \u0000 \ud7ff\n' + "x" * 8192
    endpoint.put("/app/var", text)
    assert ssm.get_entry("/app/var") == text


def test_several_as_a_dict_by_short_name_in_one_call(endpoint: Endpoint) -> None:
    expected = {"var1": "first", "var2": "second", "list": ["a", "b", "", "c"]}
    assert ssm.get_entry(["/app/var1", "/app/var2", "/app/list"]) == expected
    assert [call.operation for call in endpoint.calls] == ["GetParameters"]
    assert ssm.get_entry(["/app/var1", "/app/var2", "/app/list"]) == expected
    assert len(endpoint.calls) == 1


def test_several_by_names_of_ones_own(endpoint: Endpoint) -> None:
    assert ssm.get_entry({"x": "/app/var1", "y": "/app/var2"}) == {"x": "first", "y": "second"}
    assert ssm.get_entry({"x": "/app/var2"}) == {"x": "second"}


def test_thirteen_names_are_two_calls_side_by_side(endpoint: Endpoint) -> None:
    import threading

    both = threading.Barrier(2, timeout=20)
    endpoint.script = lambda call: both.wait()  # neither is answered before both are there
    names = [f"/many/{i}" for i in range(13)]
    for name in names:
        endpoint.put(name, name)
    assert ssm.get_entry(names) == {str(i): f"/many/{i}" for i in range(13)}
    assert sorted(len(call.names) for call in endpoint.calls) == [3, 10]


def test_lists_and_dicts_are_the_callers_own(endpoint: Endpoint) -> None:
    for _ in range(2):
        items = ssm.get_entry("/app/list")
        assert items == ["a", "b", "", "c"]
        items.clear()
        several = ssm.get_entry(["/app/list", "/app/var"])
        assert several == {"list": ["a", "b", "", "c"], "var": "the value"}
        several["list"].append("more")
        several.clear()


def test_a_changed_list_argument_is_another_question(endpoint: Endpoint) -> None:
    names = ["/app/var1"]
    assert ssm.get_entry(names) == {"var1": "first"}
    names.append("/app/var2")
    assert ssm.get_entry(names) == {"var1": "first", "var2": "second"}


def test_names_that_are_equal_but_not_identical(endpoint: Endpoint) -> None:
    for _ in range(3):
        assert ssm.get_entry("".join(["/app", "/var"])) == "the value"
        assert (
            ssm.get_entry(parameter="".join(["/app", "/var"]), ttl_seconds=int("50")) == "the value"
        )
    assert len(endpoint.calls) == 1


def test_more_names_than_are_remembered(endpoint: Endpoint) -> None:
    for name in [f"/many/{i}" for i in range(2100)]:
        endpoint.parameters[name] = endpoint.parameters["/app/var"]
        with pytest.raises(exceptions.InvalidArgumentError):
            ssm.get_entry(name + "//bad name")
    assert ssm.get_entry("/app/var") == "the value"


@pytest.mark.parametrize(
    "call",
    [
        lambda ttl: ssm.get_entry("/app/var", ttl),
        lambda ttl: ssm.get_entry("/app/var", ttl_seconds=ttl),
        lambda ttl: ssm.get_entry(parameter="/app/var", max_age_in_seconds=ttl),
        lambda ttl: ssm.get_entry(ttl_seconds=ttl, parameter="/app/var"),
    ],
)
def test_a_value_expires_at_its_age_and_not_before(
    endpoint: Endpoint, clock: Clock, call: Any
) -> None:
    assert call(30) == "the value"
    endpoint.put("/app/var", "newer")
    clock.pass_time(29)
    assert call(30) == "the value"
    clock.pass_time(1.5)
    assert call(30) == "newer"
    assert len(endpoint.calls) == 2


def test_freshness_belongs_to_the_reader(endpoint: Endpoint, clock: Clock) -> None:
    assert ssm.get_entry("/app/var", 30) == "the value"
    endpoint.put("/app/var", "newer")
    clock.pass_time(100)
    assert ssm.get_entry("/app/var", 200) == "the value"
    assert ssm.get_entry("/app/var", math.inf) == "the value"
    assert ssm.get_entry("/app/var", 50.5) == "newer"
    assert ssm.get_entry("/app/var", 200) == "newer"


def test_the_default_age_is_a_minute_or_what_the_environment_says(
    endpoint: Endpoint, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssm.get_entry("/app/var")
    clock.pass_time(59)
    ssm.get_entry("/app/var")
    assert len(endpoint.calls) == 1
    clock.pass_time(2)
    ssm.get_entry("/app/var")
    assert len(endpoint.calls) == 2

    monkeypatch.setenv("LAMBDA_CACHE_TTL_SECONDS", "5")
    lambda_cache.reset()
    ssm.get_entry("/app/var")
    clock.pass_time(6)
    ssm.get_entry("/app/var")
    assert len(endpoint.calls) == 4


def test_zero_always_fetches_and_refreshes_for_everybody(endpoint: Endpoint) -> None:
    assert ssm.get_entry("/app/var") == "the value"
    endpoint.put("/app/var", "newer")
    assert ssm.get_entry("/app/var", ttl_seconds=0) == "newer"
    assert ssm.get_entry("/app/var") == "newer"
    assert len(endpoint.calls) == 2


def test_time_that_the_monotonic_clock_slept_through_counts(
    endpoint: Endpoint, clock: Clock
) -> None:
    ssm.get_entry("/app/var")
    clock.freeze(3600)
    endpoint.put("/app/var", "newer")
    assert ssm.get_entry("/app/var") == "newer"


def test_a_version_is_never_read_again_but_by_force(endpoint: Endpoint, clock: Clock) -> None:
    assert ssm.get_entry("/app/var:1") == "the value"
    clock.pass_time(100_000)
    assert ssm.get_entry("/app/var:1") == "the value"
    assert len(endpoint.calls) == 1
    ssm.get_entry("/app/var:1", 0)
    assert len(endpoint.calls) == 2
    assert ssm.get_entry(["/app/var:1"]) == {"var": "the value"}


def test_clear_cache_and_reset_forget(endpoint: Endpoint) -> None:
    for forget in (lambda_cache.clear_cache, lambda_cache.reset):
        ssm.get_entry("/app/var")
        before = len(endpoint.calls)
        forget()
        assert ssm.get_entry("/app/var") == "the value"
        assert len(endpoint.calls) == before + 1


def test_twins_in_two_regions_stay_apart(endpoint: Endpoint) -> None:
    def by_region(call: Any) -> None:
        endpoint.put("/app/var", f"of {call.region}")

    endpoint.script = by_region
    for _ in range(2):
        assert ssm.get_entry("/app/var") == "of eu-west-1"
        assert ssm.get_entry("/app/var", region="us-east-1") == "of us-east-1"
    arn = "arn:aws:ssm:us-east-1:111122223333:parameter/app/var"
    assert ssm.get_entry(arn) == "of us-east-1"


def test_one_short_name_two_parameters(endpoint: Endpoint) -> None:
    endpoint.put("/prod/var", "prod")
    endpoint.put("/test/var", "test")
    for _ in range(2):
        assert ssm.get_entry("/prod/var") == "prod"
        assert ssm.get_entry("/test/var") == "test"
    assert ssm.get_entry({"a": "/prod/var", "b": "/test/var"}) == {"a": "prod", "b": "test"}


def test_stats_count_and_name_nothing(endpoint: Endpoint) -> None:
    before = lambda_cache.stats()
    for _ in range(5):
        ssm.get_entry("/app/var")
    after = lambda_cache.stats()
    gained = {key: after[key] - before[key] for key in after}
    assert gained["hits"] == 4
    assert gained["misses"] == gained["loads"] == gained["calls"] == gained["entries"] == 1
    assert all(type(value) is int for value in after.values())


def test_a_missing_parameter(endpoint: Endpoint) -> None:
    with pytest.raises(exceptions.ParameterNotFoundError) as caught:
        ssm.get_entry("/app/nothing")
    error = caught.value
    assert isinstance(error, exceptions.LambdaCacheError)
    assert error.response["Error"]["Code"] == error.code == "ParameterNotFound"
    assert error.name == "/app/nothing"
    assert error.service == "ssm"
    assert "/app/nothing" in error.message
    assert not error.retryable
    with pytest.raises(exceptions.ParameterNotFoundError) as again:
        ssm.get_entry("/app/nothing")
    assert again.value is not error
    assert len(endpoint.calls) == 1  # remembered for a while


def test_missing_ones_among_several_are_all_named(endpoint: Endpoint) -> None:
    with pytest.raises(exceptions.ParameterNotFoundError) as caught:
        ssm.get_entry(["/app/var", "/app/no1", "/app/no2"])
    assert caught.value.name == "/app/no1"
    assert "/app/no2" in "\n".join(caught.value.__notes__)
    assert ssm.get_entry("/app/var") == "the value"
    assert len(endpoint.calls) == 1


def test_an_expired_value_goes_when_its_parameter_went(endpoint: Endpoint, clock: Clock) -> None:
    ssm.get_entry("/app/var")
    del endpoint.parameters["/app/var"]
    clock.pass_time(61)
    with pytest.raises(exceptions.ParameterNotFoundError):
        ssm.get_entry("/app/var")


@pytest.mark.parametrize(
    ("code", "status", "kind", "retryable"),
    [
        ("AccessDeniedException", 400, exceptions.AccessDeniedError, False),
        ("ThrottlingException", 400, exceptions.ThrottledError, True),
        ("InternalServerError", 500, exceptions.ServiceUnavailableError, True),
        ("ValidationException", 400, exceptions.RequestRejectedError, False),
        ("InvalidKeyId", 400, exceptions.DecryptionError, False),
        ("UnrecognizedClientException", 400, exceptions.CredentialsError, False),
    ],
)
def test_refusals_by_class(
    endpoint: Endpoint, code: str, status: int, kind: type[exceptions.FetchError], retryable: bool
) -> None:
    def refuse(call: Any) -> None:
        raise Refusal(code, "because", status)

    endpoint.script = refuse
    with pytest.raises(kind) as caught:
        ssm.get_entry("/app/var", max_attempts=1)
    error = caught.value
    assert (error.code, error.status, error.retryable) == (code, status, retryable)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert error.request_id == "11111111-2222-3333-4444-555555555555"


def test_exceptions_can_be_copied_and_pickled() -> None:
    error = exceptions.AccessDeniedError(
        "no", "ssm", "GetParameter", "AccessDeniedException", "/x", "id", 400, False
    )
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is type(error)
        assert vars(other) == vars(error)
        assert str(other) == "no"
    timeout = exceptions.FetchTimeoutError("late", "ssm", name="/x", retryable=True)
    assert isinstance(timeout, TimeoutError)
    assert vars(pickle.loads(pickle.dumps(timeout))) == vars(timeout)
    assert str(timeout) == "late"
    assert isinstance(pickle.loads(pickle.dumps(exceptions.NoEntryNameError())), TypeError)
    uri = pickle.loads(pickle.dumps(exceptions.InvalidS3UriError("s4://x")))
    assert "s4://x" in uri.message


def test_the_names_and_fields_of_lambda_cache() -> None:
    error = exceptions.ArgumentTypeNotSupportedError("wrong")
    assert (error.message, error.Code) == ("wrong", "ArgumentTypeNotSupportedError")
    unnamed = exceptions.NoEntryNameError()
    assert (unnamed.message, unnamed.Code) == ("No entry_name provided", "NoEntryNameError")
    assert exceptions.InvalidS3UriError("x").Code == "InvalidS3UriError"


def test_no_repr_shows_a_value(endpoint: Endpoint) -> None:
    @ssm.cache("/app/secret")
    def handler(event: object, context: Any) -> Any:
        return context

    context = handler({}, None)
    assert context.secret == "hidden"
    getter: Any = ssm.get_entry
    for shown in (handler, context, getter.reader("/app/secret"), getter):
        assert "hidden" not in repr(shown) + str(shown)
