"""LAMBDA_CACHE_AGENT: reading through an agent on this machine, without region or credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Clock
from support.agent import TOKEN, Agent
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import exceptions, secrets_manager, ssm
from support import agent as agents


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    with agents.running() as served:
        for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("LAMBDA_CACHE_AGENT", served.url)
        monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
        lambda_cache.reset()
        served.parameters = {"/app/a": "1", "/app/b": "2"}
        served.secrets = {"db": json.dumps({"user": "admin"})}
        yield served
        lambda_cache.reset()


def test_values_come_through_the_agent(agent: Agent) -> None:
    assert ssm.get_entry("/app/a") == "1"
    assert ssm.get_entry("/app/a") == "1"
    assert secrets_manager.get_entry("db", field="user") == "admin"
    assert ssm.get_entry(path="/app/") == {"a": "1", "b": "2"}
    assert [asked.path for asked in agent.requests] == [
        "/systemsmanager/parameters/get",
        "/secretsmanager/get",
        "/systemsmanager/parameters/by-path",
    ]
    assert agent.connections == 1
    for asked in agent.requests:
        assert asked.headers["accept"] == "application/json"
        assert asked.headers["cache-control"] == "max-age=60"
        assert "authorization" not in asked.headers


def test_decorators_that_miss_together_are_one_request(agent: Agent) -> None:
    @ssm.cache("/app/a")
    @ssm.cache("/app/b", entry_name="other")
    def handler(event: Any, context: dict[str, Any]) -> Any:
        return context["a"], context["other"]

    assert handler({}, {}) == ("1", "2")
    (asked,) = agent.requests
    assert asked.path == "/systemsmanager/parameters/get-many"
    assert sorted(asked.query["name"]) == ["/app/a", "/app/b"]


def test_both_caches_together_keep_to_the_readers_age(agent: Agent, clock: Clock) -> None:
    agent.age = 40
    assert ssm.get_entry("/app/a", 60) == "1"
    clock.pass_time(19)
    agent.parameters["/app/a"] = "new"
    assert ssm.get_entry("/app/a", 60) == "1"
    clock.pass_time(1)
    assert ssm.get_entry("/app/a", 60) == "new"
    assert ssm.get_entry("/app/a", 2.5) == "new"
    assert agent.requests[-1].headers["cache-control"] == "max-age=2.5"
    assert ssm.get_entry("/app/a", 0) == "new"
    assert agent.requests[-1].headers["cache-control"] == "no-cache"


def test_invalidate_reaches_behind_the_agents_cache(agent: Agent) -> None:
    assert ssm.get_entry("/app/a") == "1"
    ssm.invalidate("/app/a")
    agent.parameters["/app/a"] = "new"
    assert ssm.get_entry("/app/a") == "new"
    assert agent.requests[-1].headers["cache-control"] == "no-cache"


def test_an_error_is_that_of_the_service(agent: Agent) -> None:
    with pytest.raises(exceptions.ParameterNotFoundError) as raised:
        ssm.get_entry("/none")
    assert raised.value.code == "ParameterNotFound"
    assert raised.value.response["Error"]["Code"] == "ParameterNotFound"
    assert raised.value.operation == "GetParameter"
    assert raised.value.name == "/none"
    assert ssm.get_entry("/none", default="d") == "d"


def test_the_wrong_token(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "canary-of-another")
    with pytest.raises(
        exceptions.CredentialsError, match="AWS_SESSION_TOKEN is the same"
    ) as raised:
        ssm.get_entry("/app/a")
    assert "canary" not in str(raised.value)


def test_an_agent_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_CACHE_AGENT", "http://127.0.0.1:1")
    with pytest.raises(
        exceptions.EndpointConnectionError, match=r"the agent at http://127\.0\.0\.1:1"
    ):
        ssm.get_entry("/app/a", max_attempts=1)


@pytest.mark.parametrize("url", ["http://192.0.2.1:2773", "https://127.0.0.1:2773", "agent"])
def test_what_is_no_agent_of_this_machine_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("LAMBDA_CACHE_AGENT", url)
    with pytest.raises(
        exceptions.LambdaCacheError, match=r"^LAMBDA_CACHE_AGENT .*127\.0\.0\.1:2773"
    ):
        ssm.get_entry("/app/a")


def test_what_the_agent_cannot_do_is_read_from_aws(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with agents.running() as agent:
        monkeypatch.setenv("LAMBDA_CACHE_AGENT", agent.url)
        monkeypatch.setenv("AWS_TOKEN", TOKEN)
        lambda_cache.reset()
        agent.parameters["/app/var"] = "of the agent"
        assert ssm.get_entry("/app/var") == "of the agent"
        assert ssm.get_entry("/app/var", region="eu-west-1") == "the value"
        assert len(agent.requests) == 1
        assert len(endpoint.calls) == 1


def test_statistics(agent: Agent) -> None:
    ssm.get_entry("/app/a")
    ssm.get_entry("/app/a")
    (entry,) = lambda_cache.stats(per_entry=True)
    assert (entry["service"], entry["name"]) == ("ssm", "/app/a")
    assert (entry["hits"], entry["loads"]) == (1, 1)
