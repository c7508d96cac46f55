"""The agent's status page in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.agent_probe import Probe
from support.browser import Browser

from .agent_process import TOKEN, Served
from .conftest import Cloud

CANARY = "canary-v4lue"
ROWS = "[...document.querySelectorAll('#body tr')]"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        browser.hold_timers()
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    chromium.forget()
    chromium.resize(1440, 900)
    chromium.prefer("light")
    yield chromium
    # Whatever a test does: the page is never refused anything, and throws nothing.
    said = [each for each in chromium.complaints() if "ERR_CONNECTION_REFUSED" not in each]
    chromium.run("window.timers.clear()")
    assert said == []


@pytest.fixture
def probe() -> Iterator[Probe]:
    with Probe() as running:
        yield running


def show(browser: Browser, probe: Probe) -> None:
    browser.open(probe.page)
    browser.wait("timers.size === 1")  # it has shown the first answer


def refresh(browser: Browser) -> None:
    browser.fire()
    browser.wait("timers.size === 1")


def rows(browser: Browser) -> list[list[str]]:
    found: list[list[str]] = browser.run(
        f"{ROWS}.map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    return found


def names(browser: Browser) -> list[str]:
    return [row[0].split("\n")[0] for row in rows(browser)]


def text(browser: Browser, id_: str) -> str:
    return str(browser.run(f"document.getElementById('{id_}').innerText"))


def tiles(browser: Browser) -> dict[str, str]:
    found: dict[str, str] = browser.run(
        "Object.fromEntries([...document.querySelectorAll('#tiles div')].map("
        "(tile) => [tile.children[0].innerText, tile.children[1].innerText]))"
    )
    return found


def sorted_by(browser: Browser) -> list[list[str]]:
    """Names and directions of the columns that say that they sort."""
    found: list[list[str]] = browser.run(
        "[...document.querySelectorAll('th[aria-sort]')].map("
        "(head) => [head.textContent, head.getAttribute('aria-sort')])"
    )
    return found


def sort(browser: Browser, column: str) -> None:
    browser.run(
        "[...document.querySelectorAll('thead button')].find("
        f"(button) => button.textContent === {json.dumps(column)}).click()"
    )


def fill(probe: Probe) -> None:
    probe.do("parameter", "/app/db/host", CANARY)
    probe.do("parameter", "/app/new", CANARY)
    probe.do("secret", "prod/db", CANARY)
    probe.do("object", "s3://bucket/models/a.bin", CANARY)
    probe.parameter("/app/db/host", times=13)
    probe.do("move", 301)
    probe.secret("prod/db", times=1235)
    probe.object("s3://bucket/models/a.bin", times=2)
    probe.parameter("/app/missing")


def test_entries_and_totals(browser: Browser, probe: Probe) -> None:
    fill(probe)
    show(browser, probe)
    seen = {row[0]: row[1:] for row in rows(browser)}
    assert list(seen) == [
        "/app/db/host\nparameter, decrypted · eu-west-1",
        "/app/missing\nparameter, decrypted · eu-west-1",
        "prod/db\nsecret · eu-west-1",
        "s3://bucket/models/a.bin\nobject · eu-west-1",
    ]
    host, missing, secret, _ = seen.values()
    # State, age, left, hits, misses, joins, loads, stale, failures, last error, size.
    assert host[0] == "expired"
    assert host[1].startswith("5m")
    assert host[2:10] == ["0 s", "12", "1", "0", "1", "0", "0", "\N{EN DASH}"]
    assert missing[0] == "failing"
    assert missing[8] == "1"
    assert missing[9].startswith("not found, ")
    assert secret[0] == "fresh"
    assert secret[2].startswith(("4m", "5m"))
    assert secret[3] == "1,234"
    assert text(browser, "count") == "4 entries"
    assert text(browser, "health") == "OK"
    assert "agent mode · up 5m" in text(browser, "about")
    totals = tiles(browser)
    assert totals["Hit rate"] == "99.7 %"
    assert totals["Misses"] == "4"
    assert totals["Failed fetches"] == "1"
    assert totals["Values held"] == "3"
    assert CANARY not in str(browser.run("document.documentElement.outerHTML"))


def test_asks_nobody_but_the_agent(browser: Browser, probe: Probe) -> None:
    show(browser, probe)
    asked = browser.requests()
    own = f"http://127.0.0.1:{probe.port}"
    assert f"{own}/status.json" in asked
    assert [each for each in asked if not each.startswith((own, probe.page, "data:"))] == []
    assert rows(browser) == [["Nothing has been read yet."]]


def test_names_are_text(browser: Browser, probe: Probe) -> None:
    tag = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\"'&amp;"
    probe.object("s3://bucket/" + tag)
    show(browser, probe)
    assert names(browser) == ["s3://bucket/" + tag]
    assert browser.run("document.images.length + document.scripts.length") == 1
    browser.run(f"document.getElementById('filter').value = {json.dumps(tag)}")
    browser.run("document.getElementById('filter').dispatchEvent(new Event('input'))")
    assert browser.run("document.images.length + document.scripts.length") == 1


def test_refreshes_itself(browser: Browser, probe: Probe) -> None:
    fill(probe)
    show(browser, probe)
    assert browser.timers() == [2000]
    browser.run(f"window.first = {ROWS}[2]")
    probe.secret("prod/db", times=2)
    probe.do("fail", "prod/db", "timeout")
    probe.secret("prod/db", "&refreshNow=true")
    probe.parameter("/app/new")
    refresh(browser)
    assert "/app/new" in names(browser)
    secret = next(row for row in rows(browser) if row[0].startswith("prod/db"))
    assert secret[4] == "1,236"
    assert secret[10].startswith("timeout, ")
    assert text(browser, "health") == "Degraded: timeout"
    # Rows are changed, not made anew: a selection stays where it is.
    assert browser.run(f"{ROWS}.includes(first)")


def test_states_as_they_come(browser: Browser, probe: Probe) -> None:
    probe.do("parameter", "/app/x", "v")

    def state() -> str:
        refresh(browser)
        return rows(browser)[0][1]

    show(browser, probe)
    probe.do("hang", "/app/x")
    waiting = probe.open("/systemsmanager/parameters/get?withDecryption=true&name=/app/x")
    probe.do("wait", "/app/x")
    assert state() == "loading"
    probe.do("release")
    assert waiting.getresponse().status == 200
    waiting.close()
    assert state() == "fresh"
    probe.do("move", 280)
    assert state() == "expiring"
    probe.do("move", 21)
    assert state() == "expired"
    probe.do("fail", "/app/x", "connection")
    probe.parameter("/app/x")
    assert state() == "stale"
    probe.do("move", 300)
    assert state() == "failing"


def test_rests_while_hidden(browser: Browser, probe: Probe) -> None:
    def turn(hidden: str) -> None:
        browser.run(
            "Object.defineProperty(document, 'hidden', {configurable: true, get: () => HIDDEN});"
            "document.dispatchEvent(new Event('visibilitychange'))".replace("HIDDEN", hidden)
        )

    show(browser, probe)
    turn("true")
    assert browser.timers() == []
    probe.parameter("/app/x")
    turn("false")
    browser.wait("timers.size === 1")
    assert names(browser) == ["/app/x"]


def test_can_be_paused(browser: Browser, probe: Probe) -> None:
    show(browser, probe)
    pause = "document.getElementById('pause')"
    browser.run(f"{pause}.click()")
    assert browser.run(f"{pause}.getAttribute('aria-pressed')") == "true"
    assert browser.timers() == []
    browser.run(f"{pause}.click()")
    browser.wait("timers.size === 1")


def test_says_when_the_agent_has_gone_and_is_back(browser: Browser) -> None:
    with Probe() as first:
        first.parameter("/app/x")
        show(browser, first)
        port = first.port
    refresh(browser)
    assert text(browser, "health") == "No answer"
    assert text(browser, "notice").startswith("The agent does not answer (no connection).")
    assert names(browser) == ["/app/x"]
    assert browser.run("document.title") == "No answer · lambda-cache agent"
    with Probe(port) as second:
        second.parameter("/app/y")
        refresh(browser)
        assert text(browser, "health") == "OK"
        assert browser.run("document.getElementById('notice').hidden")
        assert names(browser) == ["/app/y"]
        assert browser.run("document.title") == "lambda-cache agent"


def test_sorts(browser: Browser, probe: Probe) -> None:
    fill(probe)
    show(browser, probe)
    host, missing, secret, model = names(browser)
    assert sorted_by(browser) == [["Name", "ascending"]]
    sort(browser, "Hits")
    assert sorted_by(browser) == [["Hits", "descending"]]
    assert names(browser) == [secret, host, model, missing]
    sort(browser, "Hits")
    assert sorted_by(browser) == [["Hits", "ascending"]]
    assert names(browser) == [missing, model, host, secret]
    # What is not known comes last both ways.
    for _ in range(2):
        sort(browser, "Age")
        assert names(browser)[-1] == missing
    sort(browser, "State")
    assert names(browser)[:2] == [missing, host]
    refresh(browser)
    assert names(browser)[:2] == [missing, host]


def test_sorts_by_keyboard(browser: Browser, probe: Probe) -> None:
    fill(probe)
    show(browser, probe)
    browser.run("document.querySelector('th:nth-child(5) button').focus()")
    browser.press("Enter")
    assert sorted_by(browser) == [["Hits", "descending"]]
    browser.press(" ")
    assert sorted_by(browser) == [["Hits", "ascending"]]
    assert browser.run("document.activeElement.textContent") == "Hits"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_filters(browser: Browser, probe: Probe) -> None:
    fill(probe)
    show(browser, probe)
    browser.run("document.getElementById('filter').focus()")
    browser.type("PROD secret")
    assert names(browser) == ["prod/db"]
    assert text(browser, "count") == "1 of 4 entries"
    refresh(browser)
    assert names(browser) == ["prod/db"]
    browser.type(" nowhere")
    assert rows(browser) == [["No entry fits the filter."]]
    browser.run("document.getElementById('filter').select()")
    browser.type("not_found")
    assert names(browser) == ["/app/missing"]
    browser.run("document.getElementById('filter').select()")
    browser.type("app")
    browser.run(
        "document.getElementById('state').value = 'expired';"
        "document.getElementById('state').dispatchEvent(new Event('change'))"
    )
    assert names(browser) == ["/app/db/host"]


def test_a_thousand_entries(browser: Browser, probe: Probe) -> None:
    some = "&".join(f"name=/app/{i}" for i in range(200))
    for part in range(5):
        probe.get(f"/systemsmanager/parameters/get-many?{some.replace('/app', f'/app{part}')}")
    show(browser, probe)
    assert text(browser, "count") == "1,000 entries"
    refresh(browser)
    assert len(names(browser)) == 1000


def test_light_and_dark(browser: Browser, probe: Probe) -> None:
    def brightness(property_: str) -> int:
        colour: list[int] = browser.run(
            f"getComputedStyle(document.body)['{property_}'].match(/\\d+/g).map(Number)"
        )
        return sum(colour[:3])

    show(browser, probe)
    assert brightness("backgroundColor") > brightness("color")
    browser.prefer("dark")
    assert brightness("backgroundColor") < brightness("color")


def test_on_a_phone(browser: Browser, probe: Probe) -> None:
    probe.secret("a-secret-with-a-name-that-is-longer-than-any-phone-is-wide-" + "x" * 200)
    fill(probe)
    browser.resize(390, 800, phone=True)
    show(browser, probe)
    assert browser.run("document.documentElement.scrollWidth") == 390
    # The table goes sideways in its own frame; the names stay in sight.
    browser.run("document.querySelector('.scroll').scrollLeft = 300")
    name = browser.run("document.querySelector('tbody th').getBoundingClientRect().toJSON()")
    assert 0 <= name["left"] < 20
    assert name["width"] < 200


def test_what_a_screen_reader_finds(browser: Browser, probe: Probe) -> None:
    fill(probe)
    show(browser, probe)
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]

    def named(role: str) -> list[str]:
        return [
            each.get("name", {}).get("value", "")
            for each in tree
            if not each["ignored"] and each["role"]["value"] == role
        ]

    assert named("table") == ["Entries of the cache"]
    assert named("columnheader")[:3] == ["Name", "State", "Age"]
    assert len(named("rowheader")) == 4
    assert named("searchbox") == ["Show entries with"]
    assert named("combobox") == ["State"]
    assert "Entries of the cache" in named("region")
    unnamed: list[Any] = [each for each in named("button") if not each]
    assert unnamed == []


def test_of_the_program(browser: Browser, cloud: Cloud) -> None:
    cloud.parameter("/page/text", CANARY)
    with Served.running("--port", "0") as agent:
        agent.get("/systemsmanager/parameters/get?name=/page/text")
        browser.open(f"http://anybody:{TOKEN}@127.0.0.1:{agent.port}/")
        browser.wait("timers.size === 1")
        assert names(browser) == ["/page/text"]
        assert CANARY not in str(browser.run("document.documentElement.outerHTML"))
