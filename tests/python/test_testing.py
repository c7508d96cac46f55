"""lambda_cache.testing, from inside and as a project that uses it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.endpoint import SECRET_KEY, Endpoint
from support.program import PACKAGES, interpreter

import lambda_cache
from lambda_cache import exceptions, secrets_manager, ssm, testing


# Decorated before any fake begins, as in programs.
@ssm.cache("/app/var")
@secrets_manager.cache("/prod/db", entry_name="db", field="password", ttl_seconds=30)
def handler(event: Any, context: Any) -> Any:
    return context.get("var"), context.get("db")


@ssm.cache(["/app/a", "/app/b"], entry_name="both")
async def async_handler(event: Any, context: Any) -> Any:
    return context.get("both")


@pytest.fixture(autouse=True)
def nothing_configured(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a region nor credentials."""
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)


@pytest.fixture
def cloud() -> Any:
    with testing.fake() as made:
        yield made


def test_values_of_every_kind(cloud: testing.FakeCloud) -> None:
    cloud.ssm["/app/text"] = "ünïcode"
    cloud.ssm["/app/list"] = ["a", "", "c"]
    assert cloud.ssm.put("/app/joined", "x,y", type="StringList") == 1
    cloud.ssm.put("/app/hidden", "plain", type="SecureString")
    cloud.secrets["text"] = "as it is"
    cloud.secrets["bytes"] = b"\0\xff"
    cloud.secrets["json"] = {"user": "app", "ports": [1, 2]}
    assert ssm.get_entry(["/app/text", "/app/list", "/app/joined", "/app/hidden"]) == {
        "text": "ünïcode",
        "list": ["a", "", "c"],
        "joined": ["x", "y"],
        "hidden": "plain",
    }
    assert "plain" not in ssm.get_entry("/app/hidden", with_decryption=False)
    assert secrets_manager.get_entry("text") == "as it is"
    assert secrets_manager.get_entry("bytes") == b"\0\xff"
    assert secrets_manager.get_entry("json", transform="json")["ports"] == [1, 2]
    assert secrets_manager.get_entry("json", field="user") == "app"


def test_versions_labels_and_stages(cloud: testing.FakeCloud) -> None:
    for value in ("one", "two"):
        cloud.ssm["/app/var"] = value
    assert cloud.ssm.put("/app/var", "three", labels="live") == 3
    cloud.ssm.label("/app/var", "blessed", 2)
    read = {"new": "/app/var", "old": "/app/var:1", "ok": "/app/var:blessed", "l": "/app/var:live"}
    assert ssm.get_entry(read) == {"new": "three", "old": "one", "ok": "two", "l": "three"}
    first = cloud.secrets.put("db", "old")
    cloud.secrets.put("db", "new")
    cloud.secrets.put("db", "later", stages=["AWSPENDING"])
    get = secrets_manager.get_entry
    assert get("db") == "new"
    assert get("db", version_stage="AWSPREVIOUS") == "old"
    assert get("db", version_stage="AWSPENDING") == "later"
    assert get("db", version_id=first) == "old"


def test_the_stores_are_collections(cloud: testing.FakeCloud) -> None:
    cloud.ssm.update({"/a": "1", "/b": "2"})
    cloud.secrets.update({"s": "3"})
    assert (sorted(cloud.ssm), list(cloud.secrets)) == (["/a", "/b"], ["s"])
    assert "/a" in cloud.ssm and "/c" not in cloud.ssm and len(cloud.ssm) == 2
    assert "s" in cloud.secrets and len(cloud.secrets) == 1
    del cloud.ssm["/a"], cloud.secrets["s"]
    with pytest.raises(KeyError):
        del cloud.ssm["/a"]
    with pytest.raises(KeyError):
        del cloud.secrets["s"]
    with pytest.raises(exceptions.ParameterNotFoundError, match="put it there first"):
        ssm.get_entry("/a")
    with pytest.raises(exceptions.SecretNotFoundError):
        secrets_manager.get_entry("s")
    assert ssm.get_entry("/c", default="none") == "none"


def test_a_handler_decorated_earlier(cloud: testing.FakeCloud) -> None:
    cloud.ssm["/app/var"] = "x"
    cloud.secrets["/prod/db"] = {"password": "p"}
    assert handler({}, None) == ("x", "p")
    assert handler({}, None) == ("x", "p")
    assert sorted(cloud.calls) == [
        ("secretsmanager", "GetSecretValue", ("/prod/db",)),
        ("ssm", "GetParameter", ("/app/var",)),
    ]
    assert cloud.stats()["hits"] == 2
    assert cloud.stats()["calls"] == 2


