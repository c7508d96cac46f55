"""The secrets examples that lambda-cache's users know: functions/secret_*.py, unchanged but for
their result, which is a hash of the value."""

from __future__ import annotations

import hashlib

import callers
import pytest
from local_lambda import Call, Endpoint

DB = "/prod/db/conn_string"
ELK = "/prod/app/elk_username_password"

# They read attributes, which a dict does not have.
every_context = pytest.mark.parametrize("context", ["LambdaContext", "None"])


def hashes(*values: str | bytes) -> list[str]:
    stored = (value if isinstance(value, bytes) else value.encode() for value in values)
    return [hashlib.sha256(value).hexdigest() for value in stored]


@pytest.mark.parametrize(
    ("example", "max_age"),
    [("secret_single", 60), ("secret_max_age", 300), ("secret_entry_name", 60)],
)
@every_context
def test_a_secret_is_kept_for_its_max_age(
    endpoint: Endpoint, example: str, context: str, max_age: int
) -> None:
    endpoint.put_secret(DB, "postgres://old")
    with callers.start_example(example, context, endpoint) as function:
        assert function.call({}) == hashes("postgres://old")
        endpoint.put_secret(DB, "postgres://new")
        assert function.call({}) == hashes("postgres://old")
        # Real time passes as well, so not to the last second.
        assert function.call({"seconds_pass": max_age - 25}) == hashes("postgres://old")
        assert function.call({"seconds_pass": 25}) == hashes("postgres://new")
    assert endpoint.calls() == [Call("GetSecretValue", (DB,))] * 2


@every_context
def test_bytes_are_handed_over_as_they_are_stored(endpoint: Endpoint, context: str) -> None:
    endpoint.put_secret(DB, b"\x00\xff\x00")
    with callers.start_example("secret_single", context, endpoint) as function:
        assert function.call({}) == hashes(b"\x00\xff\x00")


@every_context
def test_stacked_secrets_are_fetched_together_and_age_apart(
    endpoint: Endpoint, context: str
) -> None:
    endpoint.put_secret(DB, "one")
    endpoint.put_secret(ELK, "two")
    both = Call("BatchGetSecretValue", (ELK, DB))
    with callers.start_example("secret_stacking", context, endpoint) as function:
        assert function.call({}) == hashes("one", "two")
        assert function.call({}) == hashes("one", "two")
        assert endpoint.calls() == [both]
        endpoint.put_secret(DB, "uno")
        endpoint.put_secret(ELK, "due")
        assert function.call({"seconds_pass": 30}) == hashes("uno", "two")
        assert endpoint.calls() == [both, Call("GetSecretValue", (DB,))]
        assert function.call({"seconds_pass": 30}) == hashes("uno", "due")


@every_context
def test_invalidation(endpoint: Endpoint, context: str) -> None:
    endpoint.put_secret(DB, "old")
    with callers.start_example("secret_invalidation", context, endpoint) as function:
        for _ in range(2):
            assert function.call({}) == "connected"
    assert endpoint.calls() == [Call("GetSecretValue", (DB,))] * 3


@every_context
def test_get_entry(endpoint: Endpoint, context: str) -> None:
    endpoint.put_secret(DB, "old")
    with callers.start_example("secret_get_entry", context, endpoint) as function:
        assert function.call({}) == hashes("old", "old")
        endpoint.put_secret(DB, "new")
        assert function.call({}) == hashes("old", "old")
        assert function.call({"refresh": True}) == hashes("new", "old")
        assert function.call({}) == hashes("new", "new")
    assert len(endpoint.calls()) == 2
