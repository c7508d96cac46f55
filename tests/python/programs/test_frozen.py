"""Processes that are frozen, forked and killed: the next read has the right value at the first try.

Time passes on the programs' clocks only; they make one attempt, so that no retry hides a failure.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from support.endpoint import Call, Endpoint
from support.fault_proxy import FaultProxy
from support.reading_program import Reading

from support import fault_proxy


@dataclass
class Way:
    """From a program to the service: the answer to the call of that number can be held back."""

    endpoint: Endpoint
    proxy: FaultProxy
    holds: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.endpoint.script = self.hold

    def hold(self, call: Call) -> None:
        if len(self.endpoint.calls) == self.holds:
            assert self.go_on.wait(30)

    @property
    def calls(self) -> int:
        return len(self.endpoint.calls)


@pytest.fixture(params=["http", "https"])
def way(
    request: pytest.FixtureRequest,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Way]:
    contexts = []
    if request.param == "https":
        contexts.append(server_context(tmp_path))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with fault_proxy.running(("127.0.0.1", urlsplit(endpoint.url).port or 0), *contexts) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        endpoint.put("/app/var", "old")
        made = Way(endpoint, proxy)
        yield made
        made.go_on.set()


def server_context(folder: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(params=["Python", "C++"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# Seconds on the wall clock, the monotonic and the boot-time one, and the age that is accepted. An
# idle connection of less than 20 seconds is used again, unless it is seen to be closed.
FREEZES = {
    "short": ("10 10 10", 5),
    "long": ("1200 1200 1200", 60),
    "suspended": ("1200 0 1200", 60),
}


@pytest.mark.parametrize("ended", ["closed", "reset", "left open"])
@pytest.mark.parametrize("freeze", FREEZES)
def test_frozen_between_two_reads(way: Way, language: str, freeze: str, ended: str) -> None:
    passed, ttl = FREEZES[freeze]
    with Reading(language) as reading:
        for _ in range(3):
            assert reading.ask(f"get {ttl}") == "= old"
            assert reading.ask("get 0") == "= old"
        calls = way.calls
        reading.freeze()
        if ended != "left open":
            way.proxy.drop(hard=ended == "reset")
        way.endpoint.put("/app/var", "new")
        reading.thaw()
        assert reading.ask(f"shift {passed}") == "shifted"
        assert reading.ask(f"get {ttl}") == "= new"
        assert reading.ask(f"get {ttl}") == "= new"
        assert way.calls == calls + 1
        used_again = ended == "left open" and freeze == "short"
        assert way.proxy.connections == (1 if used_again else 2)


@pytest.mark.parametrize("attempts", [1, 3])
def test_frozen_in_a_read(way: Way, language: str, attempts: int) -> None:
    way.holds = 1
    with Reading(language, AWS_MAX_ATTEMPTS=str(attempts)) as reading:
        assert reading.ask("begin 60") == "begun"
        way.endpoint.wait_for_calls(1)
        reading.freeze()
        way.proxy.drop()
        way.go_on.set()
        way.endpoint.put("/app/var", "new")
        reading.thaw()
        if attempts == 1:
            assert reading.ask("end") == "! passing"
            assert reading.ask("get 0") == "= new"
        else:
            assert reading.ask("end") == "= new"
        assert way.calls == 2
        assert reading.ask("get 0") == "= new"
        assert way.calls == 3


def test_frozen_in_a_read_by_a_connection_that_had_served(way: Way, language: str) -> None:
    way.holds = 2
    with Reading(language) as reading:
        assert reading.ask("get 0") == "= old"
        assert reading.ask("begin 0") == "begun"
        way.endpoint.wait_for_calls(2)
        reading.freeze()
        way.proxy.drop()
        way.go_on.set()
        way.endpoint.put("/app/var", "new")
        reading.thaw()
        assert reading.ask("end") == "= new"
        assert way.calls == 3


def test_answered_while_frozen(way: Way, language: str) -> None:
    way.holds = 1
    with Reading(language) as reading:
        assert reading.ask("begin 60") == "begun"
        way.endpoint.wait_for_calls(1)
        reading.freeze()
        way.go_on.set()
        way.proxy.wait_for_answers(1)
        way.proxy.drop()
        reading.thaw()
        assert reading.ask("end") == "= old"
        assert reading.ask("get 60") == "= old"
        assert way.calls == 1
        assert reading.ask("get 0") == "= old"
        assert way.calls == 2


def test_forked(way: Way, language: str) -> None:
    with Reading(language) as reading:
        assert reading.ask("get 60") == "= old"
        assert reading.ask("fork 60") == "= old"
        assert way.calls == 1, "the child has the parent's values"
        for number in range(3):
            way.endpoint.put("/app/var", f"value {number}")
            assert reading.ask("fork 0") == f"= value {number}"
            assert reading.ask("get 0") == f"= value {number}"
        assert way.calls == 7
        assert way.proxy.connections == 1 + 3, "one of each child's, and the parent's goes on"


def test_forked_in_a_read(way: Way, language: str) -> None:
    way.holds = 2
    with Reading(language) as reading:
        assert reading.ask("get 60") == "= old"
        way.endpoint.put("/app/var", "new")
        assert reading.ask("begin 0") == "begun"
        way.endpoint.wait_for_calls(2)
        assert reading.ask("fork 60") == "= old", "what the parent had"
        assert reading.ask("fork 0") == "= new", "while the parent's read is held"
        way.go_on.set()
        assert reading.ask("end") == "= new"
        assert reading.ask("get 60") == "= new"
        assert way.calls == 3
        assert reading.ask("get 0") == "= new"
        assert reading.ask("fork 0") == "= new"


def test_killed_in_a_read(way: Way, language: str) -> None:
    way.holds = 1
    with Reading(language) as victim:
        assert victim.ask("begin 60") == "begun"
        way.endpoint.wait_for_calls(1)
        victim.kill()
    with Reading(language) as other:
        assert other.ask("get 60") == "= old", "while the service still works for the dead one"
        assert way.calls == 2
        way.go_on.set()
        assert other.ask("get 0") == "= old"
        assert way.calls == 3
