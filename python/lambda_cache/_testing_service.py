"""What is the same for each service that a fake cloud plays: failures, hanging, calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from lambda_cache import _declare, exceptions

Error: TypeAlias = str | type[BaseException]

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
    """"ssm", "secretsmanager" or "s3"."""
    operation: str
    """For example "GetParameters"."""
    names: tuple[str, ...]
    """As they were asked for; a secret's version as "/prod/db#version_stage=AWSPREVIOUS", an
    object's as "s3://bucket/key?versionId=1"."""

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {', '.join(self.names)}"


def text_of(argument: str, value: object) -> str:
    return _declare.text(argument, value)


def texts_of(argument: str, value: Iterable[str]) -> list[str]:
    return [text_of(argument, each) for each in ([value] if isinstance(value, str) else value)]


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"


class FakeService:
    """What may happen to one service, or to every service at once.

    Everywhere a name stands for all versions of what it names, and for its ARNs; "/app/" for reads
    of that path, and "s3://bucket" for the objects of that bucket. Without a name it is about
    everything.
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
        self.fail(name, exceptions.AccessDeniedError, times)

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
        if not text_of("name", name):
            _declare.wrong_value("name is empty: leave it out to mean everything")
        return name
