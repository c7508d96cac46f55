"""lambda-cache doctor and policy: what they find out, and what they never show."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.program import PACKAGES, interpreter

from .conftest import Cloud, Result, Running, run

SECRET = "canary-hunter2-secret"
PYTHON = interpreter()[0]
MODULE = """
import json
import threading
from lambda_cache import s3, secrets_manager, ssm

print("noise on stdout", json.dumps({"entries": []}))
threading.Thread(target=threading.Event().wait).start()  # is not waited for

@ssm.cache('/doctor/one', ttl_seconds=5, prefetch=True)
@ssm.cache(['/doctor/two', {'parameter': '/doctor/none', 'default': None}], entry_name='several')
@ssm.cache(path='/doctor/path/', entry_name='config')
@secrets_manager.cache('doctor/db', field='user', rotation_aware=True)
@s3.cache('s3://bucket/doctor/model', as_bytes=True)
def handler(event, context):
    return ssm.get_entry('/never/asked')
"""


@pytest.fixture
def values(cloud: Cloud, temporary: Path) -> Iterator[Cloud]:
    for name in ("one", "two", "path/a", "path/b"):
        cloud.parameter(f"/doctor/{name}", SECRET, "SecureString")
    cloud.secret("doctor/db", SecretString=json.dumps({"user": SECRET}))
    cloud.object("doctor/model", SECRET.encode() * 100_000)
    yield cloud
    assert list(temporary.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "function"
    (made / "deep").mkdir(parents=True)
    (made / "app.py").write_text(MODULE)
    (made / "deep" / "app.py").write_text(MODULE)
    return made


def doctor(*arguments: str, **options: Any) -> Result:
    got = run("doctor", *arguments, **options)
    for shown in (got.text, got.errors):
        assert SECRET not in shown
        assert "AKID" not in shown
    return got


def with_function(folder: Path, handler: str, *arguments: str) -> Result:
    python = ["--function", handler, "--python", PYTHON]
    return doctor(*python, *arguments, cwd=folder, PYTHONPATH=PACKAGES)


def test_everything_is_well(values: Cloud) -> None:
    names = ["ssm:/doctor/one", "ssm-path:/doctor/path/", "secret:doctor/db"]
    got = doctor(*names, "s3://bucket/doctor/model")
    assert (got.status, got.errors) == (0, "")
    for line in (
        "credentials  environment",
        "account      123456789012",
        "region       eu-west-1 (AWS_REGION)",
        "clock        as that of AWS",
    ):
        assert line + "\n" in got.text
    assert values.moto.url in got.text
    assert "FAILED" not in got.text
    assert "SecureString, version" in got.text and "2 parameters" in got.text
    assert "A cold start makes 4 calls" in got.text


def test_as_json(values: Cloud) -> None:
    got = doctor("ssm:/doctor/one", "secret:doctor/none", "--json")
    assert got.status == 1
    report = got.json
    assert report["healthy"] is False
    assert report["credentials"]["provider"] == "environment"
    assert report["region"] == {"name": "eu-west-1", "from": "AWS_REGION"}
    assert abs(report["clock_behind_seconds"]) <= 2
    one, none = report["entries"]
    assert one["read"] is True and one["milliseconds"] >= 0
    assert none["read"] is False and none["failure"]["kind"] == "not_found"
    assert report["cold_start"]["a_second_by_default"] == 40
    (own,) = report["policies"]
    assert [each["Sid"] for each in own["policy"]["Statement"]] == ["ReadParameters", "ReadSecrets"]


def test_without_names(values: Cloud) -> None:
    got = doctor()
    assert (got.status, got.errors) == (0, "")
    assert "Nothing was named" in got.text


def test_no_credentials(values: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    got = doctor("ssm:/doctor/one")
    assert got.status == 1
    assert "credentials  none\n" in got.text
    assert got.text.count("FAILED") == 2
    assert "No IAM policy" in got.text and "--account" in got.text


def test_credentials_that_are_refused(values: Cloud) -> None:
    values.moto.check_access()
    try:
        got = doctor("ssm:/doctor/one")
    finally:
        values.moto.check_access("inf")
    assert got.status == 1
    assert "sts:GetCallerIdentity" in got.text


def test_no_region(values: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    got = doctor("ssm:/doctor/one")
    assert got.status == 1
    assert "region       none: set AWS_REGION" in got.text
    assert "(--region)" in doctor("ssm:/doctor/one", "--region", "eu-west-1").text


def test_where_the_region_comes_from(values: Cloud, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = eu-west-1\n")
    variables = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "mine", "AWS_REGION": ""}
    assert "eu-west-1 (profile 'mine')" in doctor(**variables).text
    assert (
        "eu-west-1 (AWS_DEFAULT_REGION)" in doctor(AWS_DEFAULT_REGION="eu-west-1", **variables).text
    )
    got = doctor(AWS_PROFILE="other")
    assert got.status == 1 and "configuration  FAILED" in got.text and "'other'" in got.text


def test_certificates_and_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    got = doctor("--json", AWS_ENDPOINT_URL="https://127.0.0.1:1", AWS_CA_BUNDLE="/none/ca.pem")
    report = got.json
    assert got.status == 1
    assert {each["certificates"] for each in report["endpoints"]} == {"/none/ca.pem"}
    assert not any("proxy" in each for each in report["endpoints"])
    got = doctor(
        AWS_ENDPOINT_URL_SSM="https://ssm.invalid",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        HTTPS_PROXY="http://user:password@127.0.0.1:2",
    )
    assert got.text.count("by the proxy 127.0.0.1:2 (HTTPS_PROXY)") == 1
    assert "password" not in got.text
    # AWS's own endpoints, of which nothing is asked here.
    policy = run("policy", "ssm:/a", "--account", "123456789012")
    assert policy.status == 0


@pytest.mark.parametrize("handler", ["app.handler", "deep/app.handler", "deep.app.handler"])
def test_what_a_function_declares(values: Cloud, folder: Path, handler: str) -> None:
    got = with_function(folder, handler, "--json")
    report = got.json
    assert (got.status, got.errors) == (0, "")
    entries = {each["name"]: each for each in report["entries"]}
    assert set(entries) == {
        "ssm:/doctor/one",
        "ssm:/doctor/two",
        "ssm:/doctor/none",
        "ssm-path:/doctor/path/",
        "secret:doctor/db",
        "s3://bucket/doctor/model",
    }
    assert entries["ssm:/doctor/none"]["optional"] is True
    assert entries["s3://bucket/doctor/model"]["read"] is True
    calls = report["cold_start"]
    assert (calls["parameters_by_name"], calls["parameters_by_path"]) == (1, 1)
    assert (calls["secrets"], calls["secret_descriptions"], calls["objects"]) == (1, 1, 1)
    (own,) = report["policies"]
    statements = {each["Sid"]: each for each in own["policy"]["Statement"]}
    assert statements["ReadParameters"]["Resource"] == [
        f"arn:aws:ssm:eu-west-1:123456789012:parameter/doctor/{name}"
        for name in ("none", "one", "two")
    ]
    assert statements["SeeRotations"]["Action"] == ["secretsmanager:DescribeSecret"]


def test_declaring_reads_nothing(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        got = run(
            *("policy", "--function", "app.handler", "--python", PYTHON),
            *("--account", "123456789012"),
            cwd=folder,
            PYTHONPATH=PACKAGES,
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{silent.getsockname()[1]}",
        )
        assert (got.status, got.errors) == (0, "")
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_names_are_added_to_what_a_function_declares(values: Cloud, folder: Path) -> None:
    values.parameter("/doctor/more", SECRET)
    got = with_function(folder, "app.handler", "ssm:/doctor/more", "ssm:/doctor/one", "--json")
    names = [each["name"] for each in got.json["entries"]]
    assert len(names) == 7 and names[:2] == ["ssm:/doctor/more", "ssm:/doctor/one"]


@pytest.mark.parametrize(
    ("source", "handler", "says"),
    [
        ("", "app.handler", "the module 'app' has no 'handler'"),
        ("", "other.handler", "there is no module 'other'"),
        ("", "handler", "'module.handler'"),
        ("", "sys.handler", "built-in"),
        ("import nowhere", "app.handler", "No module named 'nowhere'"),
        ("def handler(:", "app.handler", "SyntaxError"),
        ("import os\nos.environ['TABLE']", "app.handler", "KeyError: 'TABLE'"),
        ("raise SystemExit('no')", "app.handler", "SystemExit: no"),
        (
            "from lambda_cache import ssm\n@ssm.cache('/a b')\ndef handler(event, context): ...",
            "app.handler",
            "/a b",
        ),
    ],
)
def test_a_function_that_cannot_be_imported(
    values: Cloud, folder: Path, source: str, handler: str, says: str
) -> None:
    (folder / "app.py").write_text(source)
    got = with_function(folder, handler)
    assert got.status == 1
    assert says in got.text and "Traceback" not in got.text
    got = run("policy", "--function", handler, "--python", PYTHON, cwd=folder, PYTHONPATH=PACKAGES)
    assert (got.status, got.out) == (1, b"")
    assert says in got.errors and got.errors.count("\n") == 1


def test_a_python_without_the_package(values: Cloud, folder: Path, tmp_path: Path) -> None:
    got = doctor("--function", "app.handler", "--python", str(tmp_path / "none"), cwd=folder)
    assert got.status == 1 and "cannot be run" in got.text
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho 'No module named lambda_cache' >&2\nexit 1\n")
    other.chmod(0o755)
    got = doctor("--function", "app.handler", "--python", str(other), cwd=folder)
    assert got.status == 1
    assert "No module named lambda_cache" in got.text and "--python" in got.text
    # The virtual environment's comes before python3.
    (tmp_path / "bin").mkdir()
    other.rename(tmp_path / "bin" / "python")
    got = doctor("--function", "app.handler", cwd=folder, VIRTUAL_ENV=str(tmp_path))
    assert str(tmp_path / "bin" / "python") in got.text


def test_an_interrupt(values: Cloud, temporary: Path) -> None:
    """An endpoint that takes the connection and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waiting = Running(
            "doctor",
            "s3://bucket/doctor/model",
            AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{silent.getsockname()[1]}",
        )
        silent.accept()
        assert waiting.end() == 130


