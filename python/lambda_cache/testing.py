"""A cloud for tests: values, failures and time under the test's control, and no call to AWS.

    from lambda_cache import testing

    def test_handler():
        with testing.fake() as cloud:
            cloud.ssm["/app/var"] = "hello"
            cloud.secrets["/prod/db"] = {"user": "app", "password": "p"}
            assert handler({}, None) == "hello"
            cloud.assert_called_once("/app/var")

`fake()` is a context manager and a decorator, and has `start()` and `stop()`. pytest also has it as
the fixture `lambda_cache_fake`. No region and no credentials are needed, and nothing is patched:
handlers decorated before it began use it too. As it begins and as it ends the cache forgets every
value, so nothing leaks into a test or out of it, and the clocks that it moved go back.

Files of objects are written where they always are, `/tmp` or `LAMBDA_CACHE_S3_DIRECTORY`; they stay
there, and no read outside of a fake cloud takes them for AWS's.

Only the services are replaced: threads, event loops, forks, transforms, what is served while a
service fails, all of that is as in production. The same values are there in every region.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from lambda_cache import _declare, _native
from lambda_cache._testing_service import Call, FakeService
from lambda_cache._testing_stores import (
    FakeObjects,
    FakeParameters,
    FakeSecrets,
    ObjectValue,
    ParameterValue,
    SecretValue,
)

__all__ = [
    "Call",
    "FakeCloud",
    "FakeObjects",
    "FakeParameters",
    "FakeSecrets",
    "FakeService",
    "fake",
]

P = ParamSpec("P")
R = TypeVar("R")


class FakeCloud(FakeService):
    """Stands in for AWS between `start()` and `stop()`, or in a `with` block. See `fake`.

    What is put, fails or hangs here and was called stays over `stop()` and `start()`. Safe from
    any number of threads; one at a time starts and stops it.
    """

    ssm: FakeParameters
    secrets: FakeSecrets
    s3: FakeObjects

    def __init__(
        self,
        ssm: Mapping[str, ParameterValue] | None = None,
        secrets: Mapping[str, SecretValue] | None = None,
        s3: Mapping[str, ObjectValue] | None = None,
    ) -> None:
        super().__init__(_native._fake_cloud_type()(), "")
        self.ssm = FakeParameters(self._native, "ssm")
        self.secrets = FakeSecrets(self._native, "secretsmanager")
        self.s3 = FakeObjects(self._native, "s3")
        self._given = (ssm, secrets, s3)
        self._before: dict[str, int] | None = None
        self._seen: dict[str, int] | None = None
        self.ssm.update(ssm or {})
        self.secrets.update(secrets or {})
        self.s3.update(s3 or {})

    def start(self) -> FakeCloud:
        """Begin to stand in for AWS; the cache forgets what it has."""
        if self._native.is_started():
            raise RuntimeError("this fake cloud has been started already")
        self._before = _native.stats()
        self._native.start()
        return self

    def stop(self) -> None:
        """End it: the cache forgets what it has, the clocks go back, reads under way fail."""
        if not self._native.is_started():
            raise RuntimeError("this fake cloud has not been started")
        self._seen = self.stats()
        self._native.stop()

    def __enter__(self) -> FakeCloud:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._native.is_started():
            self.stop()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate: each call has a fake cloud of its own with the same first values."""
        if inspect.isclass(function):
            raise TypeError(
                f"fake() decorates functions, not the class {function.__name__}: for each test of "
                "a class start() and stop() it in setUp and addCleanup, or in a fixture"
            )
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError("fake() cannot decorate a generator: use it as a with block in there")
        given = self._given

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with FakeCloud(*given):
                    return await function(*args, **kwargs)

            return cast("Callable[P, R]", awaited)

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            with FakeCloud(*given):
                return function(*args, **kwargs)

        return called

    def move(self, seconds: float) -> None:
        """Let time pass: every clock by which the age of values is judged. Nobody waits."""
        if not self._native.is_started():
            raise RuntimeError("this fake cloud has not been started: it moves no clocks")
        self._native.move(_declare.seconds("seconds", seconds))

    def stats(self) -> dict[str, int]:
        """What the cache did since the start: hits, misses, calls, ... (`lambda_cache.stats()`)."""
        if not self._native.is_started():
            return dict(self._seen or dict.fromkeys(_native.stats(), 0))
        now = _native.stats()
        total = {"calls", "entries", "bytes"}  # not counted over all time
        before = self._before or {}
        return {key: now[key] - (0 if key in total else before[key]) for key in now}

    def forget_calls(self) -> None:
        """Begin the list of calls anew."""
        self._native.forget_calls()


def fake(
    ssm: Mapping[str, ParameterValue] | None = None,
    secrets: Mapping[str, SecretValue] | None = None,
    s3: Mapping[str, ObjectValue] | None = None,
) -> FakeCloud:
    """A fake cloud with these first values: `with fake() as cloud:`, or `@fake(ssm={...})`."""
    return FakeCloud(ssm, secrets, s3)
