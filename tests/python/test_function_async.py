"""function.cache on `async def` functions: shared by tasks, cancelled by nobody else."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import Clock

from lambda_cache import _function_async, function


def run(main: Coroutine[Any, Any, Any]) -> Any:
    result = asyncio.run(asyncio.wait_for(main, 20))
    assert not _function_async.lines_of_loops
    return result


class Work:
    """An `async def` function that waits until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.calls = 0
        self.cancelled = 0
        self.error: BaseException | None = None

    async def __call__(self, *args: Any) -> Any:
        self.calls += 1
        mine = self.calls
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return mine


async def turns() -> None:
    """Everything that can run has run."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_tasks_share_one_computation() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        tasks = [asyncio.create_task(f(1)) for _ in range(10)]
        await turns()
        work.go.set()
        assert await asyncio.gather(*tasks) == [1] * 10
        assert await f(1) == 1
        assert await f(2) == 2
        assert f.cache_info()[:2] == (1, 2)
        assert f.cache_info().joins == 9

    run(main())


def test_it_is_an_async_function() -> None:
    @function.cache
    async def f(number: int) -> int:
        """Text."""
        return number

    assert inspect.iscoroutinefunction(f)
    assert f.__doc__ == "Text."
    assert f.__name__ == "f"
    assert not inspect.iscoroutinefunction(f.__wrapped__) or f.__wrapped__ is not f

    class Service:
        @function.cache
        async def method(self, number: int) -> Any:
            return object()

    async def main() -> None:
        one, two = Service(), Service()
        assert await one.method(1) is await one.method(1)
        assert await one.method(1) is not await two.method(1)

    run(main())


def test_ages_refresh_and_invalidate(clock: Clock) -> None:
    calls: list[int] = []

    @function.cache(ttl_seconds=100)
    async def f() -> int:
        calls.append(1)
        return len(calls)

    async def main() -> None:
        assert await f() == 1
        clock.pass_time(99)
        assert await f() == 1
        clock.pass_time(1)
        assert await f() == 2
        assert await f.refresh() == 3
        assert await f() == 3
        f.invalidate()
        assert await f() == 4
        f.cache_clear()
        assert await f() == 5
        always = function.cache(f.__wrapped__, ttl_seconds=0)
        assert await always() != await always()

    run(main())


def test_unhashable_arguments_are_named() -> None:
    @function.cache
    async def f(items: Any) -> None: ...

    async def main() -> None:
        with pytest.raises(TypeError, match="argument 'items' is a list"):
            await f([])

    run(main())


def test_a_cancelled_waiter_leaves_alone() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        first, second, third = (asyncio.create_task(f()) for _ in range(3))
        await turns()
        first.cancel()
        third.cancel()
        await turns()
        assert first.cancelled()
        assert third.cancelled()
        work.go.set()
        assert await second == 1
        assert work.cancelled == 0

    run(main())


def test_the_last_one_to_leave_cancels() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        tasks = [asyncio.create_task(f()) for _ in range(2)]
        await turns()
        for each in tasks:
            each.cancel()
        # Who comes now does not join what is being cancelled.
        late = asyncio.create_task(f())
        await turns()
        assert work.cancelled == 1
        work.go.set()
        assert await late == 2
        assert f.cache_info().failures == 0

    run(main())


def test_what_was_cancelled_before_it_began_leaves_nothing() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        key = Value()
        gone = weakref.ref(key)
        before = asyncio.all_tasks()
        task = asyncio.create_task(f(key))
        await asyncio.sleep(0)
        for each in asyncio.all_tasks() - before - {task}:
            each.cancel()  # the computation's own, as who ends a loop does
        await turns()
        assert task.cancelled()
        assert work.calls == 0
        del key, task, each
        gc.collect()
        assert gone() is None

    run(main())


def test_tasks_get_exceptions_of_their_own(clock: Clock) -> None:
    async def main() -> None:
        work = Work()
        work.error = ValueError("no")
        f = function.cache(work)
        tasks = [asyncio.create_task(f()) for _ in range(3)]
        await turns()
        work.go.set()
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        assert [repr(each) for each in errors] == ["ValueError('no')"] * 3
        assert len({id(each) for each in errors}) == 3
        assert work.calls == 1
        with pytest.raises(ValueError):
            await f()
        assert work.calls == 2

    run(main())


def test_a_passing_failure_serves_the_old_value(clock: Clock) -> None:
    async def main() -> None:
        work = Work()
        work.go.set()
        f = function.cache(
            work, ttl_seconds=10, stale_if_error_seconds=100, retry_on=(ConnectionError,)
        )
        assert await f() == 1
        work.error = ConnectionError()
        clock.pass_time(10)
        assert await asyncio.gather(f(), f()) == [1, 1]
        assert work.calls == 2
        assert await f() == 1  # backing off
        assert work.calls == 2
        with pytest.raises(ConnectionError):
            await f.refresh()
        work.error = KeyError()
        clock.pass_time(5)
        with pytest.raises(KeyError):
            await f()
        work.error = ConnectionError()
        clock.pass_time(95)
        with pytest.raises(ConnectionError):
            await f()

    run(main())


def test_refreshes_join_only_what_starts_after_them() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        first = asyncio.create_task(f())
        await turns()
        refreshed = [asyncio.create_task(f.refresh()) for _ in range(3)]
        await turns()
        assert work.calls == 1
        work.go.set()
        assert await first == 1
        assert await asyncio.gather(*refreshed) == [2] * 3
        assert await f() == 2

    run(main())


def test_a_refresh_that_is_next_can_be_cancelled() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        first = asyncio.create_task(f())
        await turns()
        refresh = asyncio.create_task(f.refresh())
        await turns()
        refresh.cancel()
        await turns()
        work.go.set()
        assert await first == 1
        assert work.calls == 1

    run(main())


def test_what_began_before_it_was_forgotten_is_not_kept() -> None:
    async def main() -> None:
        work = Work()
        f = function.cache(work)
        before = asyncio.create_task(f())
        await turns()
        f.cache_clear()
        after = asyncio.create_task(f())
        await turns()
        assert work.calls == 2  # not joined either
        work.go.set()
        assert [await before, await after, await f()] == [1, 2, 2]

    run(main())


def test_a_computation_that_awaits_itself_computes() -> None:
    depth = 0

    @function.cache
    async def again() -> int:
        nonlocal depth
        depth += 1
        return 5 if depth > 2 else await again()

    async def main() -> None:
        assert await again() == 5
        assert depth == 3
        assert await again() == 5

    run(main())


def test_a_circle_of_tasks_computes() -> None:
    calls: list[int] = []

    @function.cache
    async def f(n: int) -> str:
        calls.append(n)
        if len(calls) > 2:
            return f"{n}"
        await turns()
        # Also over tasks of its own.
        return f"{n}({await asyncio.gather(f(3 - n))})"

    async def main() -> None:
        results = await asyncio.gather(f(1), f(2))
        assert len(calls) == 3
        assert "1" in results[0]

    run(main())


def test_each_loop_computes_for_itself_and_all_share_the_values() -> None:
    calls: list[int] = []

    @function.cache
    async def f() -> int:
        calls.append(1)
        await asyncio.sleep(0)
        return 5

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: asyncio.run(f()), range(8))) == [5] * 8
    assert 1 <= len(calls) <= 4
    assert not _function_async.lines_of_loops


def test_a_closed_loop_leaves_nothing() -> None:
    tasks: list[Any] = []

    async def main(f: Any) -> None:
        tasks.append(asyncio.create_task(f()))
        await turns()

    work = Work()
    f = function.cache(work)
    asyncio.run(main(f))
    assert not _function_async.lines_of_loops
    work.go.set()
    assert asyncio.run(f()) == 2


class Value:
    """Can be watched."""


def test_values_are_let_go() -> None:
    @function.cache
    async def f(fails: bool) -> Any:
        if fails:
            raise ValueError(Value())
        return Value()

    async def main() -> None:
        value = weakref.ref(await f(False))
        assert value() is not None
        f.cache_clear()
        assert value() is None
        gc.collect()
        gc.disable()
        try:
            gone = None
            try:
                await f(True)
            except ValueError as error:
                gone = weakref.ref(error.args[0])
            await turns()
            assert gone is not None
            assert gone() is None
        finally:
            gc.enable()

    run(main())
