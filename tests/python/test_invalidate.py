"""Values that are forgotten by name."""

from __future__ import annotations

from typing import Any

import pytest
from support.endpoint import Endpoint

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
