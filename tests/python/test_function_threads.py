"""function.cache and many threads: one computation, failures, circles, forks, Ctrl-C."""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from conftest import Clock

from lambda_cache import function

WAIT = 20


def in_thread(pool: ThreadPoolExecutor, ask: Callable[..., Any], *args: Any) -> Future[Any]:
    return pool.submit(ask, *args)


def until(condition: Callable[[], bool]) -> None:
    """Returns when something in another thread has come true."""
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.0005)


def run_alone(program: str) -> str:
    """What a program prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": ":".join(each for each in sys.path if each)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout + done.stderr


class Work:
    """A function that waits until it is let go."""

    def __init__(self, result: Callable[..., Any] = lambda *args: object()) -> None:
        self.calls: list[Any] = []
        self.go = threading.Event()
        self.result = result

    def __call__(self, *args: Any) -> Any:
        self.calls.append(args)
        assert self.go.wait(WAIT)
        return self.result(*args)


def test_threads_that_miss_together_compute_once() -> None:
    work = Work()
    f = function.cache(work)
    with ThreadPoolExecutor(32) as pool:
        asked = [pool.submit(f, 1) for _ in range(32)]
        until(lambda: f.cache_info().joins == 31)
        work.go.set()
        results = {id(each.result()) for each in asked}
    assert len(results) == 1
    assert work.calls == [(1,)]
    assert f.cache_info()[:2] == (0, 1)


def test_other_keys_do_not_wait() -> None:
    work = Work()
    f = function.cache(lambda n: work(n) if n else "at once")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(f, 1)
        until(lambda: bool(work.calls))
        assert f(0) == "at once"
        work.go.set()
        slow.result()


def test_waiting_threads_get_exceptions_of_their_own() -> None:
    class Special(Exception):
        def __init__(self, name: str, *, code: int) -> None:
            super().__init__(f"no {name}")
            self.code = code

    def fail(*args: Any) -> None:
        raise Special("luck", code=5)

    work = Work(fail)
    f = function.cache(work)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(f, 1) for _ in range(4)]
        until(lambda: f.cache_info().joins == 3)
        work.go.set()
        errors = [each.exception() for each in asked]
    assert len(work.calls) == 1
    assert len({id(each) for each in errors}) == 4
    for each in errors:
        assert type(each) is Special
        assert str(each) == "no luck"
        assert each.code == 5
        frames = [frame.name for frame in traceback.extract_tb(each.__traceback__)]
        assert frames.count("fail") == 1  # where it came from, and nothing of the others
        assert frames.count("run") == 1, frames
    assert f.cache_info().failures == 1


@pytest.mark.parametrize(
    "error",
    [
        OSError(2, "no such file", "name"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"),
        ImportError("no", name="module", path="path"),
        KeyError("key"),
        StopIteration(5),
        ExceptionGroup("several", [ValueError(1)]),
        SystemError(),
    ],
)
def test_copies_of_built_in_exceptions_are_complete(error: Exception) -> None:
    from lambda_cache._function import own_copy

    error.add_note("a note")
    error.__cause__ = ValueError("cause")
    made = own_copy(error, error.__traceback__)
    assert made is not error
    assert type(made) is type(error)
    assert str(made) == str(error)
    assert repr(made) == repr(error)
    assert made.__cause__ is error.__cause__
    assert made.__notes__ == ["a note"]
    made.add_note("another")
    assert error.__notes__ == ["a note"]
    for name in ("errno", "filename", "object", "name", "path", "value", "exceptions"):
        assert getattr(made, name, None) == getattr(error, name, None)


def test_threads_that_get_the_first_exceptions_do_not_block_each_other() -> None:
    program = """
import sys, threading, time
from lambda_cache import function
class Slow:
    # An import that lets every other thread run.
    def find_spec(self, name, *_):
        for _ in range(1000): time.sleep(0)
sys.meta_path.insert(0, Slow())
go = threading.Event()
@function.cache
def f():
    go.wait()
    raise ValueError("no")
errors = []
def ask():
    try: f()
    except ValueError as error: errors.append(str(error))
