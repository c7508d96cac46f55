"""function.cache: what is kept, for how long, and what is refused."""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import math
import os
import pickle
import subprocess
import sys
import weakref
from typing import Any

import pytest
from conftest import Clock

import lambda_cache
from lambda_cache import exceptions, function

calls: list[Any] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def noted(*args: Any, **kwargs: Any) -> Any:
    calls.append((args, kwargs))
    return object()


@function.cache
def module_level(number: int = 1, *, flag: bool = False) -> list[int]:
    """Has a docstring."""
    calls.append(number)
    return [number]


def test_one_computation_for_the_same_arguments() -> None:
    f = function.cache(noted)
    for args, kwargs in (
        ((), {}),
        ((1,), {}),
        (("a",), {}),
        ((None,), {}),
        ((1.5,), {}),
        (((1, 2),), {}),
        ((1, "a"), {}),
        ((), {"x": 1}),
        ((), {"y": 1}),
        ((1,), {"x": 1}),
        ((1, 1), {}),
        (("x", 1), {}),
    ):
        before = len(calls)
        first = f(*args, **kwargs)
        assert f(*args, **kwargs) is first
        assert calls[before:] == [(args, kwargs)]
    info = f.cache_info()
    assert (info.hits, info.misses, info.maxsize, info.currsize) == (12, 12, 1000, 12)
    assert (info.joins, info.stale, info.failures) == (0, 0, 0)


def test_it_looks_like_the_function() -> None:
    assert module_level.__name__ == "module_level"
    assert module_level.__qualname__ == "module_level"
    assert module_level.__module__ == __name__
    assert module_level.__doc__ == "Has a docstring."
    assert inspect.signature(module_level) == inspect.signature(module_level.__wrapped__)
    assert module_level.__wrapped__(3) is not module_level.__wrapped__(3)
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    assert copy.copy(module_level) is module_level
    assert copy.deepcopy(module_level) is module_level
    assert "module_level" in repr(module_level)
    module_level.mark = 1  # type: ignore[attr-defined]
    assert functools.wraps(module_level)(lambda: 0).mark == 1


def test_values_are_handed_out_by_reference() -> None:
    module_level(7).append(8)
    assert module_level(7) == [7, 8]


def test_methods_know_their_object() -> None:
    class Service:
        def __init__(self, name: str) -> None:
            self.name = name

        @function.cache(ttl_seconds=30)
        def method(self, number: int) -> Any:
            return noted(self.name, number)

        @classmethod
        @function.cache
        def of_class(cls) -> Any:
            return noted(cls)

        @staticmethod
        @function.cache
        def static(number: int) -> Any:
            return noted(number)

    one, two = Service("one"), Service("two")
    assert one.method(1) is one.method(1)
    assert one.method(1) is not two.method(1)
    assert Service.method(one, 1) is one.method(1)
    Service.method.invalidate(one, 1)
    assert len(calls) == 2
    one.method(1)
    assert len(calls) == 3
    assert one.method.cache_info().currsize == 2
    assert Service.of_class() is one.of_class()
    assert one.static(1) is Service.static(1)


def test_partials_and_callable_objects() -> None:
    class Adder:
        def __call__(self, number: int) -> Any:
            return noted(number)

    f = function.cache(functools.partial(noted, 1))
    g = function.cache(Adder())
    assert f(2) is f(2)
    assert g(2) is g(2)
    assert len(calls) == 2


def test_the_default_age_is_a_minute(clock: Clock) -> None:
    f = function.cache(noted)
    first = f()
    clock.pass_time(59)
    assert f() is first
    clock.pass_time(1)
    assert f() is not first


def test_the_default_age_is_read_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_CACHE_TTL_SECONDS", "5")
    monkeypatch.setenv("AWS_REGION", "no region")  # nothing of the rest matters
    f = function.cache(noted)
    first = f(1)
    monkeypatch.setenv("LAMBDA_CACHE_TTL_SECONDS", "500")
    clock.pass_time(5)
    second = f(1)
    assert second is not first
    lambda_cache.reset()
    third = f(1)
    assert third is not second
    clock.pass_time(499)
    assert f(1) is third


