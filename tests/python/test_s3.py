"""Objects: files, bytes, options, and what may go wrong on the way to the disk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from support.objects import Objects, running

import lambda_cache
from lambda_cache import exceptions, s3
from support import program

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    monkeypatch.setenv("LAMBDA_CACHE_S3_DIRECTORY", str(made))
    return made


@pytest.fixture
def objects(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    with running() as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", served.url)
        lambda_cache.reset()
        yield served


def put(objects: Objects, folder: Path, path: str, text: str) -> None:
    objects.put_text(path, text, folder.parent)


def test_a_file_whose_name_is_the_entrys(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/a/b.txt", "content")
    assert s3.get_entry("s3://bucket/a/b.txt") == str(folder / "b.txt")
    assert (folder / "b.txt").read_text() == "content"
    assert (folder / "b.txt").stat().st_mode & 0o777 == 0o600
    assert s3.get_entry(s3Uri="s3://bucket/a/b.txt", entry_name="own") == str(folder / "own")
    assert len(objects.requests) == 2


def test_a_handler_gets_the_path(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/a/model.bin", "content")
    put(objects, folder, "/bucket/rates.json", '{"eur": [1, 2]}')

    @s3.cache(s3Uri="s3://bucket/a/model.bin", entry_name="model")
    @s3.cache({"rates": {"s3Uri": "s3://bucket/rates.json", "transform": "json"}})
    def handler(event: object, context: Any) -> Any:
        return Path(context["model"]).read_text(), context["rates"]["eur"]

    for _ in range(3):
        assert handler({}, {}) == ("content", [1, 2])
    assert len(objects.requests) == 2
    assert sorted(p.name for p in folder.iterdir()) == ["model"]


def test_what_was_forgotten_is_asked_for_by_whoever_reads_it_next(
    objects: Objects, folder: Path
) -> None:
    put(objects, folder, "/bucket/key", "old")

    @s3.cache("s3://bucket/key", entry_name="own")
    @s3.cache("s3://bucket/key", entry_name="held", as_bytes=True)
    def handler(event: object, context: Any) -> Any:
        return Path(context["own"]).read_text(), context["held"]

    assert handler({}, {}) == ("old", b"old")
    put(objects, folder, "/bucket/key", "newer")
    s3.invalidate("s3://bucket/key")  # another file
    assert handler({}, {}) == ("old", b"old")
    s3.invalidate("s3://bucket/key", "own")
    assert handler({}, {}) == ("newer", b"old")
    s3.invalidate("s3://bucket/key", as_bytes=True)
    assert handler({}, {}) == ("newer", b"newer")


def test_an_unchanged_object_costs_one_304(objects: Objects, folder: Path, clock: Clock) -> None:
    put(objects, folder, "/bucket/key", "content")
    path = Path(s3.get_entry("s3://bucket/key"))
    before = path.stat()
    clock.pass_time(61)
    assert s3.get_entry("s3://bucket/key") == str(path)
    assert objects.statuses == [200, 304]
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    put(objects, folder, "/bucket/key", "changed")
    assert Path(s3.get_entry("s3://bucket/key", ttl_seconds=0)).read_text() == "changed"
    assert objects.statuses == [200, 304, 200]


def test_a_file_that_was_removed_or_changed_is_fetched_again(
    objects: Objects, folder: Path
) -> None:
    put(objects, folder, "/bucket/key", "content")
    path = Path(s3.get_entry("s3://bucket/key"))

    @s3.cache("s3://bucket/key")
    def handler(event: object, context: Any) -> str:
        return Path(context["key"]).read_text()

    assert handler({}, {}) == "content"
    assert len(objects.requests) == 1
    path.unlink()
    assert handler({}, {}) == "content"
    path.write_text("tampered")
    assert Path(s3.get_entry("s3://bucket/key")).read_text() == "content"
    assert len(objects.requests) == 3
    assert handler({}, {}) == "content"
    assert len(objects.requests) == 3


def test_bytes_and_what_transforms_make_of_them(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/a.json", '{"a": {"b": "c"}}')
    uri = "s3://bucket/a.json"
    assert s3.get_entry(uri, as_bytes=True) == b'{"a": {"b": "c"}}'
    assert s3.get_entry(uri, transform="json") == {"a": {"b": "c"}}
    assert s3.get_entry(uri, transform="auto") == {"a": {"b": "c"}}
    assert s3.get_entry(uri, field="a.b") == "c"
    assert s3.get_entry(uri, transform=len) == 17
    assert len(objects.requests) == 1
    assert list(folder.iterdir()) == []


def test_several(objects: Objects, folder: Path) -> None:
    for name in "abc":
        put(objects, folder, f"/bucket/dir/{name}", name)
    uris = [f"s3://bucket/dir/{name}" for name in "abc"]
    assert s3.get_entry(uris) == {name: str(folder / name) for name in "abc"}
    found = s3.get_entry({"x": uris[0], "y": {"s3Uri": uris[1], "as_bytes": True}})
    assert found == {"x": str(folder / "x"), "y": b"b"}


def test_two_objects_with_one_file_are_refused_at_declaration(folder: Path) -> None:
    lambda_cache.reset()

    @s3.cache("s3://bucket/one/data.csv")
    def first(event: object, context: Any) -> None: ...

    with pytest.raises(
        exceptions.InvalidArgumentError, match=r"s3://bucket/one/data.csv.*entry_name"
    ):
        s3.cache("s3://bucket/two/data.csv")
    with pytest.raises(exceptions.InvalidArgumentError, match="version"):
        s3.cache("s3://bucket/one/data.csv", version_id="v1")
    s3.cache("s3://bucket/two/data.csv", entry_name="other.csv")
    s3.cache("s3://bucket/two/data.csv", as_bytes=True)
    s3.cache("s3://bucket/one/data.csv", ttl_seconds=5)


@pytest.mark.parametrize(
    "uri", ["", "bucket/key", "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "http://b/k"]
)
def test_uris_that_are_none(uri: str) -> None:
    with pytest.raises(exceptions.InvalidS3UriError) as caught:
        s3.cache(s3Uri=uri)
    assert caught.value.invalid_uri == uri
    assert "Expected Valid s3uri" in str(caught.value)
    with pytest.raises(exceptions.InvalidS3UriError):
        s3.get_entry(uri)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entry_name": "a/b"}, "entry_name='a/b'.*'/'"),
        ({"entry_name": ".."}, "names a directory"),
        ({"as_bytes": 1}, "as_bytes has to be True or False"),
        ({"progress": 5}, "progress has to be a function"),
        ({"version_id": ""}, "version_id is empty"),
        ({"check_before_download": "yes"}, "check_before_download has to be True or False"),
        ({"ttl_seconds": -1}, "ttl_seconds=-1"),
        ({"region": "Nowhere!"}, "is not a region"),
        ({"with_decryption": True}, "unknown option 'with_decryption'"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        s3.cache("s3://bucket/key", **options)


def test_hints_are_of_uris() -> None:
    declare: Any = s3.cache
    for wrong, options in (
        (lambda event, context: None, {}),
        ({"x": 5}, {}),
        ([{"as_bytes": True}], {"entry_name": "x"}),
    ):
        with pytest.raises(TypeError, match="'s3://my-bucket/object'"):
            declare(wrong, **options)


def test_what_does_not_exist(objects: Objects) -> None:
    with pytest.raises(exceptions.ObjectNotFoundError) as caught:
        s3.get_entry("s3://bucket/none")
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"
    assert "s3://bucket/none" in str(caught.value)
    assert s3.get_entry("s3://bucket/none", default=None) is None


def test_upstreams_options(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/key", "content")
    for check in (True, False):
        s3.get_entry("s3://bucket/key", max_age_in_seconds=0, check_before_download=check)
    assert objects.statuses == [200, 304]


def test_progress(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/key", "x" * 3_000_000)
    told: list[tuple[int, int]] = []
    s3.get_entry("s3://bucket/key", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3_000_000, 3_000_000)
    assert sorted(told) == told

    def raises(done: int, total: int) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        s3.get_entry("s3://bucket/key", entry_name="other", progress=raises)


def test_async(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/key", "content")
    told: list[tuple[int, int]] = []

    async def read() -> Any:
        return await s3.get_entry_async(
            "s3://bucket/key", progress=lambda done, total: told.append((done, total))
        )

    assert asyncio.run(read()) == str(folder / "key")
    assert told[-1] == (7, 7)


READ = """
    from lambda_cache import s3
    print("starting", flush=True)
    print(open(s3.get_entry("s3://bucket/key", ttl_seconds=0)).read())
