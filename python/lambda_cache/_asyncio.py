"""Reads that are awaited. Imported with the first `async def` handler or get_entry_async."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any, NamedTuple

from lambda_cache import _native

# The context of the handler that the running task is inside of; threads have their own way.
running: ContextVar[object] = ContextVar("lambda_cache_running", default=None)
_native.set_context_source(running.get)


class Declaration(NamedTuple):
    """The note on a wrapped handler, by which further decorators recognise it."""

    wrapper: Any
    target: Any
    plan: _native.Plan


async def arrival(read: _native.Pending) -> None:
    """Wait until everything that `read` asked for is there; if cancelled, leave it."""
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        if timer is not None:
            timer.cancel()
            timer = None
        if arrived.done():
            return
        if read.done():
            arrived.set_result(None)
            return
        seconds = read.seconds_to_look()
        if seconds >= 0:
            timer = loop.call_later(seconds, look)

    descriptor = read.fileno()
    loop.add_reader(descriptor, look)
    try:
        look()
        await arrived
    finally:
        loop.remove_reader(descriptor)
        read.close()
        if timer is not None:
            timer.cancel()


async def read(reader: _native.Reader) -> Any:
    """The value of a reader."""
    got = _native.begin(reader, running.get())
    if type(got) is not _native.Pending:
        return got
    await arrival(got)
    return got.value()


async def call_functions(plan: _native.Plan, context: Any, read: _native.Pending) -> list[Any]:
    """The results of the plan's functions, while what it reads is on its way."""
    from lambda_cache import _function_async

    outer = running.set(context)
    try:
        return [await _function_async.result(memo) for memo in plan.functions]
    except BaseException:
        read.close()
        raise
    finally:
        running.reset(outer)


def wrap(target: Any, plan: _native.Plan, position: int, name: str | None) -> Any:
    """An `async def` handler that awaits what the plan misses, and calls on."""

    async def handler(*args: Any, **kwargs: Any) -> Any:
        if len(args) > position:
            context = args[position]
        elif name is not None and name in kwargs:
            context = kwargs[name]
        elif plan.optional and (len(args) == position or name is not None):
            context = None
        else:
            return await target(*args, **kwargs)  # the TypeError that fits
        got = plan.begin(context)
        if type(got) is _native.Pending:
            results = await call_functions(plan, context, got) if plan.functions else []
            await arrival(got)
            got = plan.inject(context, got, results)
        if got is not context or context is None:
            if len(args) >= position:
                args = (*args[:position], got, *args[position + 1 :])
            else:
                kwargs[str(name)] = got
        outer = running.set(got)
        try:
            return await target(*args, **kwargs)
        finally:
            running.reset(outer)

    handler.__lambda_cache__ = Declaration(handler, target, plan)  # type: ignore[attr-defined]
    return handler
