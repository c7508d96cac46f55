"""Against moto, whose idea of Parameter Store is not ours."""

from __future__ import annotations

import html
import json
import random
import re
import ssl
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.moto_process import Moto

import lambda_cache
from lambda_cache import exceptions, ssm
from support import moto_process


@pytest.fixture(scope="module", params=["http", "https"])
def server(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[tuple[Moto, Path]]:
    folder = tmp_path_factory.mktemp("moto")
    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    if request.param == "http":
        with moto_process.running() as moto:
            yield moto, bundle
        return
    issued = authority.issue_cert("localhost")
    chain, key = folder / "chain.pem", folder / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(chain))
    issued.private_key_pem.write_to_path(str(key))
    with moto_process.running((str(chain), str(key))) as moto:
        moto.trust = ssl.create_default_context(cafile=str(bundle))
        yield moto, bundle


@pytest.fixture
def moto(server: tuple[Moto, Path], monkeypatch: pytest.MonkeyPatch) -> Moto:
    served, bundle = server
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", served.url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    lambda_cache.reset()
    return served


def test_the_types(moto: Moto) -> None:
    moto.put("/app/string", "text")
    moto.put("/app/secure", "hidden", "SecureString")
    moto.put("/app/list", "a,b,,c", "StringList")
    assert ssm.get_entry("/app/string") == "text"
    assert ssm.get_entry("/app/secure") == "hidden"
    assert ssm.get_entry("/app/list") == ["a", "b", "", "c"]
    assert ssm.get_entry(["/app/string", "/app/secure", "/app/list"]) == {
        "string": "text",
        "secure": "hidden",
        "list": ["a", "b", "", "c"],
    }
    assert ssm.get_entry("/app/secure", with_decryption=False) != "hidden"


def test_versions_and_labels(moto: Moto) -> None:
    for i in range(1, 4):
        moto.put("/app/versioned", f"number {i}")
    moto.call(
        "LabelParameterVersion", Name="/app/versioned", ParameterVersion=2, Labels=["blessed"]
    )
    assert ssm.get_entry("/app/versioned") == "number 3"
    assert ssm.get_entry("/app/versioned:1") == "number 1"
    assert ssm.get_entry("/app/versioned:blessed") == "number 2"
    assert ssm.get_entry({"a": "/app/versioned:1", "b": "/app/versioned:blessed"}) == {
        "a": "number 1",
        "b": "number 2",
    }


def test_more_names_than_fit_in_a_call(moto: Moto) -> None:
    names = [f"/many/{i}" for i in range(23)]
    for name in names:
        moto.put(name, f"value of {name}")
    assert ssm.get_entry(names) == {str(i): f"value of /many/{i}" for i in range(23)}


def test_a_path(moto: Moto) -> None:
    moto.put("/path/db/host", "localhost")
    moto.put("/path/list", "a,,b", "StringList")
    moto.put("/path/secure", "hidden", "SecureString")
    moto.put("/pathology", "of no path")
    whole = {"db/host": "localhost", "list": ["a", "", "b"], "secure": "hidden"}
    assert ssm.get_entry(path="/path") == whole
    assert ssm.get_entry(path="/path/", recursive=False) == {
        "list": ["a", "", "b"],
        "secure": "hidden",
    }
    assert ssm.get_entry(path="/path", filters={"Type": "SecureString"}) == {"secure": "hidden"}
    assert ssm.get_entry(path="/path", with_decryption=False)["secure"] != "hidden"
    assert ssm.get_entry(path="/path/nothing") == {}
    moto.call("LabelParameterVersion", Name="/path/list", ParameterVersion=1, Labels=["blue"])
    assert ssm.get_entry(path="/path", filters={"Label": ["blue", "green"]}) == {
        "list": ["a", "", "b"]
    }


# Asks moto by boto3's paginator: each line a question, each line an answer.
BOTO3 = """
import json, sys, boto3
client = boto3.client("ssm", "eu-west-1", endpoint_url=sys.argv[1], verify=sys.argv[2],
                      aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="x")
for line in sys.stdin:
    pages = client.get_paginator("get_parameters_by_path").paginate(**json.loads(line))
    print(json.dumps([[p["Name"], p["Type"], p["Value"]] for page in pages
                      for p in page["Parameters"]]))
"""