"""


def test_kill_9_in_the_middle_leaves_the_old_file(objects: Objects, folder: Path) -> None:
    old, new = "old " * 200_000, "new " * 300_000
    put(objects, folder, "/bucket/key", old)
    path = Path(s3.get_entry("s3://bucket/key"))
    put(objects, folder, "/bucket/key", new)
    left: set[str] = set()
    for stop_after in (1, 100_000, 1_199_999):
        objects.stop_after = stop_after
        objects.stopped.clear()
        victim = program.start(READ)
        assert victim.stdout is not None
        assert victim.stdout.readline() == "starting\n"
        assert objects.stopped.wait(60)
        while not (begun := set(os.listdir(folder)) - {"key"} - left):
            assert victim.poll() is None
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        assert path.read_text() == old
        assert set(os.listdir(folder)) - {"key"} >= begun, "nobody could clean up"
        left |= begun
    objects.stop_after = None
    objects.go_on.set()
    assert program.run(READ) == f"starting\n{new}\n"
    assert [p.name for p in folder.iterdir()] == ["key"], "the next process cleans up"


def test_a_fork_in_the_middle(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/key", "content " * 100_000)
    put(objects, folder, "/bucket/small", "small")
    objects.stop_after = 50_000
    started = program.start(
        """
        import os, threading
        from lambda_cache import s3

        got = []
        reader = threading.Thread(target=lambda: got.append(s3.get_entry("s3://bucket/key")))
        reader.start()
        input()
        child = os.fork()
        if child == 0:
            print(open(s3.get_entry("s3://bucket/small")).read(), flush=True)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print(status, flush=True)
        reader.join()
        print(len(open(got[0]).read()))
        """
    )
    assert started.stdin is not None
    assert started.stdout is not None
    assert objects.stopped.wait(60)
    started.stdin.write("fork\n")
    started.stdin.flush()
    assert [started.stdout.readline(), started.stdout.readline()] == ["small\n", "0\n"]
    objects.go_on.set()
    assert program.finish(started) == (0, "800000\n", "")
    assert sorted(p.name for p in folder.iterdir()) == ["key", "small"]


def test_reset_lets_go_of_connections(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/key", "content")
    sockets = program.run(
        """
        import os
        import lambda_cache
        from lambda_cache import s3

        def is_socket(number):
            try:
                return os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
            except OSError:  # that of the directory
                return False

        for _ in range(6):
            s3.get_entry("s3://bucket/key")
            print(sum(map(is_socket, os.listdir("/proc/self/fd"))))
            lambda_cache.reset()
        """
    )
    assert max(map(int, sockets.split())) <= 2, "one, and that of the configuration before"


def test_processes_share_a_directory(objects: Objects, folder: Path) -> None:
    """None of them takes another's file for a change and downloads for ever."""
    put(objects, folder, "/bucket/key", "content")
    source = """
        from lambda_cache import s3
        input()
        for _ in range(50):
            assert open(s3.get_entry("s3://bucket/key")).read() == "content"
        input()
        for _ in range(50):
            assert open(s3.get_entry("s3://bucket/key")).read() == "content"
        print("fine")
    """
    programs = [program.start(source) for _ in range(4)]
    for line in range(2):
        for one in programs:
            assert one.stdin is not None
            one.stdin.write(f"{line}\n")
            one.stdin.flush()
    for one in programs:
        assert program.finish(one) == (0, "fine\n", "")
    assert len(objects.requests) <= 8
    assert [p.name for p in folder.iterdir()] == ["key"]


