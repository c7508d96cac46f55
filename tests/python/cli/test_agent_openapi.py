"""docs/agent-openapi.yaml is valid, and what the agent answers is what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import openapi_spec_validator
import pytest
import yaml
from jsonschema import Draft202012Validator

from .agent_process import TOKEN, Answer, Served
from .conftest import ROOT, Cloud

PAGE: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "agent-openapi.yaml").read_text())
JSON = {"Accept": "application/json"}

# mode, target, headers, the path of the description, status; moto has 404 for secrets that are not
# there, where AWS has 400.
CASES: list[tuple[str, str, dict[str, str], str, int]] = [
    ("agent", "/ping", {}, "/ping", 200),
    ("agent", "/healthz", {}, "/healthz", 200),
    ("agent", "/metrics", {}, "/metrics", 200),
    ("agent", "/", {}, "/", 200),
    ("agent", "/status.json", {}, "/status.json", 200),
]
for each_mode in ("agent", "extension"):
    parameter = "/systemsmanager/parameters/get"
    many = f"{parameter}-many"
    below = "/systemsmanager/parameters/by-path"
    CASES += [
        (each_mode, f"{parameter}?name=/api/text", {}, parameter, 200),
        (each_mode, f"{parameter}?name=/api/text&version=1", {}, parameter, 200),
        (each_mode, f"{parameter}?name=/api/list&refreshNow=true", {}, parameter, 200),
        (each_mode, f"{parameter}?name=/api/key&withDecryption=true", {}, parameter, 200),
        (each_mode, f"{parameter}?name=/api/missing", {}, parameter, 400),
        (each_mode, f"{parameter}?name=/api/missing", JSON, parameter, 400),
        (each_mode, f"{parameter}?name=", JSON, parameter, 400),
        (each_mode, f"{many}?name=/api/text&name=/no&name=/api/list", {}, many, 200),
        (each_mode, many, JSON, many, 400),
        (each_mode, f"{below}?path=/api", {}, below, 200),
        (each_mode, f"{below}?path=/empty", {}, below, 200),
        (each_mode, "/secretsmanager/get?secretId=api/text", {}, "/secretsmanager/get", 200),
        (each_mode, "/secretsmanager/get?secretId=api/bytes", {}, "/secretsmanager/get", 200),
        (each_mode, "/secretsmanager/get?secretId=no", JSON, "/secretsmanager/get", 404),
        (each_mode, "/s3/get?uri=s3://api/key", {}, "/s3/get", 200),
        (each_mode, "/s3/get?uri=s3://api/no", JSON, "/s3/get", 404),
    ]  # fmt: skip
CASES += [
    ("agent", "/v1/api/text", {}, "/v1/{secretId}", 200),
    ("agent", "/v1/no", JSON, "/v1/{secretId}", 404),
    ("extension", "/v1/api/text", {}, "/v1/{secretId}", 404),
]


@pytest.fixture(scope="module")
def agents(served: Cloud) -> Iterator[dict[str, Served]]:
    served.parameter("/api/text", "täxt")
    served.parameter("/api/list", "a,b", "StringList")
    served.parameter("/api/key", "canary-k3y", "SecureString")
    served.secret("api/text", SecretString="canary-s3cret")
    served.secret("api/bytes", SecretBinary="AAEC")
    served.bucket("api")
    served.object("key", b"object", bucket="api")
    variables = {
        "AWS_ENDPOINT_URL": served.moto.url,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_TOKEN": TOKEN,
    }
    with (
        Served.running("--port", "0", "--mode", "agent", **variables) as agent,
        Served.running("--port", "0", "--mode", "extension", **variables) as extension,
    ):
        yield {"agent": agent, "extension": extension}


def resolved(node: Any) -> Any:
    """The description with what it refers to in its place."""
    if isinstance(node, list):
        return [resolved(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found: Any = PAGE
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return resolved(found)
    return {name: resolved(each) for name, each in node.items()}


def check(answer: Answer, operation: dict[str, Any], status: int) -> None:
    responses = operation["responses"]
    described = responses.get(str(status)) or responses[f"{status // 100}XX"]
    assert answer.status == status, answer.text
    if "content" not in described or "*/*" in described["content"]:
        return
    kind = answer.headers.get("content-type", "").partition(";")[0]
    try:
        value: Any = json.loads(answer.body)
    except ValueError:
        value = answer.text
    # Where AWS's product sends no type, its bodies are told apart by what they are.
    kind = kind or ("text/plain" if isinstance(value, str) else "application/json")
    assert kind in described["content"], (kind, list(described["content"]))
    schema = described["content"][kind].get("schema", {})
    Draft202012Validator(schema).validate(value if kind == "application/json" else answer.text)


def test_it_is_valid() -> None:
    openapi_spec_validator.validate(PAGE)


def test_every_path_is_tried() -> None:
    assert {case[3] for case in CASES} == set(PAGE["paths"])


@pytest.mark.parametrize(("mode", "target", "headers", "path", "status"), CASES)
def test_answer(
    agents: dict[str, Served],
    mode: str,
    target: str,
    headers: dict[str, str],
    path: str,
    status: int,
) -> None:
    operation = resolved(PAGE["paths"][path])["get"]
    is_open = operation.get("security") == []
    known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    assert {name.split("=")[0] for name in urlsplit(target).query.split("&") if name} <= known
    check(agents[mode].request(target, headers, None if is_open else TOKEN), operation, status)


@pytest.mark.parametrize("mode", ["agent", "extension"])
@pytest.mark.parametrize("path", [path for path in PAGE["paths"] if "{" not in path])
def test_only_what_says_so_is_open(agents: dict[str, Served], mode: str, path: str) -> None:
    operation = resolved(PAGE["paths"][path])["get"]
    status = agents[mode].request(path, {}, None).status
    needs_token = operation.get("security", PAGE["security"]) != []
    assert (status in (401, 403)) == needs_token


def test_every_path_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "agent.md").read_text()
    for path in PAGE["paths"]:
        if path != "/status.json":
            assert re.sub(r"\{.*", "", path) in guide, path
