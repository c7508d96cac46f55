"""Memoised `async def` functions: tasks of one event loop share a computation.

Imported with the first of them. A computation runs in a task of its own, so that no caller's
cancellation ends it; when the last caller has left, it is cancelled. Everything here runs in the
thread of its loop; what loops share, the values, is in `_native.Memo`.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NamedTuple

from lambda_cache import _native
from lambda_cache._function import own_copy


class Note(NamedTuple):
    """On a memoised function, by which others recognise it. (Decorators copy it.)"""

    function: Any
    memo: _native.Memo


class Computation:
    """One computation and who waits for it."""

    __slots__ = ("error", "flight", "needs", "task", "trace", "value", "waiters")

    def __init__(self) -> None:
        self.flight: _native.MemoFlight | None = None  # None: has not begun
        self.task: asyncio.Task[None] | None = None
        self.waiters: set[asyncio.Future[None]] = set()
        self.needs: list[Computation] = []  # what it waits for itself
        self.value: Any = None
        self.error: BaseException | None = None
        self.trace: TracebackType | None = None

    def leads_to(self, other: Computation) -> bool:
        """Whether it waits, over however many others, for `other`."""
        seen = {self}
        todo = [self]
        while todo:
            each = todo.pop()
            if each is other:
                return True
            todo += [need for need in each.needs if need not in seen]
            seen.update(each.needs)
        return False


class Line:
    """The computations of one key in one loop: one runs, one may be next."""

    __slots__ = ("next", "running")

    def __init__(self) -> None:
        self.running: Computation | None = None
        self.next: Computation | None = None


# The computation that a task is part of.
computing: ContextVar[Computation | None] = ContextVar("lambda_cache_computing", default=None)

Lines = dict[_native.MemoEntry, Line]
lines_of_loops: dict[asyncio.AbstractEventLoop, Lines] = {}


def lines_of(loop: asyncio.AbstractEventLoop) -> Lines:
    found = lines_of_loops.get(loop)
    if found is None:
        # A loop that was closed in the middle of something leaves its lines behind.
        for other in list(lines_of_loops):
            if other.is_closed():
                lines_of_loops.pop(other, None)
        found = lines_of_loops[loop] = {}
    return found


def wrap(function: Any, memo: _native.Memo) -> Any:
    """An `async def` function that hands out what `memo` keeps, and awaits what it does not."""

    async def memoised(*args: Any, **kwargs: Any) -> Any:
        found = memo(*args, **kwargs)
        if type(found) is not _native.MemoEntry:
            return found
        return await _Call(memo, found, function, args, kwargs).value(False)

    async def refresh(*args: Any, **kwargs: Any) -> Any:
        return await _Call(memo, memo._entry(*args, **kwargs), function, args, kwargs).value(True)

    noted: Any = memoised
    noted.refresh = refresh
    noted.invalidate = memo.invalidate
    noted.cache_clear = memo.cache_clear
    noted.cache_info = memo.cache_info
    noted.__lambda_cache_memo__ = Note(memoised, memo)
    return memoised


async def result(memo: _native.Memo) -> Any:
    """The result of a function without arguments, awaited or not."""
    found = memo()
    if type(found) is not _native.MemoEntry:
        return found
    return await _Call(memo, found, memo.function, (), {}).value(False)


class _Call:
    """One call that found no fresh value."""

    def __init__(
        self,
        memo: _native.Memo,
        entry: _native.MemoEntry,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.memo = memo
        self.entry = entry
        self.function = function
        self.args = args
        self.kwargs = kwargs

    async def value(self, is_forced: bool) -> Any:
        if not is_forced:
            at_hand = self.memo._peek(self.entry)
            if at_hand is not None:
                return at_hand[0]
        loop = asyncio.get_running_loop()
        lines = lines_of(loop)
        line = lines.get(self.entry)
        if line is None:
            line = lines[self.entry] = Line()
        me = computing.get()
        joined = self.find(line, is_forced, me)
        if joined is None:
            alone = Computation()
            assert me is not None
            me.needs.append(alone)  # what it asks for may lead back here as well
            try:
                await self.compute(alone)
            finally:
                me.needs.remove(alone)
            try:
                return self.outcome(alone, is_forced, False)
            finally:
                del alone
        is_first = joined.task is None
        if is_first:
            joined.task = loop.create_task(self.run(joined))

            def finish(task: asyncio.Task[None], own: Computation = joined) -> None:
                # Also where the task was cancelled before it ran.
                self.leave(own, line, lines, loop)
                for each in own.waiters:
                    if not each.done():
                        each.set_result(None)
                if not task.cancelled():
                    task.exception()  # those who wait have it

            joined.task.add_done_callback(finish)
            del finish  # it leads to an error that may lead to this frame
        else:
            self.memo._join()
        arrived: asyncio.Future[None] = loop.create_future()
        joined.waiters.add(arrived)
        if me is not None:
            me.needs.append(joined)
        try:
            await arrived
        finally:
            if me is not None:
                me.needs.remove(joined)
            joined.waiters.discard(arrived)
            if not joined.waiters and joined.task is not None and not joined.task.done():
                # Nobody may join what is going to be cancelled.
                self.leave(joined, line, lines, loop)
                joined.task.cancel()
        try:
            return self.outcome(joined, is_forced, not is_first)
        finally:
            del joined

    def find(self, line: Line, is_forced: bool, me: Computation | None) -> Computation | None:
        """What this call waits for, in its place in the line. None: it would wait for itself."""
        running = line.running
        if running is None:
            line.running = Computation()
            return line.running
        if me is not None and running.leads_to(me):
            return None
        if not is_forced and running.flight is not None and running.flight.is_joinable():
            return running
        if not is_forced and running.flight is None:
            return running  # it begins after this call
        if line.next is None:
            line.next = Computation()
            line.next.needs.append(running)
        elif me is not None and line.next.leads_to(me):
            return None
        return line.next

    async def run(self, own: Computation) -> None:
        """The task of a computation."""
        while own.needs:  # the one before it in the line
            before = own.needs[0].task
            if before is not None and not before.done():
                await asyncio.wait([before])
            own.needs.pop(0)
        computing_it = self.compute(own)
        del own  # an error of the function may refer to this frame
        await computing_it

    async def compute(self, own: Computation) -> None:
        own.flight = flight = self.memo._begin(self.entry)
        outer = computing.set(own)
        try:
            own.value = await self.function(*self.args, **self.kwargs)
        except BaseException as error:
            own.error, own.trace = error, error.__traceback__
            flight.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            flight.store(own.value)
        finally:
            computing.reset(outer)
            del own  # the error refers to this frame

    def leave(
        self, own: Computation, line: Line, lines: Lines, loop: asyncio.AbstractEventLoop
    ) -> None:
        """The computation is no longer in the line."""
        if line.running is own:
            line.running, line.next = line.next, None
        elif line.next is own:
            line.next = None
        if line.running is None and lines.get(self.entry) is line:
            del lines[self.entry]
            self.memo._drop(self.entry)  # where nothing came of it
            if not lines:
                lines_of_loops.pop(loop, None)

    def outcome(self, of: Computation, is_forced: bool, is_shared: bool) -> Any:
        error = of.error
        if error is None:
            if of.flight is None:  # the task was cancelled from outside before it began
                raise asyncio.CancelledError
            return of.value
        if not is_forced and of.flight is not None:
            old = of.flight.stale(error)
            if old is not None:
                return old[0]
        try:
            raise own_copy(error, of.trace) if is_shared else error
        finally:
            del error, of  # they refer to this frame
