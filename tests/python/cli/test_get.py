"""lambda-cache get: what it prints, and what it says when it cannot."""

from __future__ import annotations

import base64
import json
import random
import resource
import signal
import ssl
import subprocess
from pathlib import Path

import pytest
import trustme

from support import moto_process

from .conftest import PROGRAM, Cloud, Running, run

SECRET = "canary-hunter2-\N{SNOWMAN}"


def test_a_parameter_is_text_and_a_line_break(cloud: Cloud) -> None:
    cloud.parameter("/get/text", SECRET, "SecureString")
    got = run("get", "ssm:/get/text")
    assert (got.status, got.text, got.errors) == (0, SECRET + "\n", "")


def test_line_breaks_of_a_value_stay(cloud: Cloud) -> None:
    cloud.parameter("/get/lines", "one\ntwo\n")
    assert run("get", "ssm:/get/lines").text == "one\ntwo\n\n"


def test_a_string_list_is_one_item_a_line(cloud: Cloud) -> None:
    cloud.parameter("/get/list", "a,b,c", "StringList")
    assert run("get", "ssm:/get/list").text == "a\nb\nc\n"
    assert run("get", "ssm:/get/list", "--json").json["value"] == ["a", "b", "c"]


def test_a_version_and_a_label(cloud: Cloud) -> None:
    cloud.parameter("/get/versions", "first")
    cloud.parameter("/get/versions", "second")
    cloud.moto.call("LabelParameterVersion", Name="/get/versions", ParameterVersion=1, Labels=["x"])
    assert run("get", "ssm:/get/versions").text == "second\n"
    assert run("get", "ssm:/get/versions:1").text == "first\n"
    assert run("get", "ssm:/get/versions", "--label", "x").text == "first\n"
    assert run("get", "ssm:/get/versions:1", "--json").json == {
        "name": "ssm:/get/versions:1",
        "value": "first",
        "type": "String",
        "version": 1,
        "arn": "arn:aws:ssm:eu-west-1:123456789012:parameter/get/versions",
    }


def test_an_arn(cloud: Cloud) -> None:
    cloud.parameter("/get/arn", "by arn")
    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/get/arn"
    assert run("get", f"ssm:{arn}").text == "by arn\n"


def test_a_secret_as_text_and_its_field(cloud: Cloud) -> None:
    cloud.secret("get/db", SecretString=json.dumps({"user": "admin", "port": 5432}))
    assert json.loads(run("get", "secret:get/db").text) == {"user": "admin", "port": 5432}
    assert run("get", "secret:get/db", "--field", "user").text == "admin\n"
    assert run("get", "secret:get/db", "--field", "port").text == "5432\n"
    got = run("get", "secret:get/db", "--json", "--transform", "json").json
    assert got["value"] == {"user": "admin", "port": 5432}
    assert got["type"] == "SecretString" and got["version_id"]


def test_bytes_come_without_anything_added(cloud: Cloud) -> None:
    content = b"\x00\x01\xff\x00\n"
    cloud.secret("get/bytes", SecretBinary=base64.b64encode(content).decode())
    assert run("get", "secret:get/bytes").out == content
    got = run("get", "secret:get/bytes", "--json").json
    assert base64.b64decode(got["value_base64"]) == content
    assert "value" not in got
    cloud.parameter("/get/base64", base64.b64encode(content).decode())
    assert run("get", "ssm:/get/base64", "--transform", "binary").out == content


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_an_object_is_its_content(cloud: Cloud, temporary: Path, size: int) -> None:
    content = random.Random(size).randbytes(size)
    cloud.object("get/some object", content)
    got = run("get", "s3://bucket/get/some object")
    assert (got.status, got.errors) == (0, "")
    assert got.out == content
    assert list(temporary.iterdir()) == []
    got = run("get", "s3://bucket/get/some object", "--json")
    assert base64.b64decode(got.json["value_base64"]) == content
    assert got.json["size"] == size and got.json["etag"]


