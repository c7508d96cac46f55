"""Values that are forgotten by name."""

from __future__ import annotations

from typing import Any

import pytest
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import exceptions, ssm


def test_what_was_forgotten_is_fetched_by_whoever_reads_it_next(endpoint: Endpoint) -> None:
    @ssm.cache("/app/var1")
    def handler(event: Any, context: Any) -> Any:
        return context["var1"]

    assert handler({}, {}) == ssm.get_entry("/app/var1")
    endpoint.put("/app/var1", "newer")
    ssm.invalidate("/app/var1")
    assert handler({}, {}) == "newer"
    assert ssm.get_entry("/app/var1") == "newer"
    assert endpoint.names_asked == ["/app/var1", "/app/var1"]


def test_others_stay(endpoint: Endpoint) -> None:
    ssm.get_entry(["/app/var1", "/app/var2", "/app/var"])
    ssm.invalidate(["/app/var1", "/app/var2"])
    ssm.invalidate("/app/var", region="eu-central-1")
    ssm.get_entry("/app/var")
    assert len(endpoint.calls) == 1
    ssm.get_entry("/app/var2")
    assert endpoint.calls[-1].names == ["/app/var2"]


def test_a_name_that_cannot_be_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(exceptions.InvalidArgumentError, match="a space"):
        ssm.invalidate("/app/my var")
    with pytest.raises(TypeError, match="unknown option 'ttl'"):
        ssm.invalidate("/app/var", ttl=5)  # type: ignore[call-arg]


def test_a_reset_in_the_middle_of_a_read(endpoint: Endpoint) -> None:
    class Context:
        var: str

        def get_remaining_time_in_millis(self) -> int:
            # Called when the value is bound already, and not yet asked for.
            lambda_cache.reset()
            return 30_000

    @ssm.cache("/app/var")
    def handler(event: Any, context: Any) -> Any:
        return context.var if isinstance(context, Context) else context["var"]

    assert handler({}, Context()) == "the value"
    endpoint.put("/app/var", "newer")
    assert handler({}, {}) == "newer"


def test_what_ends_when_it_is_forgotten_may_make_readers(endpoint: Endpoint) -> None:
    made: list[object] = []
    ended: list[int] = []

    class Thing:
        def __init__(self, value: str) -> None:
            self.value = value

        def __del__(self) -> None:
            ended.append(1)
            del made[: len(made) // 2]
            made.extend(ssm._service.reader(["/x", "/y"], None, {}) for _ in range(1000))

    names = ["/app/var", "/app/var1", "/app/var2"]
    for count in (2, 3):
        got = ssm.get_entry(names[:count], transform=Thing)
        assert [each.value for each in got.values()] == ["the value", "first", "second"][:count]
        # The second read is a hit, for which the mapping is kept.
        got = ssm.get_entry(names[:count], transform=Thing)
    del got
    lambda_cache.clear_cache()
    assert len(ended) == 3
    assert ssm.get_entry("/app/var") == "the value"