def test_time_passes_when_it_is_told_to(cloud: testing.FakeCloud) -> None:
    cloud.ssm["/app/var"] = "old"
    cloud.secrets["/prod/db"] = {"password": "old"}
    assert handler({}, None) == ("old", "old")
    cloud.ssm["/app/var"] = "new"
    cloud.secrets["/prod/db"] = {"password": "new"}
    cloud.move(29)
    assert handler({}, None) == ("old", "old")
    cloud.move(1)
    assert handler({}, None) == ("old", "new")
    cloud.move(30)
    assert handler({}, None) == ("new", "new")


def test_a_failing_service(cloud: testing.FakeCloud) -> None:
    cloud.ssm.update({"/app/var": "x", "/app/other": "y"})
    assert ssm.get_entry("/app/var") == "x"
    cloud.fail("/app/var", error="ThrottlingException")
    cloud.move(60)
    assert ssm.get_entry("/app/var") == "x"  # stale, as in production
    assert cloud.stats()["stale"] == 1
    assert ssm.get_entry("/app/other") == "y"
    with pytest.raises(exceptions.ThrottledError) as caught:
        ssm.get_entry("/app/var", ttl_seconds=0)
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    cloud.recover("/app/var")
    assert ssm.get_entry("/app/var", ttl_seconds=0) == "x"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ("timeout", exceptions.FetchTimeoutError),
        ("connection", exceptions.EndpointConnectionError),
        ("certificate", exceptions.CertificateError),
        ("ParameterNotFound", exceptions.ParameterNotFoundError),
        ("AnythingElse", exceptions.RequestRejectedError),
        *[
            (each, each)
            for each in (
                exceptions.AccessDeniedError,
                exceptions.DecryptionError,
                exceptions.RequestRejectedError,
                exceptions.CredentialsError,
                exceptions.ThrottledError,
                exceptions.FetchTimeoutError,
                exceptions.EndpointConnectionError,
                exceptions.CertificateError,
                exceptions.ProtocolError,
                exceptions.ServiceUnavailableError,
                exceptions.ParameterNotFoundError,
            )
        ],
        (exceptions.NotFoundError, exceptions.ParameterNotFoundError),
        (TimeoutError, exceptions.FetchTimeoutError),
        (ConnectionResetError, exceptions.EndpointConnectionError),
    ],
)
def test_ways_to_fail(cloud: testing.FakeCloud, error: Any, raised: type[Exception]) -> None:
    cloud.ssm["/app/var"] = "x"
    cloud.ssm.fail(error=error, times=1)
    with pytest.raises(raised) as caught:
        ssm.get_entry("/app/var", ttl_seconds=0)
    assert type(caught.value) is raised
    assert isinstance(caught.value, exceptions.FetchError)
    assert (caught.value.service, caught.value.name) == ("ssm", "/app/var")
    assert ssm.get_entry("/app/var", ttl_seconds=0) == "x"


def test_a_role_that_may_not(cloud: testing.FakeCloud) -> None:
    cloud.ssm["/app/var"] = "x"
    cloud.secrets["s"] = "y"
    cloud.ssm.deny()
    with pytest.raises(exceptions.AccessDeniedError, match="ssm:GetParameter on /app/var"):
        ssm.get_entry("/app/var")
    assert secrets_manager.get_entry("s") == "y"
    cloud.ssm.recover()
    with pytest.raises(exceptions.AccessDeniedError):
        ssm.get_entry("/app/var")  # remembered
    cloud.move(5)
    assert ssm.get_entry("/app/var") == "x"


