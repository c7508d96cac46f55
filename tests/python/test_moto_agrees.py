"""Against moto, with signatures checked: what is read is what boto3 reads, on random data."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.config import Config  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lambda_cache
from lambda_cache import exceptions, secrets_manager, ssm
from support import moto_process

REGION = "eu-west-1"
AGREES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
long_texts = st.builds(
    lambda piece, bytes_: piece * (bytes_ // len(piece.encode())),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.sampled_from([1000, 8192, 65536]),
)
binaries = st.binary(min_size=1, max_size=300) | st.builds(
    lambda piece: piece * (65536 // len(piece)), st.binary(min_size=1, max_size=64)
)
secret_names = st.from_regex(r"[a-zA-Z0-9/_+=.@-]{1,60}[a-zA-Z0-9_]", fullmatch=True)
parameter_names = st.from_regex(
    r"/([a-zA-Z0-9_.-]{1,20}/){0,3}[a-zA-Z0-9_.-]{1,20}x", fullmatch=True
)


class Peer:
    """boto3 with the credentials that lambda_cache has, and both against one server."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        def client(service: str) -> Any:
            return boto3.client(
                service,
                region_name=REGION,
                endpoint_url=url,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            )

        self.ssm = client("ssm")
        self.secrets = client("secretsmanager")
        self.count = 0

    def new_name(self, name: str) -> str:
        """Names are used once: moto keeps what was put."""
        self.count += 1
        return f"{name}{self.count}"

    def secret(self, name: str, **which: str) -> Any:
        found = self.secrets.get_secret_value(SecretId=name, **which)
        return found.get("SecretString", found.get("SecretBinary"))

    def parameter(self, name: str) -> Any:
        found = self.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        is_list = found["Type"] == "StringList"
        return found["Value"].split(",") if is_list else found["Value"]


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[str, str, str]]:
    """A server that checks signatures and policies, and a user's key."""
    with moto_process.running() as moto:
        moto.iam(Action="CreateUser", UserName="reader")
        allow = {"Effect": "Allow", "Action": ["ssm:*", "secretsmanager:*"], "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        moto.iam(
            Action="PutUserPolicy",
            UserName="reader",
            PolicyName="all",
            PolicyDocument=json.dumps(policy),
        )
        made = moto.iam(Action="CreateAccessKey", UserName="reader")
        key = re.search(r"<AccessKeyId>(.*)</AccessKeyId>", made)
        secret = re.search(r"<SecretAccessKey>(.*)</SecretAccessKey>", made)
        assert key and secret
        moto.check_access()
        yield moto.url, key[1], html.unescape(secret[1])


@pytest.fixture(scope="module")
def client(account: tuple[str, str, str]) -> Peer:
    return Peer(*account)


@pytest.fixture
def peer(
    client: Peer, account: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Peer]:
    url, key, secret = account
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    lambda_cache.reset()
    yield client


def test_signatures_count(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    peer.secrets.create_secret(Name="signed", SecretString="x")
    assert secrets_manager.get_entry("signed") == "x"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    lambda_cache.reset()
    with pytest.raises(exceptions.CredentialsError):
        secrets_manager.get_entry("signed")


@AGREES
@given(name=secret_names, value=texts | long_texts)
def test_text_of_secrets(peer: Peer, name: str, value: str) -> None:
    name = peer.new_name(name)
    peer.secrets.create_secret(Name=name, SecretString=value)
    assert secrets_manager.get_entry(name) == peer.secret(name) == value


@AGREES
@given(name=secret_names, value=binaries)
def test_bytes_of_secrets(peer: Peer, name: str, value: bytes) -> None:
    name = peer.new_name(name)
    peer.secrets.create_secret(Name=name, SecretBinary=value)
    assert secrets_manager.get_entry(name) == peer.secret(name) == value


@AGREES
@given(values=st.lists(texts | binaries, min_size=2, max_size=23))
def test_several_secrets(peer: Peer, values: list[str | bytes]) -> None:
    names = [peer.new_name("several/of-") for _ in values]
    arns = {}
    for name, value in zip(names, values, strict=True):
        member = "SecretString" if isinstance(value, str) else "SecretBinary"
        arns[name] = peer.secrets.create_secret(Name=name, **{member: value})["ARN"]
    theirs = {name: peer.secret(name) for name in names}
    assert secrets_manager.get_entry({name: name for name in names}) == theirs
    assert secrets_manager.get_entry(arns) == theirs


@AGREES
@given(values=st.lists(texts, min_size=2, max_size=4))
def test_versions_of_secrets(peer: Peer, values: list[str]) -> None:
    name = peer.new_name("versions")
    ids = [peer.secrets.create_secret(Name=name, SecretString=values[0])["VersionId"]]
    ids += [
        peer.secrets.put_secret_value(SecretId=name, SecretString=value)["VersionId"]
        for value in values[1:]
    ]
    for version in ids[-2:]:
        theirs = peer.secret(name, VersionId=version)
        assert secrets_manager.get_entry(name, version_id=version) == theirs
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        theirs = peer.secret(name, VersionStage=stage)
        assert secrets_manager.get_entry(name, version_stage=stage) == theirs


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(texts, inside, max_size=4),
    max_leaves=20,
)