def test_a_file_for_an_object(cloud: Cloud, tmp_path: Path) -> None:
    cloud.object("get/file", b"first")
    file = tmp_path / "wanted"
    file.write_text("old")
    got = run("get", "s3://bucket/get/file", "--output", "wanted", cwd=tmp_path)
    assert (got.status, got.out, got.errors) == (0, b"", "")
    assert file.read_bytes() == b"first"
    assert file.stat().st_mode & 0o777 == 0o600
    missing = run("get", "s3://bucket/get/none", "--output", str(file))
    assert missing.status == 1
    assert file.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["wanted"]


def test_a_json_object_in_s3(cloud: Cloud) -> None:
    cloud.object("get/config.json", b'{"log": {"level": "info"},\n "text": "a \\" b"}')
    name = "s3://bucket/get/config.json"
    assert run("get", name, "--field", "log.level").text == "info\n"
    got = run("get", name, "--transform", "auto", "--json")
    assert got.text.count("\n") == 1
    assert got.json["value"] == {"log": {"level": "info"}, "text": 'a " b'}


def test_several_are_lines_of_name_and_value(cloud: Cloud) -> None:
    cloud.parameter("/get/a", "x y")
    cloud.secret("get/b", SecretString="z")
    got = run("get", "ssm:/get/a", "secret:get/b")
    assert got.text == "ssm:/get/a\tx y\nsecret:get/b\tz\n"
    got = run("get", "ssm:/get/a", "secret:get/b", "--json")
    assert list(got.json) == ["ssm:/get/a", "secret:get/b"]
    assert [each["value"] for each in got.json.values()] == ["x y", "z"]


def test_a_path_is_lines_by_the_names_below_it(cloud: Cloud) -> None:
    cloud.parameter("/get/path/one", "1")
    cloud.parameter("/get/path/deep/two", "a,b", "StringList")
    assert run("get", "ssm-path:/get/path/").text == "deep/two\ta,b\none\t1\n"
    assert run("get", "ssm:/get/path/one", "ssm-path:/get/path").text == (
        "ssm:/get/path/one\t1\nssm:/get/path/deep/two\ta,b\nssm:/get/path/one\t1\n"
    )
    got = run("get", "ssm-path:/get/path/", "--json").json
    assert got["values"]["deep/two"]["value"] == ["a", "b"]
    assert got["values"]["one"]["value"] == "1"
    assert got["values"]["one"]["version"] == 1
    assert run("get", "ssm-path:/get/nothing/").text == ""


def test_what_is_no_line_needs_json(cloud: Cloud) -> None:
    cloud.parameter("/get/a", "x")
    cloud.parameter("/get/two lines".replace(" ", "-"), "one\ntwo")
    got = run("get", "ssm:/get/a", "ssm:/get/two-lines")
    assert (got.status, got.out) == (1, b"")
    assert "ssm:/get/two-lines has line breaks" in got.errors and "--json" in got.errors
    assert "one" not in got.errors


def test_missing_names_are_all_told_and_nothing_is_printed(cloud: Cloud) -> None:
    cloud.parameter("/get/a", SECRET)
    got = run("get", "ssm:/get/a", "ssm:/get/none", "secret:get/none", "s3://bucket/none", "--json")
    assert (got.status, got.out) == (1, b"")
    lines = got.errors.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "ssm:/get/none",
        "secret:get/none",
        "s3://bucket/none",
    ]
    assert SECRET not in got.errors


def test_a_value_that_does_not_fit_is_never_shown(cloud: Cloud) -> None:
    cloud.parameter("/get/text", SECRET)
    for options in (["--transform", "json"], ["--transform", "binary"], ["--field", "a"]):
        got = run("get", "ssm:/get/text", *options)
        assert (got.status, got.out) == (1, b"")
        assert "ssm:/get/text" in got.errors
        assert SECRET not in got.errors