threads = [threading.Thread(target=ask, daemon=True) for _ in range(5)]
for each in threads: each.start()
while f.cache_info().joins < 4: pass
del sys.modules["lambda_cache._function"]
go.set()
for each in threads: each.join()
print(errors)
"""
    assert run_alone(program) == f"{['no'] * 5}\n"


def test_who_waits_goes_on_before_keys_are_compared() -> None:
    is_kept = threading.Event()

    class Key:
        def __init__(self, name: str) -> None:
            self.name = name

        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            if is_kept.is_set():
                is_kept.clear()
                assert ask() == "asked"  # what the other thread is computing
            return isinstance(other, Key) and self.name == other.name

    third = Key("third")
    go = threading.Event()

    @function.cache(max_entries=2)
    def f(key: Key) -> str:
        if key is third:
            assert go.wait(WAIT)
            is_kept.set()
        return key.name

    @function.cache
    def ask() -> str:
        f(third)
        return "asked"

    # The second goes when the third comes; to find it, it is compared with the first.
    assert [f(Key(name)) for name in ("first", "second", "first")] == ["first", "second", "first"]
    threads = [threading.Thread(target=each, daemon=True) for each in (lambda: f(third), ask)]
    threads[0].start()
    until(lambda: f.cache_info().misses == 3)
    threads[1].start()
    until(lambda: f.cache_info().joins == 1)
    go.set()
    for each in threads:
        each.join(WAIT)
        assert not each.is_alive()
    assert not is_kept.is_set()


def test_copies_have_what_stands_in_slots() -> None:
    from lambda_cache._function import own_copy

    class Base(Exception):
        __slots__ = ("code", "unset")

    class Special(Base):
        __slots__ = ("state",)

    error = Special("no luck")
    error.code, error.state = "23505", {"a": 1}
    made = own_copy(error, None)
    assert isinstance(made, Special)
    assert made is not error
    assert (made.args, made.code, made.state) == (("no luck",), "23505", {"a": 1})
    assert not hasattr(made, "unset")


def test_an_exception_with_what_cannot_be_seen_is_shared() -> None:
    from lambda_cache._function import own_copy

    # As the classes of extensions have them: attributes that are read from somewhere in C.
    attributes = {"pgcode": types.FunctionType.__dict__["__code__"]}
    kind = type("Error", (Exception,), attributes)
    error = kind("no luck")
    assert own_copy(error, None) is error


def test_an_exception_that_cannot_be_copied_is_shared() -> None:
    from lambda_cache._function import own_copy

    class Strict(Exception):
        def __new__(cls, *, needed: int) -> Strict:
            return super().__new__(cls)

        def __init__(self, *, needed: int) -> None: ...

    error = Strict(needed=1)
    assert own_copy(error, error.__traceback__) is error


def test_refreshes_join_only_what_starts_after_them() -> None:
    numbers = iter(range(10))
    work = Work(lambda: next(numbers))
    f = function.cache(work, ttl_seconds=math.inf)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(f)
        until(lambda: len(work.calls) == 1)
        refreshed = [pool.submit(f.refresh) for _ in range(4)]
        until(lambda: f.cache_info().joins == 3)  # one is next, three wait for it
        work.go.set()
        assert first.result() == 0
        assert [each.result() for each in refreshed] == [1] * 4
    assert f() == 1
    assert len(work.calls) == 2


def test_zero_joins_nothing_that_runs() -> None:
    numbers = iter(range(10))
    work = Work(lambda: next(numbers))
    f = function.cache(work, ttl_seconds=0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(f)
        until(lambda: len(work.calls) == 1)
        second = pool.submit(f)
        work.go.set()
        assert {first.result(), second.result()} == {0, 1}


def test_a_computation_that_is_too_old_is_not_joined(clock: Clock) -> None:
    numbers = iter(range(10))
    work = Work(lambda: next(numbers))
    f = function.cache(work, ttl_seconds=10)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(f)
        until(lambda: len(work.calls) == 1)
        clock.pass_time(10)
        second = [pool.submit(f) for _ in range(2)]
        until(lambda: f.cache_info().joins == 1)
        work.go.set()
        assert first.result() == 0
        assert [each.result() for each in second] == [1, 1]


def test_who_asks_after_invalidate_does_not_join() -> None:
    numbers = iter(range(10))
    work = Work(lambda n: next(numbers))
    f = function.cache(work, ttl_seconds=math.inf)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(f, 1)
        until(lambda: len(work.calls) == 1)
        f.invalidate(1)
        second = pool.submit(f, 1)
        until(lambda: len(work.calls) == 2)
        work.go.set()
        second.result()
    assert f.cache_info().currsize == 1
    assert f.cache_info().misses == 2


def test_a_circle_of_threads_computes() -> None:
    both = threading.Barrier(2, timeout=WAIT)
    calls: list[int] = []

    @function.cache
    def f(n: int) -> str:
        calls.append(n)
        if len(calls) > 2:
            return f"{n}"
        both.wait()
        return f"{n}({f(3 - n)})"

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(f, n) for n in (1, 2)]
        results = [each.result(WAIT) for each in found]
    # One of them closed the circle and computed for itself; the other one waited for it.
    assert results in (["1(2)", "2(1(2))"], ["1(2(1))", "2(1)"])
    assert len(calls) == 3


def test_a_circle_over_two_functions_and_three_threads() -> None:
    all_in = threading.Barrier(3, timeout=WAIT)
    depth = threading.local()

    @function.cache
    def f(n: int) -> int:
        return body(n, lambda: g((n + 1) % 3))

    @function.cache
    def g(n: int) -> int:
        return body(n, lambda: f(n))

    def body(n: int, ask: Callable[[], int]) -> int:
        depth.calls = getattr(depth, "calls", 0) + 1
        if depth.calls == 1:
            all_in.wait()
        return n if depth.calls > 4 else ask()

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(f, n) for n in range(3)]:
            assert each.result(WAIT) in (0, 1, 2)


def test_ctrl_c_in_one_thread_lets_another_compute() -> None:
    class Stop(BaseException):
        pass

    turn = iter([Stop(), None])

    def result() -> str:
        error = next(turn)
        if error is not None:
            raise error
        return "value"

    work = Work(result)
    f = function.cache(work)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(f)
        until(lambda: len(work.calls) == 1)
        others = [pool.submit(f) for _ in range(2)]
        until(lambda: f.cache_info().joins == 2)
        work.go.set()
        assert type(first.exception()) is Stop
        assert [each.result() for each in others] == ["value"] * 2
    assert len(work.calls) == 2


def test_ctrl_c_ends_a_wait() -> None:
    program = """