def test_a_wrong_default_age(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_CACHE_TTL_SECONDS", "soon")
    with pytest.raises(exceptions.LambdaCacheError, match="LAMBDA_CACHE_TTL_SECONDS='soon'"):
        function.cache(noted)(1)
    assert function.cache(noted, ttl_seconds=1)(1)


@pytest.mark.parametrize("option", ["ttl_seconds", "max_age_in_seconds"])
def test_an_age_of_max_age_is_expired(clock: Clock, option: str) -> None:
    f = function.cache(noted, **{option: 100})
    for args in ((), (1,), (1, 2)):
        first = f(*args)
        clock.pass_time(99)
        assert f(*args) is first
        clock.pass_time(1)
        assert f(*args) is not first


def test_the_age_counts_from_the_start(clock: Clock) -> None:
    @function.cache(ttl_seconds=100)
    def slow() -> Any:
        clock.pass_time(60)
        return object()

    first = slow()
    clock.pass_time(39)
    assert slow() is first
    clock.pass_time(1)
    assert slow() is not first


def test_zero_always_computes_and_infinity_never_again(clock: Clock) -> None:
    always = function.cache(noted, ttl_seconds=0)
    assert always(1) is not always(1)
    assert always.cache_info().currsize == 0
    once = function.cache(noted, ttl_seconds=math.inf)
    first = once(1)
    clock.pass_time(10**8)
    assert once(1) is first


def test_freezes_and_steps_of_the_clock_make_values_older(clock: Clock) -> None:
    f = function.cache(noted, ttl_seconds=100)
    first = f(1)
    clock.freeze(50)
    assert f(1) is first
    hits = f.cache_info().hits
    assert f(1) is first
    assert f.cache_info().hits == hits + 1
    clock.freeze(50)
    second = f(1)
    assert second is not first
    clock.step_wall(-10)
    assert f(1) is not second


def test_the_least_recently_used_goes_first() -> None:
    f = function.cache(noted, max_entries=3)
    values = {n: f(n) for n in (1, 2, 3)}
    assert f(1) is values[1]
    f(4)
    assert f.cache_info().currsize == 3
    assert f(1) is values[1]
    assert f(3) is values[3]
    assert f(2) is not values[2]


def test_cache_clear_forgets_values_and_statistics() -> None:
    f = function.cache(noted)
    first = f(1)
    f.cache_clear()
    assert f.cache_info() == (0, 0, 1000, 0, 0, 0, 0)
    assert f(1) is not first


@pytest.mark.parametrize("forget", [lambda_cache.clear_cache, lambda_cache.reset])
def test_clearing_everything_clears_functions(forget: Any) -> None:
    f = function.cache(noted)
    g = function.cache(noted, ttl_seconds=math.inf)
    first = f(1), g()
    forget()
    assert f.cache_info().currsize == g.cache_info().currsize == 0
    assert f(1) is not first[0]
    assert g() is not first[1]


def test_refresh_computes_and_keeps() -> None:
    f = function.cache(noted)
    first = f(1, x=2)
    second = f.refresh(1, x=2)
    assert second is not first
    assert f(1, x=2) is second


def test_invalidate_forgets_one() -> None:
    f = function.cache(noted)
    first = f(1), f(2)
    f.invalidate(1)
    f.invalidate("never seen")
    assert f(1) is not first[0]
    assert f(2) is first[1]


@pytest.mark.parametrize("how", ["invalidate", "cache_clear", "clear_cache", "reset"])
def test_what_began_before_it_was_forgotten_is_not_kept(how: str) -> None:
    def load(number: int) -> Any:
        match how:
            case "invalidate":
                f.invalidate(number)
            case "cache_clear":
                f.cache_clear()
            case _:
                getattr(lambda_cache, how)()
        return noted(number)

    f = function.cache(load, ttl_seconds=math.inf)
    assert f(1) is not f(1)
    assert f.cache_info().currsize == 0


def test_key() -> None:
    f = function.cache(noted, key=lambda event: (event["user"], event["page"]))
    first = f({"user": 1, "page": 2, "time": 3})
    assert f({"user": 1, "page": 2, "time": 4}) is first
    assert f({"user": 1, "page": 3}) is not first
    f.invalidate({"user": 1, "page": 2})
    assert f({"user": 1, "page": 2}) is not first
    with pytest.raises(KeyError):
        f({})


def test_unhashable_arguments_are_named() -> None:
    def load(items: Any, *more: Any, **named: Any) -> Any:
        return noted(items)

    f = function.cache(load)
    with pytest.raises(TypeError, match=r"argument 'items' is a list without a hash.*key="):
        f([1])
    with pytest.raises(TypeError, match=r"argument 'items' is a tuple without a hash.*key="):
        f((1, [2]))
    with pytest.raises(TypeError, match=r"argument number 2 is a dict.*key="):
        f(1, {})
    with pytest.raises(TypeError, match=r"argument 'x' is a set.*key="):
        f(1, x=set())
    with pytest.raises(TypeError, match=r"argument 'items'"):
        f.refresh([])
    with pytest.raises(TypeError, match=r"argument 'items'"):
        f.invalidate([])
    with pytest.raises(TypeError, match=r"key= of .*load returned a list, which has no hash"):
        function.cache(load, key=lambda items: items)([1])
    assert not calls


def test_errors_of_the_arguments_own_code_pass_through() -> None:
    class Odd:
        def __hash__(self) -> int:
            raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        function.cache(noted)(Odd())


def test_what_cannot_be_memoised_is_refused() -> None:
    def generator() -> Any:
        yield 1

    async def asynchronous() -> Any:
        yield 1

    class Callable_:  # noqa: N801
        def __call__(self) -> Any:
            yield 1

    for bad in (generator, functools.partial(generator), Callable_()):
        with pytest.raises(TypeError, match="is a generator function"):
            function.cache(bad)
    with pytest.raises(TypeError, match="is an async generator function"):
        function.cache(asynchronous)
    with pytest.raises(TypeError, match="a class cannot be memoised"):
        function.cache(Callable_)
    for kind in (staticmethod, classmethod):
        with pytest.raises(TypeError, match=f"below @{kind.__name__}"):
            function.cache(kind(noted))
        with pytest.raises(TypeError, match=f"below @{kind.__name__}"):
            function.cache(ttl_seconds=1)(kind(noted))
    with pytest.raises(TypeError, match="decorates nothing"):
        function.cache(300)
    with pytest.raises(TypeError, match="memoised already"):
        function.cache(function.cache(noted))


def test_results_that_can_be_used_only_once_are_refused() -> None:
    async def coroutine() -> None: ...

    hidden = function.cache(lambda: coroutine())
    with pytest.raises(TypeError, match="returned a coroutine"), pytest.warns(RuntimeWarning):
        hidden()
        gc.collect()
    with pytest.raises(TypeError, match="returned a generator"):
        function.cache(lambda: (n for n in "ab"))()


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"ttl_seconds": -1}, exceptions.InvalidArgumentError, "ttl_seconds=-1"),
        ({"ttl_seconds": math.nan}, exceptions.InvalidArgumentError, "ttl_seconds=nan"),
        ({"ttl_seconds": "1"}, exceptions.ArgumentTypeNotSupportedError, "ttl_seconds has to be"),
        ({"ttl_seconds": 1, "max_age_in_seconds": 1}, TypeError, "two names of one option"),
        ({"max_entries": 0}, exceptions.InvalidArgumentError, "max_entries=0 has to be 1 or more"),
        ({"max_entries": -5}, exceptions.InvalidArgumentError, "max_entries=-5"),
        ({"max_entries": None}, exceptions.ArgumentTypeNotSupportedError, "max_entries has to be"),
        ({"max_entries": True}, exceptions.ArgumentTypeNotSupportedError, "max_entries has to be"),
        ({"key": 5}, exceptions.ArgumentTypeNotSupportedError, "key has to be a function"),
        (
            {"stale_if_error_seconds": -1},
            exceptions.InvalidArgumentError,
            "stale_if_error_seconds=-1",
        ),
        (
            {"stale_if_error_seconds": 1, "retry_on": 5},
            exceptions.ArgumentTypeNotSupportedError,
            "retry_on has to be an exception class",
        ),
        (
            {"stale_if_error_seconds": 1, "retry_on": (OSError, KeyboardInterrupt)},
            exceptions.ArgumentTypeNotSupportedError,
            "not KeyboardInterrupt",
        ),
        (
            {"stale_if_error_seconds": 1, "retry_on": ()},
            exceptions.InvalidArgumentError,
            "retry_on is empty",
        ),
        ({"retry_on": OSError}, exceptions.InvalidArgumentError, "stale_if_error_seconds"),
        ({"tll_seconds": 5}, TypeError, "did you mean 'ttl_seconds'"),
    ],
)
def test_bad_options(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        function.cache(**options)


def test_recursion_with_other_arguments() -> None:
    @function.cache
    def fibonacci(n: int) -> int:
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    assert fibonacci(60) == 1548008755920
    assert fibonacci.cache_info().misses == 61


def test_a_function_that_asks_for_itself_computes() -> None:
    @function.cache
    def again() -> int:
        calls.append(1)
        return 5 if len(calls) > 2 else again()

    assert again() == 5
    assert len(calls) == 3
    assert again() == 5
    assert len(calls) == 3


class Value:
    """Can be watched."""


def test_values_and_keys_are_let_go() -> None:
    f = function.cache(lambda key: Value(), max_entries=2)
    key = Value()
    watched = [weakref.ref(f(key)), weakref.ref(key)]
    references = sys.getrefcount(key)
    assert f(key) is f(key)
    assert sys.getrefcount(key) == references
    f.invalidate(key)
    del key
    assert [each() for each in watched] == [None, None]

    watched = [weakref.ref(f(n)) for n in range(5)]
    assert [each() is None for each in watched] == [True, True, True, False, False]
    f.refresh(4)
    assert watched[4]() is None
    f.cache_clear()
    assert watched[3]() is None

    last = weakref.ref(f(9))
    gc.disable()
    try:
        del f
        assert last() is None  # without the help of the garbage collector
    finally:
        gc.enable()


def test_a_cycle_over_the_function_is_collected() -> None:
    def make() -> tuple[Any, Any]:
        @function.cache
        def f(key: Any) -> Any:
            value = Value()
            value.function = f  # type: ignore[attr-defined]
            return value

        return weakref.ref(f(1)), weakref.ref(f)

    value, f = make()
    gc.collect()
    assert value() is None
    assert f() is None


def test_failures_leave_nothing_behind() -> None:
    @function.cache
    def fails(value: Any) -> Any:
        raise ValueError(value)

    value = Value()
    gone = weakref.ref(value)
    for _ in range(3):
        with pytest.raises(ValueError):
            fails(value)
    assert fails.cache_info().currsize == 0
    assert fails.cache_info().failures == 3
    gc.disable()
    try:
        del value
        assert gone() is None
    finally:
        gc.enable()


def test_values_may_call_when_they_end() -> None:
    inner = function.cache(noted, ttl_seconds=0)

    class Loud:
        def __del__(self) -> None:
            inner(1)
            f(100)

    f = function.cache(lambda n: Loud() if n < 100 else n, max_entries=2)
    for n in range(5):
        f(n)
    f.refresh(4)
    f.invalidate(4)
    f(5)
    f.cache_clear()
    f(6)
    lambda_cache.clear_cache()
    assert len(calls) == 8
    assert f.cache_info().currsize <= 2


def test_keys_may_call_when_they_are_compared() -> None:
    class Key:
        def __hash__(self) -> int:
            return 5

        def __eq__(self, other: object) -> bool:
            f.cache_clear()
            return True

    f = function.cache(noted, max_entries=2)
    for _ in range(3):
        f(Key())
        f(Key(), 1)
        f.invalidate(Key())
    assert f.cache_info().currsize <= 2


def test_importing_is_cheap() -> None:
    heavy = {"functools", "threading", "inspect", "typing", "asyncio", "collections", "dataclasses"}
    program = (
        "import sys; before = set(sys.modules); from lambda_cache import function\n"
        "@function.cache(ttl_seconds=5)\n"
        "def f(x): return x\n"
        "assert f(1) == f(1)\n"
        "@function.inject(lambda: 1, 'one')\n"
        "def handler(event, context): return context['one']\n"
        "assert handler({}, {}) == 1\n"
        "print(*(set(sys.modules) - before))"
    )
    output = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": ":".join(each for each in sys.path if each)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not heavy & set(output.split())
