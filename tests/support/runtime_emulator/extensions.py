"""The Lambda Extensions API for one run of the programs in /opt/extensions."""

from __future__ import annotations

import json
import os
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path("/opt/extensions")
EXTENSIONS_PREFIX = "/2020-01-01/extension"
EVENTS = {"INVOKE", "SHUTDOWN"}


def installed() -> list[Path]:
    """The programs that Lambda starts beside the function."""
    if not FOLDER.is_dir():
        return []
    return sorted(each for each in FOLDER.iterdir() if os.access(each, os.X_OK) and each.is_file())


@dataclass
class _Extension:
    name: str
    events: set[str]
    waiting: list[dict[str, Any]] = field(default_factory=list)
    is_idle: bool = False  # it waits for an event


class Extensions:
    """What is known about them. Thread-safe."""

    def __init__(self, names: list[str]) -> None:
        self._changed = threading.Condition()
        self._expected = set(names)
        self._known: dict[str, _Extension] = {}
        self._is_over = False
        self._failure: str | None = None

    # The emulator's side

    def wait_until_registered(self, seconds: float) -> str | None:
        """The type of what kept one of them from it; None if all are there."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._failure is not None or len(self._known) == len(self._expected),
                seconds,
            )
            if self._failure is None and len(self._known) < len(self._expected):
                return "Extension.RegistrationTimeout"
            return self._failure

    def wait_until_idle(self, seconds: float) -> str | None:
        """The same about who has not asked for the next event."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._failure is not None or all(e.is_idle for e in self._known.values()),
                seconds,
            )
            return self._failure

    def tell(self, event: dict[str, Any]) -> None:
        """Each that wants such events gets it."""
        with self._changed:
            for each in self._known.values():
                if event["eventType"] in each.events:
                    each.waiting.append(event)
                    each.is_idle = False
            self._changed.notify_all()

    def process_ended(self) -> None:
        with self._changed:
            if not self._is_over and self._failure is None:
                self._failure = "Extension.Crash"
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    # Their side

    def register(self, name: str, events: list[str]) -> tuple[int, dict[str, str] | str]:
        """Status, with the identifier or the error."""
        with self._changed:
            if name not in self._expected or name in [e.name for e in self._known.values()]:
                return 403, {"errorType": "Extension.InvalidExtensionName", "errorMessage": name}
            if not set(events) <= EVENTS:
                return 403, {"errorType": "Extension.InvalidEventType", "errorMessage": str(events)}
            identifier = str(uuid.uuid4())
            self._known[identifier] = _Extension(name, set(events))
            self._changed.notify_all()
            return 200, identifier

    def next_event(self, identifier: str) -> bytes | None:
        """Waits; None for whoever is not known, and when everything is over."""
        with self._changed:
            asking = self._known.get(identifier)
            if asking is None:
                return None
            asking.is_idle = not asking.waiting
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_over or asking.waiting)
            return json.dumps(asking.waiting.pop(0)).encode() if asking.waiting else None

    def fail(self, identifier: str, kind: str) -> bool:
        with self._changed:
            if identifier not in self._known:
                return False
            self._failure = kind
            self._changed.notify_all()
            return True