import signal, sys, threading
from lambda_cache import function
signal.signal(signal.SIGINT, signal.default_int_handler)
go, begun = threading.Event(), threading.Event()
@function.cache
def f():
    begun.set()
    go.wait()
    return 1
thread = threading.Thread(target=f)
thread.start()
begun.wait()
def interrupt():
    while f.cache_info().joins == 0: pass
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    f()
except KeyboardInterrupt:
    go.set()
    thread.join()
    assert f() == 1
    print("interrupted")
"""
    assert run_alone(program) == "interrupted\n"


# A signal handler in the thread that waits lets the one that computes give up, so that it is this
# thread's turn to compute, and then interrupts it.
INTERRUPTED_AT_ITS_TURN = """
import signal, threading
from lambda_cache import function
go, begun = threading.Event(), threading.Event()
class Key:
    def __init__(self, name): self.name = name
    def __hash__(self): return 1
    def __eq__(self, other): return self.name == other.name
calls = []
@function.cache
def f(key):
    calls.append(key)
    if len(calls) != 2:
        return len(calls)
    begun.set()
    go.wait()
    raise SystemExit
assert f(Key("kept")) == 1
def ask(): print(f(Key("other")))
first, other = threading.Thread(target=ask), threading.Thread(target=ask)
def give_up(*_):
    go.set()
    first.join()
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, give_up)
def joined(count):
    while f.cache_info().joins < count: pass
def interrupt():
    joined(1)
    if with_another:
        other.start()
        joined(2)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
first.start()
begun.wait()
threading.Thread(target=interrupt).start()
try:
    f(Key("other"))
except KeyboardInterrupt:
    if with_another: other.join()
    print("interrupted", f.cache_info().currsize)
