"""A headless Chromium, driven by its DevTools protocol over a pair of pipes. It reaches this
machine only."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SECONDS = 60.0  # that nothing takes


class Browser:
    """One browser with one page. Ends with the block."""

    def __init__(self, profile: Path) -> None:
        program = shutil.which("chromium")
        assert program, "chromium is missing: make setup installs it"
        self._from, to_us = _high_pipe()
        to_it, self._to = _high_pipe()

        def take_pipes() -> None:
            os.dup2(to_it, 3)
            os.dup2(to_us, 4)

        self._process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
                "--no-sandbox",  # tests may run as root; the page is our own
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-extensions",
                "--disable-sync",
                "--no-proxy-server",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
                "about:blank",
            ],
            env=os.environ | {"HOME": str(profile)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(3, 4),
            preexec_fn=take_pipes,
        )
        os.close(to_us)
        os.close(to_it)
        self._rest = b""
        self._numbers = itertools.count(1)
        self._events: deque[dict[str, Any]] = deque()
        self._session: str | None = None
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(each for each in targets if each["type"] == "page")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        why: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._session = None
        try:
            self.call("Browser.close")
            self._process.wait(timeout=SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._from)
            os.close(self._to)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            got = self._receive()
            if got.get("id") != number:
                self._events.append(got)
                continue
            if "error" in got:
                raise AssertionError(f"{method}: {got['error']}")
            result: dict[str, Any] = got["result"]
            return result

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(end - time.monotonic(), 0))
            assert ready, "the browser does not answer"
            more = os.read(self._from, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        message, self._rest = self._rest.split(b"\0", 1)
        got: dict[str, Any] = json.loads(message)
        return got

    def open(self, url: str) -> None:
        """Returns when the page has loaded."""
        failed = self.call("Page.navigate", url=url).get("errorText")
        assert not failed, f"{url}: {failed}"
        self.wait("document.readyState === 'complete'")

    def hold_timers(self) -> None:
        """Pages that are opened from now on do what they set a timer for when fire() says so."""
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            source="""
              window.realTimeout = window.setTimeout.bind(window);
              window.timers = new Map();
              let last = 0;
              window.setTimeout = (what, after) => {
                timers.set(++last, {what, after});
                return last;
              };
              window.clearTimeout = (which) => { timers.delete(which); };
            """,
        )

    def timers(self) -> list[int]:
        """The times of those that are set, in milliseconds."""
        found: list[int] = self.run("[...timers.values()].map((each) => each.after)")
        return found

    def fire(self) -> None:
        self.run(
            "{ const now = [...timers.values()]; timers.clear(); now.forEach((t) => t.what()); }"
        )

    def run(self, script: str) -> Any:
        """What an expression of the page gives; a promise's value."""
        got = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until the page fulfils it. It is asked at every change of the page, so that nothing
        depends on how fast anything is."""
        script = """new Promise((resolve, reject) => {
          const holds = () => CONDITION;
          if (holds()) return resolve(true);
          const watch = new MutationObserver(() => {
            if (holds()) { watch.disconnect(); resolve(true); }
          });
          watch.observe(document, {subtree: true, childList: true, characterData: true,
                                   attributes: true});
          addEventListener("load", () => holds() && resolve(true));
          (window.realTimeout ?? setTimeout)(
            () => reject(new Error(document.body.innerText)), MILLISECONDS);
        })"""
        milliseconds = str(int(SECONDS * 1000) // 2)
        self.run(script.replace("CONDITION", condition).replace("MILLISECONDS", milliseconds))

    def forget(self) -> None:
        """What happened so far."""
        self._events.clear()

    def complaints(self) -> list[str]:
        """What the console says: errors, refusals of the page's policy."""
        self.run("0")  # what came before has been told then
        found = []
        for event in self._events:
            if event.get("method") == "Log.entryAdded":
                found.append(event["params"]["entry"]["text"])
            if event.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                found.append(json.dumps(event["params"]))
            if event.get("method") == "Page.javascriptDialogOpening":
                found.append("dialog: " + event["params"]["message"])
        return found

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        self.run("0")
        return [
            event["params"]["request"]["url"]
            for event in self._events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def prefer(self, scheme: str) -> None:
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def press(self, key: str) -> None:
        text = {"Enter": "\r", " ": " "}.get(key, "")
        code = {"Enter": 13, " ": 32, "Tab": 9}.get(key, 0)
        self.call(
            "Input.dispatchKeyEvent",
            type="keyDown",
            key=key,
            code="Space" if key == " " else key,
            text=text,
            windowsVirtualKeyCode=code,
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


def _high_pipe() -> tuple[int, int]:
    """A pipe whose ends are out of the way of 3 and 4, which the browser takes."""
    ends = []
    for low in os.pipe():
        ends.append(fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 16))
        os.close(low)
    return ends[0], ends[1]
