"""What the cache tells of each entry, and forgetting one."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import _native, exceptions, ssm


def entry(name: str) -> dict[str, Any]:
    return next(each for each in lambda_cache.stats(per_entry=True) if each["name"] == name)


def test_hits_of_each_entry(endpoint: Endpoint) -> None:
    before = lambda_cache.stats()["hits"]
    for _ in range(10):
        ssm.get_entry("/app/var1")
    for _ in range(3):
        ssm.get_entry(parameter=["/app/var1", "/app/var2"])

    @ssm.cache(parameter="/app/var2")
    @ssm.cache(parameter="/app/var1")
    def handler(event: Any, context: Any) -> None: ...

    for context in {}, {}, threading.local():
        handler({}, context)
    assert entry("/app/var1")["hits"] == 9 + 3 + 3
    assert entry("/app/var2")["hits"] == 2 + 3
    assert lambda_cache.stats()["hits"] - before == 15 + 5


def test_hits_before_a_miss_in_one_call_count_once(endpoint: Endpoint) -> None:
    @ssm.cache(parameter="/app/var2", ttl_seconds=0)
    @ssm.cache(parameter="/app/var1")
    def handler(event: Any, context: Any) -> None: ...

    for _ in range(5):
        handler({}, {})
    assert entry("/app/var1")["hits"] == 4
    assert entry("/app/var2")["hits"] == 0


def test_hits_stay_when_their_reader_goes(endpoint: Endpoint) -> None:
    getter = _native.make_entry_getter(
        lambda name: _native.make_reader("ssm", [(name, None, {})], False)
    )
    for _ in range(5):
        assert getter("/app/var") == "the value"
    del getter
    assert entry("/app/var")["hits"] == 4


def test_what_is_known_of_an_entry(endpoint: Endpoint, clock: Clock) -> None:
    ssm.get_entry("/app/var")
    clock.pass_time(20)
    seen = entry("/app/var")
    assert seen["service"] == "ssm"
    assert seen["region"] == "eu-west-1"
    assert seen["misses"] == seen["loads"] == 1
    assert seen["revalidated"] == seen["joins"] == seen["failures"] == seen["stale"] == 0
    assert seen["last_error"] is None
    assert 20 <= seen["age_seconds"] < 60
    assert seen["bytes"] > 0
    assert 0 < seen["load_seconds_max"] == seen["load_seconds_total"] < 60
    assert "the value" not in repr(lambda_cache.stats(per_entry=True))


def test_failures_of_an_entry(endpoint: Endpoint) -> None:
    for _ in range(3):
        with pytest.raises(exceptions.ParameterNotFoundError):
            ssm.get_entry("/app/nothing")
    seen = entry("/app/nothing")
    assert (seen["failures"], seen["negative"]) == (1, 2)
    assert seen["last_error"] == "not_found"
    assert seen["age_seconds"] is None


def test_totals_have_revalidated(endpoint: Endpoint) -> None:
    assert lambda_cache.stats()["revalidated"] >= 0
    assert lambda_cache.stats(per_entry=False) == lambda_cache.stats()


def test_invalidated_reader_fetches_anew_and_nobody_else(endpoint: Endpoint) -> None:
    whole = ssm.get_entry.reader(["/app/var1", "/app/var2"])
    ssm.get_entry(["/app/var", "/app/var1", "/app/var2"])
    endpoint.put("/app/var", "newer")
    endpoint.put("/app/var1", "newer")
    endpoint.put("/app/var2", "newer")
    _native.invalidate_reader(whole)
    assert ssm.get_entry("/app/var") == "the value"
    assert ssm.get_entry("/app/var1") == "newer"
    assert ssm.get_entry(["/app/var1", "/app/var2"]) == {"var1": "newer", "var2": "newer"}


def test_reader_that_was_never_read_or_cannot_be_is_invalidated_quietly(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    _native.invalidate_reader(ssm.get_entry.reader("/app/var"))
    assert endpoint.calls == []
    monkeypatch.delenv("AWS_REGION")
    lambda_cache.reset()
    _native.invalidate_reader(ssm.get_entry.reader("/app/var"))
    with pytest.raises(TypeError):
        _native.invalidate_reader("/app/var")  # type: ignore[arg-type]