"""


def test_ctrl_c_at_ones_turn_leaves_it_to_the_next() -> None:
    program = "with_another = True" + INTERRUPTED_AT_ITS_TURN
    assert run_alone(program) == "3\ninterrupted 2\n"


def test_ctrl_c_at_ones_turn_is_the_last_word() -> None:
    program = "with_another = False" + INTERRUPTED_AT_ITS_TURN
    assert run_alone(program) == "interrupted 1\n"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_does_not_wait_for_threads_it_does_not_have() -> None:
    work = Work(lambda: os.getpid())
    parent = os.getpid()
    f = function.cache(lambda: work() if os.getpid() == parent else os.getpid())
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(f), pool.submit(f.refresh)]
        until(lambda: len(work.calls) == 1)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if f() == f() == os.getpid() and f.refresh() == os.getpid() else 1)
        assert os.waitpid(child, 0)[1] == 0
        work.go.set()
        assert [each.result(WAIT) for each in running] == [parent] * 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_forked_while_computing_goes_on() -> None:
    calls: list[int] = []

    @function.cache
    def f() -> int:
        calls.append(1)
        if len(calls) > 1:
            return 5
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            return 7  # the child's own value
        return os.waitpid(child, 0)[1]

    parent = os.getpid()
    value = f()
    if os.getpid() != parent:
        os._exit(0 if (value, f(), f.refresh(), f()) == (7, 7, 5, 5) else 1)
    assert value == 0
    assert f() == 0


def test_many_threads_and_keys() -> None:
    @function.cache(max_entries=20)
    def f(n: int) -> int:
        return n

    def hammer(seed: int) -> None:
        for i in range(3000):
            n = (i * (seed + 1)) % 50
            assert f(n) == n
            if i % 100 == 0:
                f.invalidate(n)
            if i % 500 == 0:
                f.cache_clear()
            if i % 70 == 0:
                assert f.refresh(n) == n

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            for each in [pool.submit(hammer, seed) for seed in range(8)]:
                each.result()
    finally:
        sys.setswitchinterval(interval)
    assert f.cache_info().currsize <= 20


class Flaky:
    """A function that does what it is told."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: BaseException | None = None

    def __call__(self) -> int:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self.calls


def test_without_stale_if_error_failures_are_raised(clock: Clock) -> None:
    load = Flaky()
    f = function.cache(load, ttl_seconds=10)
    assert f() == 1
    load.error = ConnectionError("down")
    clock.pass_time(10)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            f()
    assert load.calls == 3


def test_a_passing_failure_serves_the_old_value(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Flaky()
    f = function.cache(load, ttl_seconds=10, stale_if_error_seconds=100, retry_on=ConnectionError)
    assert f() == 1
    load.error = ConnectionResetError("the password is canary-hunter2")
    clock.pass_time(10)
    with caplog.at_level(logging.WARNING, "lambda_cache"):
        assert f() == 1
        assert load.calls == 2
        clock.pass_time(0.05)  # less than the shortest back-off
        assert f() == 1
        assert load.calls == 2
        clock.pass_time(1)  # the longest first one
        assert f() == 1
        assert load.calls == 3
        clock.pass_time(2)
        assert f() == 1
        assert load.calls == 4
    assert f.cache_info().stale == 4
    assert f.cache_info().failures == 3
    assert [each.getMessage() for each in caplog.records] == [
        f"{load!r} fails; its last value is served: ConnectionResetError"
    ]
    load.error = None
    clock.pass_time(4)
    assert f() == 5


def test_only_for_so_long(clock: Clock) -> None:
    load = Flaky()
    f = function.cache(load, ttl_seconds=10, stale_if_error_seconds=100)
    assert f() == 1
    load.error = ValueError()  # any Exception, if nothing is said
    clock.pass_time(109)
    assert f() == 1
    clock.pass_time(1)
    with pytest.raises(ValueError):
        f()


def test_other_failures_are_raised_at_once(clock: Clock) -> None:
    load = Flaky()
    f = function.cache(
        load, ttl_seconds=10, stale_if_error_seconds=100, retry_on=(ConnectionError, TimeoutError)
    )
    assert f() == 1
    clock.pass_time(10)
    load.error = KeyError("bug")
    with pytest.raises(KeyError):
        f()
    load.error = TimeoutError()
    assert f() == 1


def test_a_refresh_never_gets_the_old_value(clock: Clock) -> None:
    load = Flaky()
    f = function.cache(load, ttl_seconds=10, stale_if_error_seconds=100)
    assert f() == 1
    load.error = ConnectionError("down")
    clock.pass_time(10)
    assert f() == 1
    with pytest.raises(ConnectionError):  # and does not mind the back-off
        f.refresh()
    assert load.calls == 3
    assert f() == 1


def test_waiting_threads_get_the_old_value_too(clock: Clock) -> None:
    work = Work(lambda: 1)
    work.go.set()
    f = function.cache(work, ttl_seconds=10, stale_if_error_seconds=100)
    assert f() == 1

    def fail() -> None:
        raise ConnectionError("down")

    work.result = fail
    work.go.clear()
    clock.pass_time(10)
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(f) for _ in range(4)]
        until(lambda: f.cache_info().joins == 3)
        forced = pool.submit(f.refresh)
        work.go.set()
        assert [each.result() for each in asked] == [1] * 4
        assert type(forced.exception()) is ConnectionError
    assert f.cache_info().stale == 4