def test_the_policy_alone(values: Cloud) -> None:
    got = run("policy", "ssm:/doctor/one", "secret:a", "secret:b", "s3://bucket/a*")
    assert (got.status, got.errors) == (0, "")
    statements = {each["Sid"]: each for each in got.json["Statement"]}
    assert list(statements) == [
        "ReadParameters",
        "ReadSecrets",
        "ReadSecretsTogether",
        "ReadObjects",
    ]
    assert statements["ReadObjects"]["Resource"] == ["arn:aws:s3:::bucket/a${*}"]
    for each in statements.values():
        assert each["Effect"] == "Allow" and each["Action"] and each["Resource"]
        assert list(each) == ["Sid", "Effect", "Action", "Resource"]


def test_the_policy_asks_nobody_who_knows_the_account() -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": ""}
    got = run("policy", "ssm:/a", "--account", "210987654321", **nowhere)
    assert got.status == 0
    assert "arn:aws:ssm:eu-west-1:210987654321:parameter/a" in got.text
    got = run("policy", "ssm:/a", **nowhere)
    assert (got.status, got.out) == (1, b"") and "--account" in got.errors


def test_the_policies_of_roles(values: Cloud) -> None:
    role = "arn:aws:iam::210987654321:role/reader"
    own = run("policy", "ssm:/a", "--role-arn", role)
    assert [each["Action"] for each in own.json["Statement"]] == [["sts:AssumeRole"]]
    theirs = run("policy", "ssm:/a", "--role-arn", role, "--for-role", role)
    assert theirs.json["Statement"][0]["Resource"] == [
        "arn:aws:ssm:eu-west-1:210987654321:parameter/a"
    ]
    assert run("policy", "ssm:/a", "--for-role", role).status == 2


