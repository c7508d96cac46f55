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

Only the services are replaced: threads, event loops, forks, transforms, what is served while a
service fails, all of that is as in production. The same values are there in every region.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, ParamSpec, TypeAlias, TypeVar, cast

from lambda_cache import _declare, _native, exceptions

__all__ = ["Call", "FakeCloud", "FakeParameters", "FakeSecrets", "FakeService", "fake"]

P = ParamSpec("P")
R = TypeVar("R")

Error: TypeAlias = str | type[BaseException]
ParameterValue: TypeAlias = str | list[str] | tuple[str, ...]
SecretValue: TypeAlias = str | bytes | dict[str, Any] | list[Any]

# What may be said of a failure besides a service's code.
_REASONS = {"timeout": "timeout", "connection": "connection", "certificate": "tls"}
_CLASSES: dict[type[BaseException], str] = {
    exceptions.NotFoundError: "not_found",
    exceptions.AccessDeniedError: "access_denied",
    exceptions.DecryptionError: "decryption",
    exceptions.RequestRejectedError: "rejected",
    exceptions.CredentialsError: "credentials",
    exceptions.ThrottledError: "throttled",
    exceptions.FetchTimeoutError: "timeout",
    exceptions.EndpointConnectionError: "connection",
    exceptions.CertificateError: "tls",
    exceptions.ProtocolError: "protocol",
    exceptions.ServiceUnavailableError: "service",
    exceptions.TransformError: "transform",  # refused, with a hint
    exceptions.ReadCancelledError: "cancelled",  # the same
    TimeoutError: "timeout",
    ConnectionError: "connection",
}


class Call(NamedTuple):
    """One call as the service would have got it."""

    service: str
    """"ssm" or "secretsmanager"."""
    operation: str
    """For example "GetParameters"."""
    names: tuple[str, ...]
    """As they were asked for; a secret's version as "/prod/db#version_stage=AWSPREVIOUS"."""

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {', '.join(self.names)}"


def _text(argument: str, value: object) -> str:
    return _declare.text(argument, value)


def _texts(argument: str, value: Iterable[str]) -> list[str]:
    return [_text(argument, each) for each in ([value] if isinstance(value, str) else value)]


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"


class FakeService:
    """What may happen to one service, or to every service at once.

    Everywhere a name stands for all versions of what it names, and for its ARNs; without a name it
    is about everything.
    """

    def __init__(self, native: Any, service: str) -> None:
        self._native = native
        self._service = service

    def fail(
        self,
        name: str | None = None,
        error: Error = "InternalServerError",
        times: int | None = None,
    ) -> None:
        """Let fetches fail, `times` of them or until `recover()`.

        `error` is a service's code (`"ThrottlingException"`), a class of `lambda_cache.exceptions`,
        `"timeout"`, `"connection"` or `"certificate"`. One fetch is all its attempts. Where the
        cache may serve an older value, it does, as in production.
        """
        if times is not None:
            _declare.whole_number("times", times)
        if isinstance(error, str):
            kind = _REASONS.get(error)
            if kind is None and not error[:1].isupper():
                _declare.wrong_value(
                    f"error={error!r} is no code of a service ('ThrottlingException'); besides "
                    "codes there are 'timeout', 'connection' and 'certificate'"
                )
            self._native.fail(self._named(name), kind or error, bool(kind), times, self._service)
            return
        if isinstance(error, type):
            for each in error.__mro__:
                if each in _CLASSES:
                    self._native.fail(self._named(name), _CLASSES[each], True, times, self._service)
                    return
        known = ", ".join(each.__name__ for each in _CLASSES if each.__module__ != "builtins")
        raise exceptions.ArgumentTypeNotSupportedError(
            f"error={error!r} is no way for a service to fail: give its code "
            "('ThrottlingException'), 'timeout', 'connection' or 'certificate', or one of the "
            f"classes {known}"
        )

    def deny(self, name: str | None = None, times: int | None = None) -> None:
        """Let fetches fail because the role may not read it."""
        self.fail(name, "AccessDeniedException", times)

    def recover(self, name: str | None = None) -> None:
        """End the failures that were asked for with the same name; all of them without one.

        The cache remembers a refusal for 5 seconds and waits up to 30 after a passing failure:
        `move()` the clocks.
        """
        self._native.recover(self._named(name), self._service)

    def hang(self, name: str | None = None) -> None:
        """Let fetches get no answer until `release()`; readers wait as long as they may."""
        self._native.hang(self._named(name), self._service)

    def release(self, name: str | None = None) -> None:
        """Answer what hangs (asked for with the same name), with the values of now."""
        self._native.release(self._named(name), self._service)

    @property
    def calls(self) -> list[Call]:
        """The calls so far, also after the end of the fake cloud."""
        every = [Call(*each) for each in self._native.calls()]
        return [each for each in every if not self._service or each.service == self._service]

    def call_count(self, name: str | None = None) -> int:
        """How many calls asked for it."""
        count: int = self._native.call_count(self._named(name), self._service)
        return count

    def wait_for_calls(
        self, count: int = 1, name: str | None = None, timeout_seconds: float = 10
    ) -> None:
        """Wait until that many calls have asked for it, for tests with threads; else fail."""
        __tracebackhide__ = True
        seconds = _declare.seconds("timeout_seconds", timeout_seconds)
        if not self._native.wait_for_calls(count, self._named(name), self._service, seconds):
            self._complain(f"{_calls(count)} within {timeout_seconds} s", name)

    def assert_called(self, name: str | None = None, times: int | None = None) -> None:
        """Fail unless it was asked for, exactly `times` times where that is given."""
        __tracebackhide__ = True
        count = self.call_count(name)
        if count == 0 if times is None else count != times:
            self._complain("at least one call" if times is None else _calls(times), name)

    def assert_called_once(self, name: str | None = None) -> None:
        """Fail unless exactly one call asked for it."""
        __tracebackhide__ = True
        if self.call_count(name) != 1:
            self._complain("exactly one call", name)

    def assert_not_called(self, name: str | None = None) -> None:
        """Fail if a call asked for it."""
        __tracebackhide__ = True
        if self.call_count(name):
            self._complain("no call", name)

    def _complain(self, expected: str, name: str | None) -> None:
        __tracebackhide__ = True
        count = self.call_count(name)
        about = f" for {name!r}" if name is not None else ""
        where = f" of {self._service}" if self._service else ""
        lines = [f"  {i}. {each}" for i, each in enumerate(self.calls, 1)]
        seen = "\n".join(["The calls:", *lines]) if lines else "There was no call at all."
        raise AssertionError(f"Expected {expected}{where}{about}, found {_calls(count)}. {seen}")

    def _named(self, name: str | None) -> str:
        if name is None:
            return ""
        if not _text("name", name):
            _declare.wrong_value("name is empty: leave it out to mean everything")
        return name


