"""lambda-cache serve: what is fetched before anybody asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.endpoint import Endpoint

from .agent_process import TOKEN, Served
from .conftest import run

serving = Served.running


def test_what_is_fetched_ahead(endpoint: Endpoint) -> None:
    endpoint.put("/ahead/a", "value")
    endpoint.put_secret("db", "the secret")
    with serving("--port", "0", "--prefetch", "ssm:/ahead/a", "--prefetch", "secret:db") as served:
        endpoint.wait_for_calls(2)
        asked = len(endpoint.calls)
        assert (
            served.get("/systemsmanager/parameters/get?name=/ahead/a&withDecryption=true")[0] == 200
        )
        assert served.get("/v1/db")[0] == 200
        assert len(endpoint.calls) == asked


def test_what_is_fetched_ahead_is_there_without_decryption(endpoint: Endpoint) -> None:
    endpoint.put("/ahead/text", "value")
    with serving("--port", "0", "--prefetch", "ssm:/ahead/text") as served:
        get = "/systemsmanager/parameters/get?name=/ahead/text"
        served.get(get + "&withDecryption=true")  # joins
        assert '"Value":"value"' in served.get(get)[1]
        assert len(endpoint.calls) == 1


def test_what_cannot_be_fetched_ahead_is_said(endpoint: Endpoint) -> None:
    with serving("--port", "0", "--prefetch", "secret:none") as served:
        said = served.line("stderr")
        assert "WARN not prefetched: ResourceNotFoundException" in said
        assert 'name="secret:none"' in said


def test_names_of_the_environment_count_unless_there_are_others(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    config = tmp_path / "agent.toml"
    config.write_text('http_port = 0\n[lambda_cache]\nprefetch = ["secret:file"]\n')
    socket_only = ["--no-tcp", "--socket", str(tmp_path / "socket")]
    variable = {"LAMBDA_CACHE_PREFETCH": "secret:variable"}
    for arguments, name in (
        ([], "variable"),
        (["--config", str(config)], "file"),
        (["--config", str(config), "--prefetch", "secret:line"], "line"),
    ):
        with serving(*socket_only, *arguments, **variable):
            endpoint.wait_for_calls(1)
        assert endpoint.names_asked == [name]
        endpoint.calls.clear()


def test_the_agents_variables_count_before_the_defaults_only(tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text('[lambda_cache]\nmode = "agent"\n')
    variable = {"LAMBDA_CACHE_AGENT_MODE": "extension"}
    with serving("--port", "0", **variable) as served:
        assert served.ready.endswith("as the extension\n")
    with serving("--port", "0", "--config", str(config), **variable) as served:
        assert served.ready.endswith("as the agent\n")


@pytest.mark.parametrize("name", ["/app/a", "ssm:", "ssm:/app/a b", "s3://bucket"])
def test_names_that_are_none(name: str) -> None:
    done = run("serve", "--port", "0", "--prefetch", name, AWS_TOKEN=TOKEN)
    assert done.status == 2
    assert "ready" not in done.errors
    assert len(done.errors.splitlines()) == 1