def test_paths_agree_with_boto3(moto: Moto, server: tuple[Moto, Path]) -> None:
    chance = random.Random(20261125)
    root = f"/tree-{moto.url.partition(':')[0]}"
    folders = [root]
    for _ in range(12):
        folders.append(f"{chance.choice(folders)}/{chance.choice('abcdefgh')}")
    kinds = ["String", "StringList", "SecureString"]
    for i in range(70):
        value = ",".join(chance.choices(["x", "", "ü", "two words"], k=3))
        moto.put(f"{chance.choice(folders)}/p{i}", value or "x", chance.choice(kinds))
    questions: list[dict[str, Any]] = []
    for folder in [*sorted(set(folders)), f"{root}/none"]:
        for recursive in (True, False):
            asked = {"Path": folder + chance.choice(["", "/"]), "Recursive": recursive}
            questions.append(asked | {"WithDecryption": True})
            types = chance.sample(kinds, chance.randint(1, 2))
            filters = [{"Key": "Type", "Option": "Equals", "Values": types}]
            questions.append(asked | {"WithDecryption": True, "ParameterFilters": filters})
    answers = subprocess.run(
        [moto_process.interpreter(), "-c", BOTO3, moto.url, str(server[1])],
        input="\n".join(map(json.dumps, questions)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    sizes = set()
    for question, answer in zip(questions, answers, strict=True):
        path = question["Path"].rstrip("/") + "/"
        theirs = {
            name.removeprefix(path): value.split(",") if kind == "StringList" else value
            for name, kind, value in json.loads(answer)
        }
        ours = ssm.get_entry(
            path=question["Path"],
            recursive=question["Recursive"],
            filters=question.get("ParameterFilters"),
        )
        assert ours == theirs
        assert list(ours) == sorted(ours)
        sizes.add(len(ours))
    assert 0 in sizes and max(sizes) == 70


def test_random_text(moto: Moto) -> None:
    chance = random.Random(20261101)
    alphabet = string.printable + "äöüß€\u2028\u00a0\U0001f511\ufffd\u202e"
    for i in range(25):
        text = "".join(chance.choices(alphabet, k=chance.randint(1, 4000)))
        moto.put(f"/random/{i}", text)
        assert ssm.get_entry(f"/random/{i}") == text


def test_what_is_missing(moto: Moto) -> None:
    for call in (lambda: ssm.get_entry("/no/such"), lambda: ssm.get_entry(["/no/such", "/nor"])):
        with pytest.raises(exceptions.ParameterNotFoundError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "ParameterNotFound"
        assert caught.value.name == "/no/such"


def test_a_value_changed_behind_the_cache(moto: Moto) -> None:
    moto.put("/app/changing", "old")

    @ssm.cache(parameter="/app/changing")
    def handler(event: Any, context: Any) -> Any:
        return context.get("changing")

    assert handler({}, None) == "old"
    moto.put("/app/changing", "new")
    assert handler({}, None) == "old"
    assert ssm.get_entry("/app/changing", ttl_seconds=0) == "new"
    assert handler({}, None) == "new"


def test_signatures_and_policies_are_checked(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    moto.put("/allowed/a", "value a")
    moto.put("/allowed/b", "value b")
    moto.put("/secret/a", "not for you")
    name = f"reader-{moto.url.partition(':')[0]}"
    moto.iam(Action="CreateUser", UserName=name)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "ssm:GetParameter*", "Resource": "*"},
        ],
    }
    moto.iam(
        Action="PutUserPolicy",
        UserName=name,
        PolicyName="read",
        PolicyDocument=json.dumps(policy),
    )
    key = moto.iam(Action="CreateAccessKey", UserName=name)
    found = re.search(r"<AccessKeyId>(.*)</AccessKeyId>", key)
    secret = re.search(r"<SecretAccessKey>(.*)</SecretAccessKey>", key)
    assert found and secret
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", found[1])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", html.unescape(secret[1]))
    lambda_cache.reset()
    moto.check_access()
    try:
        assert ssm.get_entry(["/allowed/a"]) == {"a": "value a"}
        assert ssm.get_entry("/allowed/b") == "value b"
        assert ssm.get_entry(path="/allowed/") == {"a": "value a", "b": "value b"}
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        lambda_cache.reset()
        with pytest.raises(exceptions.CredentialsError):
            ssm.get_entry("/allowed/b")
    finally:
        moto.check_access("inf")
    moto.iam(Action="DeleteUserPolicy", UserName=name, PolicyName="read")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", html.unescape(secret[1]))
    lambda_cache.reset()
    moto.check_access()
    try:
        with pytest.raises(exceptions.AccessDeniedError) as caught:
            ssm.get_entry("/secret/a")
        assert caught.value.name == "/secret/a"
        with pytest.raises(exceptions.AccessDeniedError, match="ssm:GetParametersByPath") as caught:
            ssm.get_entry(path="/secret/")
        assert caught.value.name == "/secret/"
    finally:
        moto.check_access("inf")