def test_threads_that_wait(cloud: testing.FakeCloud) -> None:
    cloud.ssm["/app/var"] = "old"
    cloud.hang("/app/var")
    got: list[Any] = []
    threads = [
        threading.Thread(target=lambda: got.append(ssm.get_entry("/app/var"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    cloud.wait_for_calls(1, "/app/var")
    with pytest.raises(exceptions.FetchTimeoutError):
        ssm.get_entry("/app/var", timeout_seconds=0.001)
    cloud.ssm["/app/var"] = "new"
    cloud.release("/app/var")
    for thread in threads:
        thread.join()
    assert got == ["new"] * 8
    with pytest.raises(AssertionError, match=r"^Expected 9 calls within 0\.0 s of ssm for"):
        cloud.ssm.wait_for_calls(9, "/app/var", timeout_seconds=0.0)


def test_async_handlers(cloud: testing.FakeCloud) -> None:
    cloud.ssm.update({"/app/a": "1", "/app/b": "2"})

    async def both() -> list[Any]:
        cloud.hang()
        reads = [asyncio.ensure_future(async_handler({}, None)) for _ in range(3)]
        await asyncio.sleep(0)
        cloud.wait_for_calls()
        cloud.release()
        return await asyncio.gather(*reads)

    assert asyncio.run(both()) == [{"a": "1", "b": "2"}] * 3
    cloud.assert_called_once()
    assert cloud.calls[0] == ("ssm", "GetParameters", ("/app/a", "/app/b"))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # as forks are
def test_a_forked_child(cloud: testing.FakeCloud) -> None:
    cloud.ssm["/app/var"] = "x"
    assert ssm.get_entry("/app/var") == "x"
    child = os.fork()
    if child == 0:
        right = ssm.get_entry("/app/var") == "x"
        cloud.ssm["/app/var"] = "of the child"
        right = right and ssm.get_entry("/app/var", ttl_seconds=0) == "of the child"
        os._exit(0 if right and cloud.call_count() == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
    cloud.assert_called_once()


def test_nothing_leaks(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    lambda_cache.reset()
    assert ssm.get_entry("/app/var") == "the value"
    with pytest.raises(ZeroDivisionError), testing.fake(ssm={"/app/var": "fake"}) as cloud:
        assert ssm.get_entry("/app/var") == "fake"
        with testing.fake() as inner:
            inner.move(1000)
            with pytest.raises(exceptions.ParameterNotFoundError):
                ssm.get_entry("/app/var")
        assert ssm.get_entry("/app/var") == "fake"
        _ = 1 / 0
    assert ssm.get_entry("/app/var") == "the value"
    assert [call.names for call in endpoint.calls] == [["/app/var"], ["/app/var"]]
    cloud.assert_called("/app/var", times=2)  # also afterwards
    assert cloud.stats()["calls"] == 2


def test_the_environment_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_CACHE_TTL_SECONDS", "5")
    with testing.fake(ssm={"/app/var": "x"}) as cloud:
        ssm.get_entry("/app/var")
        cloud.move(4)
        ssm.get_entry("/app/var")
        cloud.assert_called_once()
        cloud.move(1)
        ssm.get_entry("/app/var")
        assert cloud.call_count() == 2


def test_start_and_stop() -> None:
    cloud = testing.fake()
    cloud.ssm["/app/var"] = "x"
    with pytest.raises(RuntimeError, match="not been started"):
        cloud.stop()
    with pytest.raises(RuntimeError, match="not been started"):
        cloud.move(1)
    assert cloud.start() is cloud
    with pytest.raises(RuntimeError, match="already"):
        cloud.start()
    assert ssm.get_entry("/app/var") == "x"
    cloud.stop()
    with pytest.raises(exceptions.ConfigurationError, match="No region"):
        ssm.get_entry("/app/var")


def test_decorated_functions() -> None:
    @testing.fake(ssm={"/app/var": "x"})
    def test_it(more: str) -> Any:
        """A test."""
        return ssm.get_entry("/app/var") + more

    @testing.fake(secrets={"s": {"a": "b"}})
    async def later() -> Any:
        return await secrets_manager.get_entry_async("s", field="a")

    assert (test_it.__name__, test_it.__doc__) == ("test_it", "A test.")
    assert [test_it("!"), test_it("?")] == ["x!", "x?"]
    assert asyncio.run(later()) == "b"  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="setUp"):

        @testing.fake()
        class Case: ...

    with pytest.raises(TypeError, match="generator"):

        @testing.fake()
        def fixture() -> Any:
            yield


def test_what_assertions_say(cloud: testing.FakeCloud) -> None:
    cloud.assert_not_called()
    with pytest.raises(AssertionError) as none:
        cloud.assert_called_once("/app/var")
    assert str(none.value) == (
        "Expected exactly one call for '/app/var', found 0 calls. There was no call at all."
    )
    with pytest.raises(AssertionError, match="Expected at least one call of ssm, found 0 calls"):
        cloud.ssm.assert_called()
    cloud.ssm["/app/var"] = "x"
    cloud.secrets["/app/var"] = "y"
    ssm.get_entry("/app/var:1")
    secrets_manager.get_entry("/app/var")
    cloud.ssm.assert_called_once("/app/var")
    cloud.ssm.assert_called("/app/var", times=1)
    cloud.assert_called("/app/var", times=2)
    cloud.ssm.assert_not_called("/app/var:2")
    with pytest.raises(AssertionError) as one:
        cloud.assert_not_called("/app/var")
    assert str(one.value) == (
        "Expected no call for '/app/var', found 2 calls. The calls:\n"
        "  1. ssm GetParameter /app/var:1\n"
        "  2. secretsmanager GetSecretValue /app/var"
    )
    assert [call.service for call in cloud.secrets.calls] == ["secretsmanager"]
    cloud.forget_calls()
    cloud.assert_not_called()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda c: c.ssm.put("/a:3", "x"), "/a:3"),
        (lambda c: c.ssm.put("/a", "x", type="Sting"), "SecureString"),
        (lambda c: c.ssm.put("/a", ["a,b"]), "comma"),
        (lambda c: c.ssm.put("/a", []), "comma"),
        (lambda c: c.ssm.put("/a", ["b"], type="String"), "type"),
        (lambda c: c.ssm.put("/a", 1), "value has to be a str"),
        (lambda c: c.ssm.put(1, "x"), "name has to be a str"),
        (lambda c: c.ssm.put("/a", "x", labels=["1"]), "label"),
        (lambda c: c.ssm.label("/a", "x"), "no version"),
        (lambda c: c.secrets.put("a", 1), "JSON"),
        (lambda c: c.secrets.put("a b", "x"), "space"),
        (lambda c: c.secrets.put("a", "x", version_id="1"), "version_id"),
        (lambda c: c.fail("/a", error=ValueError), "ThrottledError"),
        (lambda c: c.fail("/a", error=exceptions.FetchError), "ThrottledError"),
        (lambda c: c.fail("/a", error=exceptions.TransformError), "does not fit"),
        (lambda c: c.fail("/a", error=exceptions.ReadCancelledError), "leave the wait"),
        (lambda c: c.fail("/a", error=""), "ThrottlingException"),
        (lambda c: c.fail("/a", error="throttled"), "'throttled' is no code"),
        (lambda c: c.fail("/a", times=0), "times"),
        (lambda c: c.fail("/a", times="1"), "times"),
        (lambda c: c.fail(""), "name is empty"),
        (lambda c: c.move(-1), "0 or more"),
        (lambda c: c.move(float("inf")), "hundred years"),
    ],
)
def test_what_cannot_be_is_refused(
    cloud: testing.FakeCloud, wrong: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(exceptions.LambdaCacheError, match=words):
        wrong(cloud)
    assert len(cloud.ssm) == len(cloud.secrets) == 0


# As a project of a user's own.

APP = """
    from lambda_cache import ssm

    @ssm.cache("/app/greeting")
    def handler(event, context):
        return context.get("greeting")
"""


def run_project(folder: Path, **files: str) -> tuple[int, str]:
    for name, source in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    done = subprocess.run(
        [
            *interpreter(),
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            str(folder),
        ],
        env={**os.environ, "PYTHONPATH": f"{PACKAGES}{os.pathsep}{folder}"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_project_with_the_fixture(tmp_path: Path) -> None:
    status, out = run_project(
        tmp_path,
        app=APP,
        test_app="""
            import pytest
            from app import handler
            from lambda_cache import exceptions

            def test_greeting(lambda_cache_fake):
                lambda_cache_fake.ssm["/app/greeting"] = "hello"
                assert handler({}, None) == "hello"
                lambda_cache_fake.assert_called_once("/app/greeting")

            def test_nothing_is_left_of_it(lambda_cache_fake):
                with pytest.raises(exceptions.ParameterNotFoundError):
                    handler({}, None)

            def test_fails(lambda_cache_fake):
                lambda_cache_fake.assert_called_once("/app/greeting")
        """,
    )
    assert status == 1, out
    assert "1 failed, 2 passed" in out
    assert "Expected exactly one call for '/app/greeting', found 0 calls." in out
    assert "def _complain" not in out, "the failure shows the user's line, not ours"


def test_a_project_without_the_fixture(tmp_path: Path) -> None:
    status, out = run_project(
        tmp_path,
        app=APP,
        test_app="""
            import unittest
            from app import handler
            from lambda_cache import testing

            class Case(unittest.TestCase):
                def setUp(self):
                    self.cloud = testing.fake().start()
                    self.addCleanup(self.cloud.stop)

                def test_greeting(self):
                    self.cloud.ssm["/app/greeting"] = "hello"
                    self.assertEqual(handler({}, None), "hello")

            @testing.fake(ssm={"/app/greeting": "hi"})
            def test_decorated():
                assert handler({}, None) == "hi"
        """,
    )
    assert (status, "2 passed" in out) == (0, True), out


def test_a_project_that_needs_none_of_it_pays_nothing(tmp_path: Path) -> None:
    status, out = run_project(
        tmp_path,
        test_other="""
            import sys

            def test_nothing_was_imported():
                assert not [name for name in sys.modules if name.split(".")[0] == "lambda_cache"]
                assert "lambda_cache_pytest" in sys.modules
        """,
    )
    assert (status, "1 passed" in out) == (0, True), out


def test_the_page_about_it(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    blocks = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", page, re.DOTALL)
    assert [name for name, _ in blocks] == ["app", "test_app"]
    status, out = run_project(tmp_path, **dict(blocks))
    assert (status, "5 passed" in out) == (0, True), out
