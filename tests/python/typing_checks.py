"""What a type checker makes of programs that use the package. Read by mypy, never run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, assert_type

import lambda_cache
from lambda_cache import Context, exceptions, function, ssm


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
assert_type(lambda_cache.__version__, str)
assert_type(Context().get("x"), Any)


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