def test_no_region_and_no_credentials(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.parameter("/get/a", "x")
    monkeypatch.delenv("AWS_REGION")
    got = run("get", "ssm:/get/a")
    assert got.status == 1 and "AWS_REGION" in got.errors
    assert run("get", "ssm:/get/a", "--region", "eu-west-1").text == "x\n"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    got = run("get", "ssm:/get/a", "--region", "eu-west-1")
    assert (got.status, got.out) == (1, b"")
    assert "credentials" in got.errors.lower()


def test_a_profile_beats_the_keys_of_the_environment(cloud: Cloud, tmp_path: Path) -> None:
    cloud.parameter("/get/a", "x")
    config = tmp_path / "config"
    config.write_text(
        "[profile mine]\nregion = eu-west-1\naws_access_key_id = AKIDMINE\n"
        "aws_secret_access_key = secret\n"
    )
    got = run(
        "get", "ssm:/get/a", "--profile", "mine", AWS_CONFIG_FILE=str(config), AWS_ACCESS_KEY_ID=""
    )
    assert got.text == "x\n"
    got = run("get", "ssm:/get/a", "--profile", "other", AWS_CONFIG_FILE=str(config))
    assert got.status == 1 and "'other'" in got.errors


def test_an_endpoint_beats_the_environment(cloud: Cloud) -> None:
    cloud.parameter("/get/a", "x")
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SSM": "http://[::1]:1"}
    assert run("get", "ssm:/get/a", "--max-attempts", "1", **nowhere).status == 1
    got = run("get", "ssm:/get/a", "--endpoint-url", cloud.moto.url, **nowhere)
    assert got.text == "x\n"


def test_over_tls(temporary: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    bundle, chain, key = (str(tmp_path / name) for name in ("ca.pem", "chain.pem", "key.pem"))
    authority.cert_pem.write_to_path(bundle)
    issued.cert_chain_pems[0].write_to_path(chain)
    issued.private_key_pem.write_to_path(key)
    with moto_process.running((chain, key)) as moto:
        moto.trust = ssl.create_default_context(cafile=bundle)
        moto.put("/get/tls", SECRET)
        where = {"AWS_ENDPOINT_URL": moto.url}
        got = run("get", "ssm:/get/tls", AWS_CA_BUNDLE=bundle, **where)
        assert (got.status, got.text) == (0, SECRET + "\n")
        report = run("doctor", "ssm:/get/tls", "--json", AWS_CA_BUNDLE=bundle, **where)
        assert report.status == 0
        assert report.json["endpoints"][0]["certificates"] == bundle
        got = run("get", "ssm:/get/tls", **where)
        assert (got.status, got.out) == (1, b"")
        assert "ssm:/get/tls" in got.errors and "AWS_CA_BUNDLE" in got.errors


def test_a_role(cloud: Cloud) -> None:
    cloud.parameter("/get/a", "x")
    got = run("get", "ssm:/get/a", "--role-arn", "arn:aws:iam::123456789012:role/reader")
    assert got.text == "x\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "NAME is required"),
        (["/app/x"], "did you mean ssm:/app/x?"),
        (["/app/"], "did you mean ssm-path:/app/?"),
        (["db"], "did you mean ssm:db or secret:db?"),
        (["file:x"], "ssm:/app/x"),
        (["ssm:"], "names nothing"),
        (["ssm:/a b"], "/a b"),
        (["s3://bucket"], "s3://bucket"),
        (["ssm:/a", "ssm:/a"], "twice"),
        (["ssm:/a", "s3://bucket/b"], "--json"),
        (["ssm:/a", "--version-id", "1"], "--version-id"),
        (["secret:a", "--label", "x"], "--label"),
        (["s3://bucket/a", "--version-stage", "x"], "--version-stage"),
        (["ssm:/a", "--output", "file"], "--output"),
        (["s3://bucket/a", "--json", "--output", "file"], "--output"),
        (["s3://bucket/a", "--output", "folder/"], "--output"),
        (["s3://bucket/a", "--output", "/tmp"], "--output"),
        (["s3://bucket/a", "--output", "/dev/null"], "no regular file"),
        (["ssm:/a", "--every", "1"], "--watch"),
        (["ssm:/a", "--watch", "--every", "0"], "0"),
        (["ssm:/a", "--transform", "xml"], "--transform"),
        (["ssm:/a", "--field", "a..b"], "a..b"),
        (["ssm:/a", "--region", "Ireland"], "Ireland"),
        (["ssm:/a", "--role-arn", "reader"], "reader"),
        (["ssm:/a", "--endpoint-url", "localhost"], "--endpoint-url"),
        (["ssm:/a", "--max-attempts", "0"], "--max-attempts"),
        (["ssm:/a", "--timeout-seconds", "nan"], "nan"),
        (["ssm:/a", "--colour"], "--colour"),
    ],
)
def test_wrong_use(arguments: list[str], says: str) -> None:
    got = run("get", *arguments)
    assert (got.status, got.out) == (2, b"")
    assert says in got.errors
    assert got.errors.count("\n") == 1


