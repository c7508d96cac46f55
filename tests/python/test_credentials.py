"""Roles, files and tokens against moto, which checks signatures and policies."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.moto_process import Moto

import lambda_cache
from lambda_cache import exceptions, ssm
from support import moto_process, program

ROOT = Path(__file__).parents[2]

ROLE = "arn:aws:iam::123456789012:role/reader"
OTHER_ROLE = "arn:aws:iam::111111111111:role/reader"


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:user/caller"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "who-calls"}},
            }
        ],
    }
)
# What moto lets the caller assume the role with.
ASSUMED = {"role_arn": ROLE, "external_id": "who-calls"}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Moto, str, str]]:
    """moto with a user who may assume roles and nothing else; with the user's keys."""
    with moto_process.running() as moto:
        moto.put("/app/var", "mine")
        moto.iam(Action="CreateUser", UserName="caller")
        moto.iam(
            Action="PutUserPolicy",
            UserName="caller",
            PolicyName="assume",
            PolicyDocument=allow("sts:AssumeRole", "sts:GetCallerIdentity"),
        )
        key = moto.iam(Action="CreateAccessKey", UserName="caller")
        found = re.search(r"<AccessKeyId>(.*)</AccessKeyId>", key)
        secret = re.search(r"<SecretAccessKey>(.*)</SecretAccessKey>", key)
        assert found and secret
        moto.iam(Action="CreateRole", RoleName="reader", AssumeRolePolicyDocument=TRUST)
        moto.iam(
            Action="PutRolePolicy",
            RoleName="reader",
            PolicyName="read",
            PolicyDocument=allow("ssm:GetParameter*"),
        )
        yield moto, found[1], html.unescape(secret[1])


@pytest.fixture
def home(
    server: tuple[Moto, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A home directory with the user's keys; moto checks every signature meanwhile."""
    moto, key, secret = server
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        f"[caller]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    )
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_REGION",
    ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "p")
    lambda_cache.reset()
    moto.check_access()
    yield aws
    moto.check_access("inf")


def write_profile(home: Path, moto: Moto, **settings: str) -> None:
    lines = [f"{name} = {value}" for name, value in settings.items()]
    text = "\n".join(["[profile p]", "region = eu-west-1", f"endpoint_url = {moto.url}", *lines])
    (home / "config").write_text(text + "\n")
    lambda_cache.reset()


def test_a_role_of_a_profile_is_assumed(home: Path, server: tuple[Moto, str, str]) -> None:
    moto = server[0]
    write_profile(home, moto, **ASSUMED, source_profile="caller")
    assert ssm.get_entry("/app/var") == "mine"
    assert ssm.get_entry(["/app/var"]) == {"var": "mine"}


def identity() -> dict[str, str]:
    """What the library's caller_identity says in the environment of the test."""
    build = ROOT / os.environ.get("LAMBDA_CACHE_BUILD_DIR", "build/release")
    asked = subprocess.run(
        [build / "tests" / "support" / "config_probe", "identity"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, str] = json.loads(asked.stdout)
    return found


def test_the_identity_is_that_of_the_role(home: Path, server: tuple[Moto, str, str]) -> None:
    moto, key, secret = server
    write_profile(home, moto, aws_access_key_id=key, aws_secret_access_key=secret)
    assert identity() == {
        "account": "123456789012",
        "arn": "arn:aws:iam::123456789012:user/caller",
        "from": "profile 'p'",
    }
    write_profile(home, moto, **ASSUMED, role_session_name="me", source_profile="caller")
    assert identity() == {
        "account": "123456789012",
        "arn": "arn:aws:sts::123456789012:assumed-role/reader/me",
        "from": f"profile 'p', role {ROLE} assumed with profile 'caller'",
    }
    write_profile(home, moto, aws_access_key_id=key, aws_secret_access_key="wrong")
    refused = identity()
    assert refused["error"] == "credentials"
    assert "SignatureDoesNotMatch for sts:GetCallerIdentity" in refused["message"]


def test_without_the_role_the_caller_may_not_read(
    home: Path, server: tuple[Moto, str, str]
) -> None:
    moto, key, secret = server
    write_profile(home, moto, aws_access_key_id=key, aws_secret_access_key=secret)
    with pytest.raises(exceptions.AccessDeniedError):
        ssm.get_entry("/app/var")


def test_a_role_that_is_refused_names_the_fix(home: Path, server: tuple[Moto, str, str]) -> None:
    wrong = {**ASSUMED, "external_id": "somebody-else"}
    write_profile(home, server[0], **wrong, source_profile="caller")
    with pytest.raises(exceptions.CredentialsError) as caught:
        ssm.get_entry("/app/var")
    said = str(caught.value)
    for part in (
        "AccessDenied for sts:AssumeRole",
        ROLE,
        "trust policy",
        "external_id",
        "'caller'",
    ):
        assert part in said


def test_a_wrong_secret_is_refused_for_its_signature(
    home: Path, server: tuple[Moto, str, str]
) -> None:
    moto, key, _ = server
    write_profile(home, moto, **ASSUMED, source_profile="wrong")
    with (home / "credentials").open("a") as keys:
        keys.write(f"[wrong]\naws_access_key_id = {key}\naws_secret_access_key = canary-hunter2\n")
    lambda_cache.reset()
    with pytest.raises(exceptions.CredentialsError) as caught:
        ssm.get_entry("/app/var")
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert "canary-hunter2" not in str(caught.value)


def test_a_credential_process_gets_the_environment(
    home: Path, server: tuple[Moto, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moto, key, secret = server
    script = home / "give keys"
    script.write_text(
        '#!/bin/sh\nprintf \'{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"}\' '
        '"$MY_KEY" "$MY_SECRET"\n'
    )
    script.chmod(0o700)
    monkeypatch.setenv("MY_KEY", key)
    monkeypatch.setenv("MY_SECRET", secret)
    write_profile(home, moto, **ASSUMED, source_profile="q")
    with (home / "config").open("a") as config:
        config.write(f'[profile q]\ncredential_process = "{script}"\n')
    lambda_cache.reset()
    assert ssm.get_entry("/app/var") == "mine"


def test_a_web_identity_is_exchanged(
    home: Path, server: tuple[Moto, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moto = server[0]
    moto.check_access("inf")  # moto wants a signature, which this operation does not have
    write_profile(home, moto)
    token = home / "token"
    token.write_text("a.web.token\n")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", OTHER_ROLE)
    lambda_cache.reset()
    with pytest.raises(exceptions.ParameterNotFoundError):
        ssm.get_entry("/app/var")  # of the other account, which has none


def test_a_child_process_assumes_the_role_itself(home: Path, server: tuple[Moto, str, str]) -> None:
    moto = server[0]
    write_profile(home, moto, **ASSUMED, source_profile="caller")
    source = """
        import os
        from lambda_cache import ssm
        assert ssm.get_entry('/app/var') == 'mine'
        child = os.fork()
        if child == 0:
            os._exit(ssm.get_entry('/app/var', ttl_seconds=0) != 'mine')
        assert os.waitpid(child, 0)[1] == 0
        print('both')
    """
    assert program.run(source) == "both\n"