def test_a_gibibyte_streams_in_flat_memory(objects: Objects, folder: Path) -> None:
    large = folder.parent / "large"
    with large.open("wb") as file:
        file.truncate(1024 * MIB)  # takes no room
    objects.put("/bucket/key", large, "large")
    objects.put_text("/bucket/small", "small", folder.parent)
    out = program.run(
        """
        import json, os, re
        from lambda_cache import s3

        def peak():
            return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])

        s3.get_entry("s3://bucket/small")
        idle = peak()
        path = s3.get_entry("s3://bucket/key")
        print(json.dumps([idle, peak(), os.path.getsize(path)]))
        os.unlink(path)
        """
    )
    idle, peak, size = json.loads(out)
    assert size == 1024 * MIB
    assert (peak - idle) * 1024 < 64 * MIB


def test_a_file_size_limit_is_told(objects: Objects, folder: Path) -> None:
    put(objects, folder, "/bucket/key", "x" * 1_000_000)
    out = program.run(
        """
        import resource
        from lambda_cache import exceptions, s3
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            s3.get_entry("s3://bucket/key")
        except exceptions.StorageError as error:
            print(isinstance(error, OSError), error)
        """
    )
    assert out.startswith("True ")
    assert "RLIMIT_FSIZE" in out
    assert list(folder.iterdir()) == []
    assert os.path.isdir(folder)


@pytest.mark.parametrize("language", ["python", "cpp"])
def test_the_page_of_objects(objects: Objects, folder: Path, language: str) -> None:
    put(objects, folder, "/bucket/models/v3.bin", "the model")
    put(objects, folder, "/bucket/rates.json", '{"eur": [1, 2]}')
    put(objects, folder, "/bucket/logo.svg", "<svg/>")
    if language == "cpp":
        built = Path(os.environ.get("LAMBDA_CACHE_BUILD_DIR", ROOT / "build" / "release"))
        page = built / "tests" / "docs" / "objects_example"
        run = subprocess.run([page], capture_output=True, text=True, timeout=60, check=True)
        assert run.stdout.splitlines() == ["the model", "[1, 2]"]
        return
    text = (ROOT / "docs" / "objects.md").read_text()
    names: dict[str, Any] = {}
    exec(compile(text.split("```python\n")[1].split("```")[0], "docs/objects.md", "exec"), names)
    assert names["handler"]({}, {}) == (9, [1, 2])
    assert names["logo"]() == b"<svg/>"
