"""What happens to one function in the demo, and what has to come of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local_lambda import Endpoint, LambdaFunction

GREETING = "/demo/app/greeting"
TOKEN = "/demo/app/token"
REGIONS = "/demo/app/regions"

FIRST, SECOND, THIRD = "hello", "bonjour", "servus"
SECRET = "open-sesame-42"
LIST = ["eu-west-1", "us-east-1", "ap-south-1"]

# Entries are judged with clocks that tick every few milliseconds.
TICK_SECONDS = 0.05


class TooSlowError(Exception):
    """The machine took longer for the invocations than values are good for."""


@dataclass(frozen=True)
class Step:
    title: str
    greeting: str
    kind: str
    """hit, miss or refresh."""
    event: dict[str, Any]
    before: str = ""
    """change-to-<value>, or expire."""


# One row of the table each.
STEPS = [
    Step("first invocation", FIRST, "miss", {}),
    Step("again", FIRST, "hit", {}),
    Step("again", FIRST, "hit", {}),
    Step(f"changed to {SECOND!r} behind the cache", FIRST, "hit", {}, f"change-to-{SECOND}"),
    Step("after max age", SECOND, "miss", {}, "expire"),
    Step("again", SECOND, "hit", {}),
    Step(f"changed to {THIRD!r} behind the cache", SECOND, "hit", {}, f"change-to-{THIRD}"),
    Step("forced by the event", THIRD, "refresh", {"refresh": True}),
    Step("again", THIRD, "hit", {}),
]


@dataclass(frozen=True)
class Row:
    number: int
    step: Step
    answer: dict[str, Any]
    calls: Counter[str]
    """What the endpoint received during the invocation, by operation."""

    @property
    def kind(self) -> str:
        if not self.calls.total():
            return "hit"
        return "refresh" if self.step.event.get("refresh") else "miss"

    def complaints(self) -> Iterator[str]:
        expected = {
            "greeting": self.step.greeting,
            "token": mask(SECRET),
            "regions": LIST,
        }
        for name, value in expected.items():
            if self.answer.get(name) != value:
                yield f"{name} should be {value!r}, is {self.answer.get(name)!r}"
        if self.kind != self.step.kind:
            yield f"should be a {self.step.kind}, is a {self.kind}"
        wanted = 0 if self.step.kind == "hit" else 1
        if self.calls.total() != wanted:
            received = dict(self.calls) or "none"
            yield f"calls to the endpoint should be {wanted}, are {received}"


def mask(secret: str) -> str:
    return secret[:2] + "*" * (len(secret) - 2)


def reset(endpoint: Endpoint) -> None:
    endpoint.put(GREETING, FIRST)
    endpoint.put(TOKEN, SECRET, "SecureString")
    endpoint.put(REGIONS, ",".join(LIST), "StringList")


def play(
    function: LambdaFunction,
    endpoint: Endpoint,
    max_age_seconds: float,
    show: Callable[[Row], None],
) -> list[Row]:
    """Raises TooSlowError when the hits cannot be told from misses by age."""
    rows: list[Row] = []
    fetch_started = fetch_ended = time.monotonic()
    for number, step in enumerate(STEPS, start=1):
        if step.before == "expire":
            time.sleep(max(0.0, fetch_ended + max_age_seconds + TICK_SECONDS - time.monotonic()))
        elif step.before:
            endpoint.put(GREETING, step.before.removeprefix("change-to-"))

        calls_before = len(endpoint.calls())
        started = time.monotonic()
        answer = function.invoke(step.event).value
        ended = time.monotonic()
        calls = Counter(call.operation for call in endpoint.calls()[calls_before:])
        if step.kind == "miss":
            fetch_started, fetch_ended = started, ended
        elif ended - fetch_started > max_age_seconds - TICK_SECONDS:
            raise TooSlowError
        row = Row(number, step, answer, calls)
        show(row)
        rows.append(row)
    return rows
