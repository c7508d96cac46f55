"""lambda_cache.testing: reads of all that a path holds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lambda_cache import exceptions, ssm, testing


@ssm.cache(path="/app/", entry_name="config")
def handler(event: Any, context: Any) -> Any:
    return context["config"]


@pytest.fixture
def cloud() -> Any:
    with testing.fake(ssm={"/app/db/host": "localhost", "/app/hosts": ["a", "b"]}) as made:
        made.ssm.put("/app/key", "hidden", type="SecureString")
        made.ssm["/apple"] = "of another path"
        yield made


WHOLE = {"db/host": "localhost", "hosts": ["a", "b"], "key": "hidden"}


def test_all_that_it_holds(cloud: testing.FakeCloud) -> None:
    assert handler({}, {}) == handler({}, {}) == WHOLE
    assert cloud.calls == [("ssm", "GetParametersByPath", ("/app/",))]
    cloud.ssm.assert_called_once("/app/")
    assert asyncio.run(ssm.get_entry_async(path="/app", recursive=False)) == {
        "hosts": ["a", "b"],
        "key": "hidden",
    }
    assert ssm.get_entry(path="/")["apple"] == "of another path"
    assert ssm.get_entry(path="/nothing/") == {}
    assert ssm.get_entry(path="/app/", with_decryption=False)["key"] != "hidden"


def test_filters_and_labels(cloud: testing.FakeCloud) -> None:
    assert ssm.get_entry(path="/app/", filters={"Type": "SecureString"}) == {"key": "hidden"}
    cloud.ssm.put("/app/db/host", "db.internal", labels="live")
    cloud.ssm["/app/db/host"] = "db.next"
    assert ssm.get_entry(path="/app/", filters={"Label": ["live"]}) == {"db/host": "db.internal"}
    assert ssm.get_entry(path="/app/db") == {"host": "db.next"}


def test_time_and_failures(cloud: testing.FakeCloud) -> None:
    assert handler({}, {}) == WHOLE
    del cloud.ssm["/app/db/host"]
    cloud.ssm.fail("/app/", error="ThrottlingException", times=1)
    cloud.move(60)
    assert handler({}, {}) == WHOLE  # stale, as in production
    cloud.move(60)
    assert handler({}, {}).keys() == {"hosts", "key"}
    cloud.ssm.deny("/app")
    with pytest.raises(exceptions.AccessDeniedError, match="ssm:GetParametersByPath") as caught:
        ssm.get_entry(path="/app/", ttl_seconds=0)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert ssm.get_entry("/app/key") == "hidden"


def test_a_read_that_hangs(cloud: testing.FakeCloud) -> None:
    cloud.hang("/app/")
    with pytest.raises(exceptions.FetchTimeoutError):
        ssm.get_entry(path="/app/", timeout_seconds=0.001)
    assert ssm.get_entry("/app/key") == "hidden"
    cloud.release("/app/")
    assert ssm.get_entry(path="/app/") == WHOLE