def test_what_the_policy_allows_is_enough(values: Cloud) -> None:
    """A user with no more than these actions reads everything; without them, nothing. (moto knows
    resources of S3 only.)"""
    import html
    import re

    names = ["ssm:/doctor/one", "ssm:/doctor/two", "secret:doctor/db", "s3://bucket/doctor/model"]
    policy = run("policy", *names).json
    for each in policy["Statement"]:
        if each["Sid"] != "ReadObjects":
            each["Resource"] = "*"
    user = "doctor-policy"
    values.moto.iam(Action="CreateUser", UserName=user)
    answer = html.unescape(values.moto.iam(Action="CreateAccessKey", UserName=user))
    key = {
        variable: re.findall(f"<{tag}>(.*?)</{tag}>", answer)[0]
        for variable, tag in (
            ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
            ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        )
    }
    denied: Result
    values.moto.check_access()
    try:
        denied = run("doctor", *names, "--json", **key)
        unread = run("get", names[0], **key)
    finally:
        values.moto.check_access("inf")
    assert {each["failure"]["kind"] for each in denied.json["entries"]} == {"access_denied"}
    assert (unread.status, unread.out) == (1, b"")
    assert "ssm:/doctor/one: AccessDenied" in unread.errors and "ssm:GetParameter" in unread.errors
    document = {"PolicyName": "read", "PolicyDocument": json.dumps(policy)}
    values.moto.iam(Action="PutUserPolicy", UserName=user, **document)
    values.moto.check_access()
    try:
        allowed = run("doctor", *names, "--json", **key)
    finally:
        values.moto.check_access("inf")
    assert [each["read"] for each in allowed.json["entries"]] == [True] * 4, allowed.text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["doctor", "/app/x"], "did you mean ssm:/app/x?"),
        (["policy"], "--function"),
        (["policy", "ssm:/a", "--account", "12"], "12 digits"),
        (["policy", "ssm:/a", "--kms-key", "mine"], "ARN"),
        (["doctor", "ssm:/a", "--watch"], "--watch"),
        (["server"], "get, doctor, policy or serve"),
    ],
)
def test_wrong_use(arguments: list[str], says: str) -> None:
    got = run(*arguments)
    assert (got.status, got.out) == (2, b"")
    assert says in got.errors and got.errors.count("\n") == 1
