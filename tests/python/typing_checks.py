"""What a type checker makes of programs that use the package. Read by mypy, never run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, assert_type

import lambda_cache
from lambda_cache import Context, exceptions, function, secrets_manager, ssm, testing


@ssm.cache("/app/var", 30)
@ssm.cache(parameter=["/app/var1", "/app/var2"], entry_name="parameters", ttl_seconds=30)
@ssm.cache({"x": "/app/var"}, max_age_in_seconds=1.5, region="eu-west-1")
def handler(event: dict[str, int], context: Context) -> int:
    return event["a"]


assert_type(handler({}, Context()), int)
handler("no", Context())  # type: ignore[arg-type]
handler({})  # type: ignore[call-arg]
asked: Callable[[dict[str, int], Context], int] = handler


@ssm.cache(path="/app/", entry_name="config", filters={"Label": "blue"})
@ssm.cache("/app/var")
async def handler_async(event: str, context: Context, *, flag: bool = False) -> str:
    assert_type(await ssm.get_entry_async("/app/var"), "str | Any")
    assert_type(await ssm.get_entry_async(["/app/var"]), "dict[str, str | Any]")
    assert_type(await ssm.get_entry_async(path="/app/"), "dict[str, str | Any]")
    return event


_ = assert_type(handler_async("", Context(), flag=True), Coroutine[Any, Any, str])
asyncio.run(handler_async("", Context()))


class Service:
    @ssm.cache("/app/var")
    def method(self, event: str, context: Context) -> bytes:
        return b""


assert_type(Service().method("", Context()), bytes)
Service().method(5, Context())  # type: ignore[arg-type]

assert_type(ssm.get_entry("/app/var", ttl_seconds=0), "str | Any")
assert_type(ssm.get_entry(["/app/var"]), "dict[str, str | Any]")
assert_type(ssm.get_entry({"x": "/app/var"}), "dict[str, str | Any]")
text: str = ssm.get_entry("/app/var")
assert_type(ssm.get_entry(path="/app/"), "dict[str, str | Any]")
assert_type(
    ssm.get_entry(path="/app/", recursive=False, filters={"Type": "SecureString"}, ttl_seconds=0),
    "dict[str, str | Any]",
)
ssm.get_entry(path="/app/", filters={"Label": ["a", "b"], "Type": "String"}, transform="auto")
ssm.get_entry(
    path="/app/", filters=[{"Key": "KeyId", "Option": "BeginsWith", "Values": ["alias/"]}]
)
ssm.invalidate(path="/app/")
ssm.get_entry(path=5)  # type: ignore[call-overload]
ssm.get_entry("/app/var", path="/app/")  # type: ignore[call-overload]
ssm.get_entry(path="/app/", default="x")  # type: ignore[call-overload]
ssm.get_entry(path="/app/", version=3)  # type: ignore[call-overload]
ssm.get_entry("/app/var", recursive=True)  # type: ignore[call-overload]
ssm.get_entry()  # type: ignore[call-overload]
ssm.get_entry(5)  # type: ignore[call-overload]
ssm.get_entry("/app/var", ttl=5)  # type: ignore[call-overload]
ssm.cache(5)  # type: ignore[call-overload]

try:
    ssm.get_entry("/app/var")
except exceptions.AccessDeniedError as error:
    assert_type(error.response["Error"]["Code"], Any)
    assert_type(error.status, int)
    assert_type(error.retryable, bool)
except exceptions.LambdaCacheError as error:
    assert_type(error.message, str)

assert_type(lambda_cache.stats(), dict[str, int])
assert_type(lambda_cache.stats(per_entry=True), list[dict[str, Any]])
assert_type(lambda_cache.__version__, str)
assert_type(Context().get("x"), Any)


@secrets_manager.cache("/prod/db", 30)
@secrets_manager.cache(name=["/prod/a", {"name": "/prod/b", "field": "key"}], entry_name="several")
@secrets_manager.cache({"key": "/prod/key"}, version_stage="AWSPREVIOUS", default=b"")
@ssm.cache("/app/config", transform="json", field="a.b", label="live", stale_if_error_seconds=0)
def options(event: str, context: Context) -> float:
    return 1.0


assert_type(options("", Context()), float)
assert_type(secrets_manager.get_entry("/prod/db"), "str | Any")
assert_type(secrets_manager.get_entry(["/prod/db"], field="password"), "dict[str, str | Any]")
assert_type(
    ssm.get_entry({"x": "/a", "y": {"parameter": "/b", "transform": len}}), "dict[str, str | Any]"
)
ssm.get_entry("/app/var", transform=str.upper, version=3, default=None)
ssm.get_entry(("/a", {"parameter": "/b", "ttl_seconds": 5}), delimiter="/")
secrets_manager.get_entry("/prod/db", version_id="x" * 36, timeout_seconds=1.5, max_attempts=1)
ssm.get_entry("/app/var", transform=5)  # type: ignore[call-overload]
ssm.get_entry("/app/var", version="3")  # type: ignore[call-overload]
ssm.get_entry("/app/var", version_id="3")  # type: ignore[call-overload]
ssm.get_entry("/app/var", field=["a"])  # type: ignore[call-overload]
ssm.cache("/app/var", delimiter=5)  # type: ignore[call-overload]
ssm.cache({"x": {"parameter": 5}})  # type: ignore[dict-item]
secrets_manager.get_entry("/prod/db", with_decryption=True)  # type: ignore[call-overload]
secrets_manager.get_entry(parameter="/prod/db")  # type: ignore[call-overload]
secrets_manager.cache("/prod/db", version_stage=1)  # type: ignore[arg-type]


async def asks() -> None:
    assert_type(await secrets_manager.get_entry_async("/prod/db", field="a"), "str | Any")
    assert_type(
        await secrets_manager.get_entry_async({"x": {"name": "/prod/db", "default": 1}}),
        "dict[str, str | Any]",
    )


try:
    secrets_manager.get_entry("/prod/db", transform="json")
except exceptions.TransformError as error:
    assert_type(error.name, str)


def test_with_the_kit() -> None:
    with testing.fake(ssm={"/app/var": "x", "/app/list": ["a"]}) as cloud:
        assert_type(cloud, testing.FakeCloud)
        assert_type(cloud.ssm.put("/app/var", "y", type="SecureString", labels="live"), int)
        cloud.ssm["/app/list"] = ["a", "b"]
        cloud.ssm["/app/number"] = 1  # type: ignore[assignment]
        cloud.secrets["s"] = b"bytes"
        cloud.secrets["s"] = {"user": "app"}
        assert_type(cloud.secrets.put("s", "text", stages=["AWSPENDING"]), str)
        cloud.s3["s3://bucket/key"] = b"bytes"
        cloud.s3["s3://bucket/key"] = 1  # type: ignore[assignment]
        assert_type(cloud.s3.put("s3://bucket/key", "text", version_id="v1"), str)
        cloud.fail("/app/var", error=exceptions.ThrottledError, times=2)
        cloud.ssm.fail(error="timeout")
        assert_type(cloud.calls, list[testing.Call])
        assert_type(cloud.calls[0].names, tuple[str, ...])


@testing.fake()
def decorated(number: int) -> str:
    return str(number)


assert_type(decorated(1), str)
decorated("1")  # type: ignore[arg-type]


@function.cache
def plain(number: int, *, flag: bool = False) -> list[str]:
    return []


@function.cache(ttl_seconds=300, key=lambda url: url.lower(), retry_on=(ConnectionError,))
def fetched(url: str) -> bytes:
    return b""


@function.cache()
async def awaited(number: int) -> float:
    return 0.5


class Memoising:
    @function.cache(max_entries=5)
    def method(self, number: int) -> str:
        return ""


assert_type(plain(1, flag=True), list[str])
assert_type(plain.refresh(1), list[str])
assert_type(plain.cache_info().hits, int)
plain.invalidate(1)
plain.cache_clear()
assert_type(plain.__wrapped__(1), list[str])
plain("1")  # type: ignore[arg-type]
plain.refresh("1")  # type: ignore[arg-type]
assert_type(fetched(url=""), bytes)
waiting = assert_type(awaited(1), Coroutine[Any, Any, float])
assert_type(Memoising().method(1), str)
Memoising().method("1")  # type: ignore[arg-type]
assert_type(Memoising.method.refresh(Memoising(), 1), str)
Memoising().method.cache_clear()
function.cache(5)  # type: ignore[call-overload]
function.cache(ttl=5)  # type: ignore[call-overload]


@function.inject(lambda: 5, entry_name="five", ttl_seconds=300)
@function.inject(awaited.__name__.upper, "name")
@ssm.cache("/app/var")
def injected(event: int, context: Context) -> int:
    return event


assert_type(injected(1, Context()), int)
function.inject(plain)  # type: ignore[arg-type]
