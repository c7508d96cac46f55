"""What a type checker makes of programs that use the package. Read by mypy, never run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, assert_type

import lambda_cache
from lambda_cache import Context, exceptions, ssm, testing


@ssm.cache("/app/var", 30)
@ssm.cache(parameter=["/app/var1", "/app/var2"], entry_name="parameters", ttl_seconds=30)
@ssm.cache({"x": "/app/var"}, max_age_in_seconds=1.5, region="eu-west-1")
def handler(event: dict[str, int], context: Context) -> int:
    return event["a"]


assert_type(handler({}, Context()), int)
handler("no", Context())  # type: ignore[arg-type]
handler({})  # type: ignore[call-arg]
asked: Callable[[dict[str, int], Context], int] = handler


@ssm.cache("/app/var")
async def handler_async(event: str, context: Context, *, flag: bool = False) -> str:
    assert_type(await ssm.get_entry_async("/app/var"), "str | Any")
    assert_type(await ssm.get_entry_async(["/app/var"]), "dict[str, str | Any]")
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
ssm.get_entry(5)  # type: ignore[call-overload]
ssm.get_entry("/app/var", ttl=5)  # type: ignore[call-overload]
ssm.cache(5)  # type: ignore[arg-type]

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


def test_with_the_kit() -> None:
    with testing.fake(ssm={"/app/var": "x", "/app/list": ["a"]}) as cloud:
        assert_type(cloud, testing.FakeCloud)
        assert_type(cloud.ssm.put("/app/var", "y", type="SecureString", labels="live"), int)
        cloud.ssm["/app/list"] = ["a", "b"]
        cloud.ssm["/app/number"] = 1  # type: ignore[assignment]
        cloud.secrets["s"] = b"bytes"
        cloud.secrets["s"] = {"user": "app"}
        assert_type(cloud.secrets.put("s", "text", stages=["AWSPENDING"]), str)
        cloud.fail("/app/var", error=exceptions.ThrottledError, times=2)
        cloud.ssm.fail(error="timeout")
        assert_type(cloud.calls, list[testing.Call])
        assert_type(cloud.calls[0].names, tuple[str, ...])


@testing.fake()
def decorated(number: int) -> str:
    return str(number)


assert_type(decorated(1), str)
decorated("1")  # type: ignore[arg-type]
