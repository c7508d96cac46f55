"""The agent against moto with signatures checked: its answers are boto3's values."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import boto3  # type: ignore[import-untyped]
import pytest

from support import moto_process

from .agent_process import Served

REGION = "eu-west-1"
PARAMETERS = {
    "/agree/plain": ("String", "hello"),
    "/agree/unicode": ("String", 'ä€😀 "quoted" \\ back\n\ttab \u0001 \u2028'),
    "/agree/list": ("StringList", "a,b,,c"),
    "/agree/list-of-nothing": ("StringList", ",,"),
    "/agree/hidden": ("SecureString", "s3cret"),
    "/agree/long": ("String", "0123456789abcdef" * 256),
    "/agree/odd.name_-1": ("String", " spaces around "),
}
SECRETS: dict[str, str | bytes] = {
    "agree/plain": "hello",
    "agree/unicode": 'ä€😀 "quoted" \\ back\n\ttab \u0001 \u2028',
    "agree/json": json.dumps({"user": "ü", "password": 'p"w'}),
    "agree/bytes": bytes(range(256)),
    "agree/64k": "x€" * 16384,
    "agree/64k-bytes": bytes(range(256)) * 256,
    "agree/odd+name=@x.y_-1": "odd",
}


class Account:
    def __init__(self, url: str, key: str, secret: str) -> None:
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret}
        self.ssm: Any = boto3.client("ssm", REGION, endpoint_url=url, **keys)
        self.secrets: Any = boto3.client("secretsmanager", REGION, endpoint_url=url, **keys)
        self.variables = {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
        }


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with moto_process.running() as moto:
        moto.iam(Action="CreateUser", UserName="agent")
        allow = {"Effect": "Allow", "Action": ["ssm:*", "secretsmanager:*"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        moto.iam(Action="PutUserPolicy", UserName="agent", PolicyName="all", PolicyDocument=policy)
        made = moto.iam(Action="CreateAccessKey", UserName="agent")
        key = re.search(r"<AccessKeyId>(.*)</AccessKeyId>", made)
        secret = re.search(r"<SecretAccessKey>(.*)</SecretAccessKey>", made)
        assert key and secret
        moto.check_access()
        found = Account(moto.url, key[1], html.unescape(secret[1]))
        for name, (kind, value) in PARAMETERS.items():
            tier = {"Tier": "Advanced"} if len(value) > 4096 else {}
            found.ssm.put_parameter(Name=name, Value=value, Type=kind, **tier)
        for name, content in SECRETS.items():
            member = "SecretBinary" if isinstance(content, bytes) else "SecretString"
            found.secrets.create_secret(Name=name, **{member: content})
        yield found


@pytest.fixture(scope="module", params=["agent", "extension"])
def served(request: pytest.FixtureRequest, account: Account) -> Iterator[tuple[str, Served]]:
    mode: str = request.param
    with Served.running("--port", "0", "--mode", mode, **account.variables) as agent:
        yield mode, agent


def parameter(agent: Served, name: str, more: str = "") -> Any:
    target = f"/systemsmanager/parameters/get?name={quote(name)}{more}"
    status, body = agent.get(target)
    assert status == 200, body
    return json.loads(body)["Parameter"]


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("decrypt", [False, True])
def test_parameters(account: Account, served: tuple[str, Served], name: str, decrypt: bool) -> None:
    theirs = account.ssm.get_parameter(Name=name, WithDecryption=decrypt)["Parameter"]
    ours = parameter(served[1], name, f"&withDecryption={str(decrypt).lower()}")
    assert list(ours) == [
        "ARN", "DataType", "LastModifiedDate", "Name", "Selector", "SourceResult", "Type", "Value",
        "Version",
    ]  # fmt: skip
    del theirs["LastModifiedDate"], ours["LastModifiedDate"]
    assert {key: value for key, value in ours.items() if value is not None} == theirs


def test_the_date_of_a_parameter(account: Account, served: tuple[str, Served]) -> None:
    theirs = account.ssm.get_parameter(Name="/agree/plain")["Parameter"]["LastModifiedDate"]
    ours = parameter(served[1], "/agree/plain")["LastModifiedDate"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", ours)
    found = datetime.fromisoformat(ours.replace("Z", "+00:00"))
    assert abs(found - theirs) < timedelta(milliseconds=1)


def test_versions_and_selectors(account: Account, served: tuple[str, Served]) -> None:
    name = f"/agree/versions-{served[0]}"
    for value in ("one", "two"):
        account.ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    account.ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["old"])
    assert parameter(served[1], name)["Value"] == "two"
    assert parameter(served[1], name, "&version=1")["Value"] == "one"
    assert parameter(served[1], name, "&label=old")["Value"] == "one"


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("path", ["/secretsmanager/get?secretId=", "/v1/"])
def test_secrets(account: Account, served: tuple[str, Served], name: str, path: str) -> None:
    mode, agent = served
    if path == "/v1/" and mode == "extension":
        assert agent.get(path + name)[0] == 404
        return
    theirs = account.secrets.get_secret_value(SecretId=name)
    status, body = agent.get(path + (name if path == "/v1/" else quote(name)))
    assert status == 200, body
    ours = json.loads(body)
    content = SECRETS[name]
    if isinstance(content, bytes):
        assert base64.b64decode(ours["SecretBinary"]) == theirs["SecretBinary"] == content
        assert ours.get("SecretString") is None
    else:
        assert ours["SecretString"] == theirs["SecretString"] == content
        assert ours.get("SecretBinary") is None
    for member in ("ARN", "Name", "VersionId", "VersionStages"):
        assert ours[member] == theirs[member]
    order = (
        ["ARN", "CreatedDate", "Name", "SecretBinary", "SecretString", "VersionId",
         "VersionStages", "ResultMetadata"]
        if mode == "extension"
        else ["ARN", "Name", "VersionId",
              "SecretBinary" if isinstance(content, bytes) else "SecretString",
              "VersionStages", "CreatedDate"]
    )  # fmt: skip
    assert list(ours) == order


def test_many_and_by_path(account: Account, served: tuple[str, Served]) -> None:
    agent = served[1]
    names = [*PARAMETERS, "/agree/none"]
    query = "&".join(f"name={quote(name)}" for name in names)
    status, body = agent.get(f"/systemsmanager/parameters/get-many?withDecryption=true&{query}")
    many = json.loads(body)
    assert status == 200
    assert {each["Name"]: each["Value"] for each in many["Parameters"]} == {
        name: value for name, (_, value) in PARAMETERS.items()
    }
    assert many["InvalidParameters"] == ["/agree/none"]
    status, body = agent.get(
        "/systemsmanager/parameters/by-path?path=/agree&withDecryption=true&recursive=true"
    )
    below = {each["Name"]: each["Value"] for each in json.loads(body)["Parameters"]}
    assert below.items() >= {name: value for name, (_, value) in PARAMETERS.items()}.items()
    assert list(below) == sorted(below)


def test_refresh_now(account: Account, served: tuple[str, Served]) -> None:
    mode, agent = served
    name = f"agree/rotated-{mode}"
    account.secrets.create_secret(Name=name, SecretString="before")
    path = f"/secretsmanager/get?secretId={name}"
    assert "before" in agent.get(path)[1]
    account.secrets.put_secret_value(SecretId=name, SecretString="after")
    assert "before" in agent.get(path)[1]
    assert "after" in agent.get(path + "&refreshNow=true")[1]
    assert "after" in agent.get(path)[1]
    assert "before" in agent.get(path + "&versionStage=AWSPREVIOUS")[1]


def test_signatures_count(account: Account) -> None:
    wrong = {**account.variables, "AWS_SECRET_ACCESS_KEY": "wrong"}
    with Served.running("--port", "0", "--mode", "agent", **wrong) as agent:
        status, body = agent.get("/secretsmanager/get?secretId=agree/plain")
        assert status == 403
        assert json.loads(body)["__type"] in {
            "SignatureDoesNotMatch", "InvalidSignatureException",
        }  # fmt: skip
