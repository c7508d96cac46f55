"""Objects against moto, whose idea of S3 is not ours, with signatures and policies checked."""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from support.moto_process import Moto

import lambda_cache
from lambda_cache import exceptions, s3
from support import moto_process

SCOPE = "AKIDEXAMPLE/20260101/eu-west-1/s3/aws4_request"
UNCHECKED = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="module")
def server() -> Iterator[Moto]:
    with moto_process.running() as moto:
        yield moto


@pytest.fixture
def moto(server: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moto:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    monkeypatch.setenv("LAMBDA_CACHE_S3_DIRECTORY", str(tmp_path))
    lambda_cache.reset()
    send(server, "PUT", "/bucket", LOCATION)
    return server


LOCATION = (
    b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
    b"</CreateBucketConfiguration>"
)


def send(moto: Moto, method: str, path: str, body: bytes = b"", **headers: str) -> dict[str, str]:
    where = urlsplit(moto.url)
    assert where.hostname
    connection = http.client.HTTPConnection(where.hostname, where.port)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Authorization": UNCHECKED, **names})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status in (200, 204, 409), content
    return {name.lower(): value for name, value in answer.getheaders()} | {
        "body": content.decode(errors="replace")
    }


def put(moto: Moto, key: str, content: bytes, **headers: str) -> dict[str, str]:
    return send(moto, "PUT", "/bucket/" + quote(key, safe="/~"), content, **headers)


def test_objects_are_what_was_put(moto: Moto) -> None:
    rng = random.Random(5)
    # moto's web server does not let "//", ".." and "?" through as they are; the scripted S3 does.
    characters = "aZ09 +%&=@:,;!'()*~$#[]{}|^`\"<>äß€😀\u2028"
    for i in range(40):
        key = f"{i}/" + "".join(rng.choices(characters, k=rng.randrange(1, 30))) + "x"
        content = rng.randbytes(rng.choice([0, 1, 1000, 200_000]))
        put(moto, key, content)
        assert s3.get_entry(f"s3://bucket/{key}", as_bytes=True) == content
        path = s3.get_entry(f"s3://bucket/{key}", entry_name=f"file-{i}")
        assert Path(path).read_bytes() == content


def test_checksums_that_were_stored(moto: Moto) -> None:
    content = b"content" * 1000
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    put(moto, "sha", content, x_amz_checksum_algorithm="SHA256", x_amz_checksum_sha256=digest)
    assert s3.get_entry("s3://bucket/sha", as_bytes=True) == content


def test_a_304_and_a_change(moto: Moto) -> None:
    put(moto, "changing", b"old")
    first = Path(s3.get_entry("s3://bucket/changing"))
    inode = first.stat().st_ino
    assert s3.get_entry("s3://bucket/changing", ttl_seconds=0) == str(first)
    assert first.stat().st_ino == inode
    put(moto, "changing", b"new")
    s3.get_entry("s3://bucket/changing", ttl_seconds=0)
    assert first.read_bytes() == b"new"


def test_a_large_object_by_ranges(moto: Moto) -> None:
    content = random.Random(6).randbytes(40_000_000)
    put(moto, "large", content)
    before = lambda_cache.stats()["calls"]
    assert Path(s3.get_entry("s3://bucket/large")).read_bytes() == content
    assert lambda_cache.stats()["calls"] > before + 1


def test_versions(moto: Moto) -> None:
    send(
        moto,
        "PUT",
        "/bucket?versioning",
        b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    )
    first = put(moto, "versioned", b"one")["x-amz-version-id"]
    put(moto, "versioned", b"two")
    assert s3.get_entry("s3://bucket/versioned", as_bytes=True) == b"two"
    assert s3.get_entry("s3://bucket/versioned", as_bytes=True, version_id=first) == b"one"


@pytest.mark.parametrize(
    ("uri", "code"),
    [("s3://bucket/none", "NoSuchKey"), ("s3://no-such-bucket/key", "NoSuchBucket")],
)
def test_what_is_missing(moto: Moto, uri: str, code: str) -> None:
    with pytest.raises(exceptions.ObjectNotFoundError) as caught:
        s3.get_entry(uri)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.name == uri


def test_signatures_and_policies_are_checked(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "dir/ä b+c%20d&e=f"
    put(moto, key, b"signed")
    uri = f"s3://bucket/{key}"
    moto.iam(Action="CreateUser", UserName="reader")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "*"}],
    }
    moto.iam(
        Action="PutUserPolicy",
        UserName="reader",
        PolicyName="read",
        PolicyDocument=json.dumps(policy),
    )
    made = moto.iam(Action="CreateAccessKey", UserName="reader")
    found = re.search(r"<AccessKeyId>(.*)</AccessKeyId>", made)
    secret = re.search(r"<SecretAccessKey>(.*)</SecretAccessKey>", made)
    assert found
    assert secret
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", found[1])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", html.unescape(secret[1]))
    lambda_cache.reset()
    moto.check_access()
    try:
        assert s3.get_entry(uri, as_bytes=True) == b"signed"
        assert s3.get_entry(uri, as_bytes=True, ttl_seconds=0) == b"signed"
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        lambda_cache.reset()
        with pytest.raises(exceptions.CredentialsError):
            s3.get_entry(uri, as_bytes=True)
    finally:
        moto.check_access("inf")
    moto.iam(Action="DeleteUserPolicy", UserName="reader", PolicyName="read")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", html.unescape(secret[1]))
    lambda_cache.reset()
    moto.check_access()
    try:
        with pytest.raises(exceptions.AccessDeniedError, match="s3:ListBucket"):
            s3.get_entry(uri, as_bytes=True)
    finally:
        moto.check_access("inf")
