"""What the project promises about its speed, and how each promise is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent import Agent
from cold_start import Measurement
from common import Samples, Spread
from objects import Objects


@dataclass
class Budget:
    what: str
    limit: float
    unit: str  # "x", "ns", "ms" or "MiB"
    measured: Spread
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        if self.at_least:
            return self.measured.median >= self.limit
        return self.measured.median <= self.limit

    @property
    def limit_text(self) -> str:
        sign = "≥" if self.at_least else "≤"
        limit = f"{self.limit:.0f}" if self.limit >= 1000 else f"{self.limit:.3g}"
        return f"{sign} {limit} {self.unit}"


def hit_budgets(of: Samples, pythons: list[str]) -> list[Budget]:
    found = [
        Budget("C++ handle hit / floor", 1.3, "x", of.ratio("cpp handle 1", "cpp floor 1")),
        Budget("the same with 2 threads", 1.3, "x", of.ratio("cpp handle 2", "cpp floor 2")),
        Budget("C++ secret hit / floor", 1.3, "x", of.ratio("cpp secret 1", "cpp floor 1")),
        Budget(
            "C++ hit on a field of a secret / floor",
            1.3,
            "x",
            of.ratio("cpp secret_field 1", "cpp floor 1"),
        ),
        Budget("C++ hit on a path / floor", 1.3, "x", of.ratio("cpp path 1", "cpp floor 1")),
        Budget(
            "C++ hit on an object in memory / floor",
            1.3,
            "x",
            of.ratio("cpp object_bytes 1", "cpp floor 1"),
        ),
        Budget("C++ hit on an object in a file", 3000, "ns", of.spread("cpp object_file 1")),
        Budget("C++ handle hit, 2 threads / 1", 1.1, "x", of.ratio("cpp handle 2", "cpp handle 1")),
    ]
    for threads, where in (("1", ""), ("2", ", 2 threads")):
        found.append(
            Budget(
                f"C++ memoize hit / mutex, map and shared_ptr{where}",
                1.0,
                "x",
                of.ratio(f"cpp memoized {threads}", f"cpp mutex_map {threads}"),
            )
        )
    for py in pythons:

        def over_lru(x: float, bare: float, lru: float) -> float:
            return (x - bare) / lru

        def added(case: str, kind: str, of_python: str = py) -> Spread:
            return of.combined(
                over_lru,
                f"{of_python} {case}_{kind}",
                f"{of_python} bare_{kind}",
                f"{of_python} lru_cache",
            )

        def stacked(kind: str, of_python: str = py) -> Spread:
            return of.combined(
                lambda three, one, bare: (three - bare) / (one - bare),
                *(f"{of_python} {case}_{kind}" for case in ("stacked3", "one", "bare")),
            )

        where = f"{py}:"
        found += [
            Budget(
                f"{where} get_entry / lru_cache",
                1.2,
                "x",
                of.ratio(f"{py} get_entry", f"{py} lru_cache"),
            ),
            Budget(
                f"{where} get_entry / lru_cache, name by keyword",
                0.6,
                "x",
                of.ratio(f"{py} get_entry_keyword", f"{py} lru_cache_keyword"),
            ),
            Budget(
                f"{where} get_entry / lru_cache, name and ttl by keyword",
                0.6,
                "x",
                of.ratio(f"{py} get_entry_keywords", f"{py} lru_cache_keywords"),
            ),
            Budget(
                f"{where} secret / lru_cache", 1.2, "x", of.ratio(f"{py} secret", f"{py} lru_cache")
            ),
            Budget(
                f"{where} field of a secret / lru_cache, one by keyword",
                0.6,
                "x",
                of.ratio(f"{py} secret_field", f"{py} lru_cache_keywords"),
            ),
            Budget(
                f"{where} object in memory / lru_cache, one by keyword",
                0.6,
                "x",
                of.ratio(f"{py} object_bytes", f"{py} lru_cache_keywords"),
            ),
            Budget(f"{where} object in a file", 3000, "ns", of.spread(f"{py} object_file")),
            Budget(
                f"{where} JSON secret, beyond a text / copies of its dicts and lists",
                2.0,
                "x",
                of.combined(
                    lambda json, text, copies: (json - text) / copies,
                    f"{py} secret_json",
                    f"{py} secret_field",
                    f"{py} copies_of_json",
                ),
            ),
            Budget(
                f"{where} function.cache / lru_cache, one argument",
                1.2,
                "x",
                of.ratio(f"{py} memoised", f"{py} lru_cache"),
            ),
            Budget(
                f"{where} function.cache / lru_cache, by keyword",
                1.3,
                "x",
                of.ratio(f"{py} memoised_keyword", f"{py} lru_cache_keyword"),
            ),
            Budget(
                f"{where} function.inject, reused dict / lru_cache",
                1.1,
                "x",
                added("function", "dict"),
            ),
            Budget(f"{where} decorator, reused dict / lru_cache", 1.0, "x", added("one", "dict")),
            Budget(
                f"{where} decorator, reused context / lru_cache", 1.0, "x", added("one", "object")
            ),
            Budget(
                f"{where} decorator, fresh context / lru_cache", 2.0, "x", added("one", "fresh")
            ),
            Budget(f"{where} three stacked / one, reused dict", 2.0, "x", stacked("dict")),
            Budget(f"{where} three stacked / one, reused context", 2.0, "x", stacked("object")),
        ]
    return found


def cold_budgets(of: Measurement, pythons: list[str]) -> list[Budget]:
    def more(x: float, y: float) -> float:
        return x - y

    ratio: Callable[[str, str], Spread] = of.first.ratio
    found = [
        Budget(
            "C++ start to first value over TLS / floor",
            1.4,
            "x",
            ratio("cpp ours, TLS, six roots", "cpp floor, TLS, six roots"),
        ),
        Budget(
            "C++ forced refresh / libcurl",
            1.5,
            "x",
            of.refresh.ratio("cpp ours, plain", "cpp curl, plain"),
        ),
        Budget(
            "C++ forced refresh over TLS / libcurl",
            1.5,
            "x",
            of.refresh.ratio("cpp ours, TLS, six roots", "cpp curl, TLS, six roots"),
        ),
    ]
    for py in pythons:
        where = f"{py}:"
        for module in ("lambda_cache", "ssm"):
            found.append(
                Budget(
                    f"{where} import {'lambda_cache.ssm' if module == 'ssm' else module}",
                    2,
                    "ms",
                    of.cpu.combined(more, f"{py} import {module}", f"{py} pass"),
                )
            )
        ours = f"{py} ours, TLS, six roots"
        found += [
            Budget(f"{where} start to first value over TLS", 25, "ms", of.first.spread(ours)),
            # What 25 ms are on the machine that the budget was set on; other machines are slower,
            # or have other work.
            Budget(
                f"{where} the same / (start of Python + floor in C++)",
                1.3,
                "x",
                of.first.combined(
                    lambda x, bare, floor: x / (bare + floor),
                    ours,
                    f"{py} bare",
                    "cpp floor, TLS, six roots",
                ),
            ),
            Budget(f"{where} forced refresh", 0.1, "ms", of.refresh.spread(f"{py} ours, plain")),
        ]
        boto3 = f"{py} boto3_client, TLS, system bundle"
        if boto3 in of.first:
            found.append(
                Budget(
                    f"{where} boto3 / ours, start to first value over TLS",
                    15,
                    "x",
                    ratio(boto3, ours),
                    at_least=True,
                )
            )
    return found


def object_budgets(of: Objects) -> list[Budget]:
    found = [
        Budget(
            "object to a file: libcurl / ours",
            1.1,
            "x",
            of.wall.ratio("libcurl", "ours"),
            at_least=True,
        ),
        Budget(
            "object to a file: memory above that for one byte",
            64,
            "MiB",
            of.memory.combined(lambda x, y: x - y, "ours", "ours, one byte"),
        ),
    ]
    if "boto3" in of.cpu:
        found.append(
            Budget("object to a file: CPU / boto3", 1 / 3, "x", of.cpu.ratio("ours", "boto3"))
        )
    return found


def agent_budgets(of: Agent) -> list[Budget]:
    return [
        Budget(
            "agent: p50 of a hit / bare Beast server", 1.2, "x", of.p50.ratio("agent 1", "floor 1")
        ),
        Budget("agent: start to ready", 10, "ms", of.start.spread("agent")),
        Budget("agent: memory when ready", 8, "MiB", of.memory.spread("ready")),
        Budget("agent: binary, stripped", 7, "MiB", Spread.of([of.binary_mib])),
    ]