def test_help_and_version() -> None:
    for arguments in (["--help"], ["get", "--help"], ["doctor", "--help"], ["policy", "--help"]):
        got = run(*arguments)
        assert (got.status, got.errors) == (0, "")
        assert "Usage: lambda-cache" in got.text
    assert run("--version").text.startswith("lambda-cache 0.")
    assert run().status == 2


def test_nobody_reads_on(cloud: Cloud, temporary: Path) -> None:
    cloud.object("get/large", bytes(3_000_000))
    reading = subprocess.Popen(
        [PROGRAM, "get", "s3://bucket/get/large"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert reading.stdout is not None and reading.stderr is not None
    reading.stdout.read(1)
    reading.stdout.close()
    assert reading.wait(timeout=60) == 128 + signal.SIGPIPE
    assert reading.stderr.read() == b""
    reading.stderr.close()
    assert list(temporary.iterdir()) == []


def test_a_full_disk(cloud: Cloud) -> None:
    cloud.parameter("/get/text", SECRET)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [PROGRAM, "get", "ssm:/get/text"], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert SECRET.encode() not in done.stderr


def test_a_closed_output(cloud: Cloud) -> None:
    cloud.parameter("/get/text", SECRET)
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" get ssm:/get/text >&-', PROGRAM], stderr=subprocess.PIPE, timeout=60
    )
    assert done.returncode == 1
    assert b"standard output" in done.stderr


def test_leaves_no_core_dump(cloud: Cloud) -> None:
    cloud.parameter("/get/text", SECRET)
    watching = Running("get", "ssm:/get/text", "--watch")
    watching.line()
    assert resource.prlimit(watching.process.pid, resource.RLIMIT_CORE) == (0, 0)
    assert watching.end(signal.SIGTERM) == 128 + signal.SIGTERM


def test_watch_prints_what_changed(cloud: Cloud) -> None:
    cloud.parameter("/get/watched", "first")
    watching = Running("get", "ssm:/get/watched", "--watch", "--every", "0.05")
    assert watching.line() == "first\n"
    cloud.parameter("/get/watched", "second")
    assert watching.line() == "second\n"
    cloud.moto.call("DeleteParameter", Name="/get/watched")
    assert "ssm:/get/watched" in watching.line("stderr")
    cloud.parameter("/get/watched", "third")
    assert watching.line() == "third\n"
    assert watching.end() == 128 + signal.SIGINT


def test_watch_of_an_object(cloud: Cloud, temporary: Path, tmp_path: Path) -> None:
    cloud.object("get/watched", b"first\n")
    watching = Running("get", "s3://bucket/get/watched", "--watch", "--every", "0.05")
    assert watching.line() == "first\n"
    cloud.object("get/watched", b"second\n")
    assert watching.line() == "second\n"
    assert watching.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert list(temporary.iterdir()) == []


def test_watch_into_a_file(cloud: Cloud, tmp_path: Path) -> None:
    cloud.object("get/watched", b"first")
    file, link = tmp_path / "file", tmp_path / "link"
    file.touch()
    link.symlink_to(file)
    watching = Running(
        "get", "s3://bucket/get/watched", "--watch", "--every", "0.05", "--output", str(link)
    )
    for content in (b"first", b"second"):
        cloud.object("get/watched", content)
        while file.read_bytes() != content:
            assert watching.process.poll() is None
    assert watching.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert link.is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "link"]


def test_watch_as_json(cloud: Cloud) -> None:
    cloud.parameter("/get/watched", "first")
    cloud.parameter("/get/still", "x")
    watching = Running(
        "get", "ssm:/get/watched", "ssm:/get/still", "--json", "--watch", "--every", "0.05"
    )
    assert json.loads(watching.line())["ssm:/get/watched"]["value"] == "first"
    cloud.parameter("/get/watched", "second")
    line = json.loads(watching.line())
    assert line["ssm:/get/watched"]["value"] == "second"
    assert line["ssm:/get/still"]["value"] == "x"
    assert watching.end() == 128 + signal.SIGINT
