"""/metrics as Prometheus reads it, and as docs/agent-metrics.md tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.agent_probe import Probe

from .conftest import ROOT

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (\S+)')


@pytest.fixture(scope="module")
def answer() -> Iterator[tuple[str, str]]:
    """Content type and text, after reads of every kind."""
    with Probe() as probe:
        probe.do("parameter", "/app/x", "v")
        probe.do("secret", "db", "v")
        probe.parameter("/app/x", times=3)
        probe.parameter("/missing")
        probe.secret("db")
        probe.do("move", 301)
        probe.do("fail", "db", "timeout")
        probe.secret("db")
        headers, text = probe.get("/metrics")
        yield headers["Content-Type"], text


@pytest.fixture
def text(answer: tuple[str, str]) -> str:
    return answer[1]


def test_is_the_text_format(answer: tuple[str, str]) -> None:
    assert answer[0] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(answer[1])}
    for name, type_ in {
        "lambda_cache_agent_requests": "counter",
        "lambda_cache_agent_entries": "gauge",
        "lambda_cache_agent_read_duration_seconds": "histogram",
        "process_cpu_seconds": "counter",
    }.items():
        assert families[name].type == type_
    assert all(family.documentation for family in families.values())


def test_is_written_as_promtool_wants_it(text: str) -> None:
    """The grammar to the letter: the parser above forgives a lot."""
    assert text.endswith("\n")
    family = kind = ""
    known: set[str] = set()
    series: set[str] = set()
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in known, f"{family} is in two places"
            known.add(family)
            assert line.split(" ", 3)[3].endswith(".")
            type_line = next(lines).split(" ")
            assert type_line[:3] == ["#", "TYPE", family]
            kind = type_line[3]
            assert kind in ("counter", "gauge", "histogram")
            assert (kind == "counter") == family.endswith("_total"), family
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        assert name in {family + suffix for suffix in suffixes}, line
        assert f"{name}{{{labels}}}" not in series, line
        series.add(f"{name}{{{labels}}}")
        assert float(value) >= 0


def test_histograms_add_up(text: str) -> None:
    (times,) = (
        family
        for family in text_string_to_metric_families(text)
        if family.name == "lambda_cache_agent_read_duration_seconds"
    )
    counts = {}
    for cache in ("hit", "miss", "stale", "none"):
        mine = [each for each in times.samples if each.labels["cache"] == cache]
        buckets = [each for each in mine if each.name.endswith("_bucket")]
        ends = [float(each.labels["le"]) for each in buckets]
        assert ends == sorted(ends)
        assert ends[-1] == float("inf")
        values = [each.value for each in buckets]
        assert values == sorted(values)
        (counts[cache],) = (each.value for each in mine if each.name.endswith("_count"))
        assert values[-1] == counts[cache]
        (total,) = (each.value for each in mine if each.name.endswith("_sum"))
        assert (total > 0) == (counts[cache] > 0)
    assert counts == {"hit": 2, "miss": 2, "stale": 1, "none": 1}


def test_names_nothing_that_was_read(text: str) -> None:
    labels = set(re.findall(r'([a-z_]+)="', text))
    assert labels == {"version", "mode", "route", "code", "cache", "le"}
    assert "/app/x" not in text
    assert "missing" not in text


def test_the_page_tells_every_metric(text: str) -> None:
    page = (ROOT / "docs" / "agent-metrics.md").read_text()
    told = re.findall(r"^\| `((?:lambda_cache_agent|process)_[a-z_]+)", page, re.MULTILINE)
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert sorted(told) == sorted(types)
    for name, type_ in types.items():
        assert re.search(rf"^\| `{name}[^|]*\| {type_} \|", page, re.MULTILINE), name
