"""lambda_cache.testing: objects, as files and as bytes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_cache import exceptions, s3, testing

URI = "s3://bucket/models/v1.bin"


# Decorated before any fake begins, as in programs.
@s3.cache(URI, entry_name="model")
@s3.cache("s3://bucket/rates.json", entry_name="rates", transform="json")
def handler(event: Any, context: Any) -> Any:
    return Path(context["model"]).read_bytes(), context["rates"]


@pytest.fixture(autouse=True)
def directory(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the files are to be; neither a region nor credentials."""
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    made = tmp_path / "objects"
    made.mkdir()
    monkeypatch.setenv("LAMBDA_CACHE_S3_DIRECTORY", str(made))
    return made


@pytest.fixture
def cloud(directory: Path) -> Any:
    with testing.fake() as made:
        yield made


def test_files_and_bytes(cloud: testing.FakeCloud, directory: Path) -> None:
    cloud.s3[URI] = b"\0\xff"
    cloud.s3["s3://bucket/rates.json"] = {"eur": 1.1}
    assert handler({}, {}) == handler({}, {}) == (b"\0\xff", {"eur": 1.1})
    assert [each.name for each in directory.iterdir()] == ["model"]
    assert sorted(cloud.calls) == [
        ("s3", "GetObject", (URI,)),
        ("s3", "GetObject", ("s3://bucket/rates.json",)),
    ]
    cloud.s3["s3://bucket/text"] = "ünïcode"
    assert s3.get_entry("s3://bucket/text", as_bytes=True) == "ünïcode".encode()
    assert asyncio.run(s3.get_entry_async(["s3://bucket/text", URI])) == {
        "text": str(directory / "text"),
        "v1.bin": str(directory / "v1.bin"),
    }


def test_a_file_that_somebody_removed(cloud: testing.FakeCloud) -> None:
    cloud.s3[URI] = "content"
    path = Path(s3.get_entry(URI))
    path.unlink()
    assert Path(s3.get_entry(URI)).read_text() == "content"
    cloud.assert_called(URI, times=2)


def test_what_has_not_changed_is_revalidated(cloud: testing.FakeCloud) -> None:
    cloud.s3[URI] = "old"
    path = Path(s3.get_entry(URI))
    written = path.stat().st_ino
    cloud.move(60)
    assert s3.get_entry(URI) == str(path)
    assert path.stat().st_ino == written
    assert (cloud.stats()["loads"], cloud.stats()["revalidated"]) == (1, 1)
    cloud.s3[URI] = "new"
    assert path.read_text() == "old"
    cloud.move(60)
    assert Path(s3.get_entry(URI)).read_text() == "new"
    assert (cloud.stats()["loads"], cloud.stats()["revalidated"]) == (2, 1)


def test_versions(cloud: testing.FakeCloud) -> None:
    first = cloud.s3.put(URI, b"one")
    assert cloud.s3.put(URI, b"two", version_id="v2") == "v2"
    assert s3.get_entry(URI, as_bytes=True, version_id=first) == b"one"
    assert s3.get_entry(URI, as_bytes=True) == b"two"
    with pytest.raises(exceptions.ObjectNotFoundError) as caught:
        s3.get_entry(URI, version_id="v9")
    assert caught.value.code == "NoSuchVersion"
    cloud.s3.assert_called_once(f"{URI}?versionId={first}")
    cloud.s3.assert_called(URI, times=3)


def test_the_store_is_a_collection(cloud: testing.FakeCloud) -> None:
    with pytest.raises(exceptions.ObjectNotFoundError, match="put it there first") as caught:
        s3.get_entry(URI)
    assert caught.value.code == "NoSuchBucket"
    cloud.s3.update({URI: "x", "s3://other/key": b"y"})
    assert list(cloud.s3) == [URI, "s3://other/key"]
    assert URI in cloud.s3 and len(cloud.s3) == 2
    del cloud.s3[URI]
    with pytest.raises(KeyError):
        del cloud.s3[URI]
    with pytest.raises(KeyError):
        del cloud.s3["no uri"]
    with pytest.raises(exceptions.ObjectNotFoundError) as caught:
        s3.get_entry(URI, ttl_seconds=0)
    assert caught.value.code == "NoSuchKey"
    assert s3.get_entry("s3://other/no", as_bytes=True, default=b"none") == b"none"


def test_failures(cloud: testing.FakeCloud) -> None:
    cloud.s3[URI] = "x"
    assert Path(s3.get_entry(URI)).read_text() == "x"
    cloud.s3.fail(URI, error="SlowDown", times=1)
    cloud.move(60)
    assert Path(s3.get_entry(URI)).read_text() == "x"  # stale, as in production
    cloud.s3.deny("s3://bucket")
    with pytest.raises(exceptions.AccessDeniedError, match="s3:GetObject") as caught:
        s3.get_entry(URI, ttl_seconds=0)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    cloud.s3.recover()
    cloud.s3.fail(error="timeout")
    with pytest.raises(exceptions.FetchTimeoutError):
        s3.get_entry(URI, ttl_seconds=0)
    cloud.s3.fail(error=exceptions.ObjectNotFoundError)
    with pytest.raises(exceptions.ObjectNotFoundError):
        s3.get_entry(URI, ttl_seconds=0)


def test_a_read_that_hangs(cloud: testing.FakeCloud) -> None:
    cloud.s3[URI] = "old"
    cloud.hang(URI)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(Path(s3.get_entry(URI)).read_text()))
    reader.start()
    cloud.s3.wait_for_calls(1, URI)
    cloud.s3[URI] = "new"
    cloud.release(URI)
    reader.join()
    assert got == ["new"]


def test_progress_is_told(cloud: testing.FakeCloud) -> None:
    cloud.s3[URI] = b"x" * 1000
    told: list[tuple[int, int]] = []
    s3.get_entry(URI, progress=lambda done, total: told.append((done, total)))
    assert told == [(1000, 1000)]


def test_first_values() -> None:
    @testing.fake(s3={"s3://bucket/text": "first"})
    def read() -> Any:
        return s3.get_entry("s3://bucket/text", as_bytes=True)

    assert [read(), read()] == [b"first", b"first"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda c: c.s3.put("bucket/key", "x"), "s3://bucket-name"),
        (lambda c: c.s3.put(URI, 1), "an object has to be str, bytes"),
        (lambda c: c.s3.put(URI, "x", version_id="v 1"), "version_id"),
        (lambda c: c.s3.put(URI, "x", content_type=1), "content_type has to be a str"),
    ],
)
def test_what_cannot_be_is_refused(
    cloud: testing.FakeCloud, wrong: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(exceptions.LambdaCacheError, match=words):
        wrong(cloud)
    assert len(cloud.s3) == 0