class FakeParameters(FakeService):
    """Parameter Store: `cloud.ssm["/app/var"] = "x"`, a list for a StringList."""

    def put(
        self,
        name: str,
        value: ParameterValue,
        type: str | None = None,
        labels: str | Iterable[str] = (),
    ) -> int:
        """Add a version, and return its number.

        `type` is "String", "StringList" (which a list gets by itself) or "SecureString"; the
        `labels` move to this version.
        """
        if isinstance(value, (list, tuple)):
            items = _texts("value", value)
            if not items or any("," in each for each in items):
                _declare.wrong_value(
                    f"{name!r} cannot have this list: a StringList is kept as its items with "
                    "commas between them, so there has to be one, and none of them has a comma"
                )
            if type not in (None, "StringList"):
                _declare.wrong_value(f"type={type!r} has no list as its value: give a str")
            value, type = ",".join(items), "StringList"
        number: int = self._native.put_parameter(
            _text("name", name),
            _text("value", value).encode(),
            _text("type", "String" if type is None else type),
            _texts("labels", labels),
        )
        return number

    def label(self, name: str, label: str, version: int | None = None) -> None:
        """Move a label to a version, by default the newest."""
        number = 0 if version is None else _declare.version("version", version)
        self._native.label_parameter(_text("name", name), _text("label", label), number)

    def update(self, values: Mapping[str, ParameterValue]) -> None:
        """Put several."""
        for name, value in values.items():
            self.put(name, value)

    def __setitem__(self, name: str, value: ParameterValue) -> None:
        self.put(name, value)

    def __delitem__(self, name: str) -> None:
        if not self._native.remove_parameter(_text("name", name)):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(cast("list[str]", self._native.parameter_names()))

    def __contains__(self, name: object) -> bool:
        return name in self._native.parameter_names()

    def __len__(self) -> int:
        return len(self._native.parameter_names())


class FakeSecrets(FakeService):
    """Secrets Manager: `cloud.secrets["/prod/db"]` = text, bytes, or what becomes JSON."""

    def put(
        self,
        name: str,
        value: SecretValue,
        version_id: str | None = None,
        stages: str | Iterable[str] = (),
    ) -> str:
        """Add a version, and return its id.

        Without `stages` it gets AWSCURRENT, and what had that becomes AWSPREVIOUS.
        """
        if isinstance(value, (dict, list)):
            value = json.dumps(value)
        if not isinstance(value, (str, bytes)):
            _declare.wrong_type(
                "the value of a secret has to be str, bytes, or a dict or list for JSON, not "
                f"{_declare.described(value)}"
            )
        made: str = self._native.put_secret(
            _text("name", name),
            value if isinstance(value, bytes) else value.encode(),
            "" if version_id is None else _text("version_id", version_id),
            _texts("stages", stages),
            isinstance(value, bytes),
        )
        return made

    def update(self, values: Mapping[str, SecretValue]) -> None:
        """Put several."""
        for name, value in values.items():
            self.put(name, value)

    def __setitem__(self, name: str, value: SecretValue) -> None:
        self.put(name, value)

    def __delitem__(self, name: str) -> None:
        if not self._native.remove_secret(_text("name", name)):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(cast("list[str]", self._native.secret_names()))

    def __contains__(self, name: object) -> bool:
        return name in self._native.secret_names()

    def __len__(self) -> int:
        return len(self._native.secret_names())


class FakeCloud(FakeService):
    """Stands in for AWS between `start()` and `stop()`, or in a `with` block. See `fake`.

    What is put, fails or hangs here and was called stays over `stop()` and `start()`. Safe from
    any number of threads; one at a time starts and stops it.
    """

    ssm: FakeParameters
    secrets: FakeSecrets

    def __init__(
        self,
        ssm: Mapping[str, ParameterValue] | None = None,
        secrets: Mapping[str, SecretValue] | None = None,
    ) -> None:
        super().__init__(_native._fake_cloud_type()(), "")
        self.ssm = FakeParameters(self._native, "ssm")
        self.secrets = FakeSecrets(self._native, "secretsmanager")
        self._given = (ssm, secrets)
        self._before: dict[str, int] | None = None
        self._seen: dict[str, int] | None = None
        self.ssm.update(ssm or {})
        self.secrets.update(secrets or {})

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
        ssm, secrets = self._given

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with FakeCloud(ssm, secrets):
                    return await function(*args, **kwargs)

            return cast("Callable[P, R]", awaited)

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            with FakeCloud(ssm, secrets):
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
) -> FakeCloud:
    """A fake cloud with these first values: `with fake() as cloud:`, or `@fake(ssm={...})`."""
    return FakeCloud(ssm, secrets)