@AGREES
@given(document=documents, escaped=st.booleans())
def test_json_secrets(peer: Peer, document: Any, escaped: bool) -> None:
    name = peer.new_name("json")
    text = json.dumps({"it": document, "list": [document]}, ensure_ascii=escaped)
    peer.secrets.create_secret(Name=name, SecretString=text)
    theirs = json.loads(peer.secret(name))
    assert secrets_manager.get_entry(name, transform="json") == theirs
    assert secrets_manager.get_entry(name, field="it") == theirs["it"]
    assert secrets_manager.get_entry(name, field="list.0") == theirs["list"][0]


@AGREES
@given(
    name=parameter_names,
    value=texts | st.just("v" * 4096),
    type_=st.sampled_from(["String", "SecureString"]),
)
def test_text_of_parameters(peer: Peer, name: str, value: str, type_: str) -> None:
    name = peer.new_name(name)
    peer.ssm.put_parameter(Name=name, Value=value, Type=type_)
    assert ssm.get_entry(name) == peer.parameter(name) == value


@AGREES
@given(character=st.characters(exclude_categories=["Cs", "Cc"]))
def test_advanced_parameters(peer: Peer, character: str) -> None:
    name = peer.new_name("/advanced")
    value = character * (8192 // len(character.encode()))
    peer.ssm.put_parameter(Name=name, Value=value, Type="String", Tier="Advanced")
    assert ssm.get_entry(name) == peer.parameter(name) == value


@AGREES
@given(
    items=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters=","), max_size=20),
        min_size=2,
        max_size=20,
    )
)
def test_lists_with_empty_items(peer: Peer, items: list[str]) -> None:
    name = peer.new_name("/list")
    peer.ssm.put_parameter(Name=name, Value=",".join(items), Type="StringList")
    assert ssm.get_entry(name) == peer.parameter(name) == items
    assert ssm.get_entry(name, delimiter=",") == items


@AGREES
@given(values=st.lists(texts, min_size=2, max_size=23))
def test_several_parameters(peer: Peer, values: list[str]) -> None:
    names = [peer.new_name("/several/") for _ in values]
    for name, value in zip(names, values, strict=True):
        peer.ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    theirs = {name: peer.parameter(name) for name in names}
    assert ssm.get_entry({name: name for name in names}) == theirs


def test_what_is_missing(peer: Peer) -> None:
    peer.secrets.create_secret(Name="there", SecretString="x")
    for names in ("none", ["there", "none"]):
        with pytest.raises(peer.secrets.exceptions.ResourceNotFoundException) as theirs:
            peer.secret("none")
        with pytest.raises(exceptions.SecretNotFoundError) as ours:
            secrets_manager.get_entry(names)
        assert ours.value.response["Error"]["Code"] == theirs.value.response["Error"]["Code"]
    assert secrets_manager.get_entry(["there", {"name": "none", "default": None}]) == {
        "there": "x",
        "none": None,
    }


def test_a_deleted_secret(peer: Peer) -> None:
    peer.secrets.create_secret(Name="deleted", SecretString="x")
    peer.secrets.create_secret(Name="other", SecretString="y")
    peer.secrets.delete_secret(SecretId="deleted")
    for names in ("deleted", ["other", "deleted"]):
        with pytest.raises(exceptions.RequestRejectedError, match="InvalidRequestException"):
            secrets_manager.get_entry(names)
    assert secrets_manager.get_entry("other") == "y"
