"""Tables of what was measured: for the terminal, as JSON, and as docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import budgets
from agent import CONNECTIONS, Agent
from cold_start import Measurement
from common import Python, Samples, Spread
from objects import Objects

METHOD = """\
How it is measured (`make bench`; `benchmarks/`):

- Everything runs in rounds: each round runs every case once, in a new order. A ratio is taken
  inside each round, and the median of these ratios is shown; in brackets, between what the middle
  80 % of them lie. A machine that changes its speed, or has other work, changes the times and
  hardly the ratios. **Read the ratios.**
- Hit path: nanoseconds of CPU time for one call (waiting for a lock is not counted, which flatters
  the cache with the lock), the best of several runs in one process, a new process for each round.
  Nothing is subtracted from the figures; a budget for a decorator is about its time minus that of
  the bare handler. A fresh context is a new object for each call, made outside the measured time.
- Cold start: wall-clock time from `posix_spawn()` in a small static program to the first line that
  the child writes, with an environment that holds only what the case needs, Python with `-S`, and
  all bytecode compiled before. The budget for imports is about the CPU time from start to exit.
- The endpoint is a program of this repository that answers at once and keeps connections open:
  plain, and TLS 1.3 with an RSA-2048 certificate made at its start. "Six roots" is a trust store
  with the five Amazon roots and the endpoint's CA, as large as the built-in one; "system bundle"
  is Debian's whole store and that CA, which is what libcurl, `http.client` and boto3 read by
  default.
- The floor of the cold start is one thread with a socket, static OpenSSL and a request that is
  always the same, unsigned. Like our program it is linked statically; libcurl is Debian's.
- Objects: start of a process to its end, with a file in /tmp at the end, from a server of this
  repository that sends from memory. libcurl writes as the curl tool does; boto3's download_file has
  its defaults (ten threads). No checksum is sent, so none is compared.
- The agent: a client with epoll in one thread of its own; each connection has one request under
  way, for one of 64 values, and every answer is looked at. The floor is a server with Beast in one
  thread that reads the same requests and writes an answer as long, always the same. Start is from
  the start of the process to the line that says it serves, as a program in Python sees it.
"""


@dataclass
class Table:
    title: str
    head: list[str]
    rows: list[list[str]]

    def text(self) -> str:
        widths = [
            max(len(row[i]) for row in [self.head, *self.rows]) for i in range(len(self.head))
        ]
        lines = [self.title]
        for row in [self.head, *self.rows]:
            cells = [row[0].ljust(widths[0])]
            cells += [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
            lines.append("  " + "  ".join(cells).rstrip())
        return "\n".join(lines)

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", "| " + " | ".join(self.head) + " |"]
        lines.append("|---|" + "---:|" * (len(self.head) - 1))
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines)


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def with_spread(of: Spread) -> str:
    return f"{number(of.median)} [{number(of.low)}-{number(of.high)}]"


class Report:
    def __init__(
        self,
        hit: Samples | None,
        cold: Measurement | None,
        files: Objects | None,
        agent: Agent | None,
        pythons: list[Python],
        machine: list[str],
    ) -> None:
        self._hit = hit
        self._cold = cold
        self._files = files
        self._agent = agent
        self._pythons = [each.title for each in pythons]
        self._machine = machine

    def _budgets(self) -> list[budgets.Budget]:
        found = []
        if self._hit:
            found += budgets.hit_budgets(self._hit, self._pythons)
        if self._cold:
            found += budgets.cold_budgets(self._cold, self._pythons)
        if self._files:
            found += budgets.object_budgets(self._files)
        if self._agent:
            found += budgets.agent_budgets(self._agent)
        return found

    def _tables(self) -> Iterator[Table]:
        yield Table(
            "Budgets",
            ["what", "budget", "measured", ""],
            [
                [b.what, b.limit_text, with_spread(b.measured), "met" if b.is_met else "MISSED"]
                for b in self._budgets()
            ],
        )
        if self._hit:
            yield from self._hit_tables(self._hit)
        if self._cold:
            yield from self._cold_tables(self._cold)
        if self._files:
            yield self._object_table(self._files)
        if self._agent:
            yield self._agent_table(self._agent)

    def _hit_tables(self, of: Samples) -> Iterator[Table]:
        titles = {
            "floor": "floor: two coarse clock reads and a pointer",
            "handle": "handle.get()",
            "handle_text": "handle.get().text()",
            "keyed": "by name: ssm::get(name)",
            "secret": "a secret: handle.get()",
            "secret_field": "a field of a secret: handle.get()",
            "path": "all that a path holds: handle.get()",
            "object_bytes": "an object in memory: handle.get()",
            "object_file": "an object in a file: handle.get()",
            "stat": "stat() of that file alone",
            "memoized": "a memoised function of one string",
            "mutex_map": "mutex + map + shared_ptr + clock",
        }
        rows = [
            [
                title,
                *(
                    cell
                    for threads in "12"
                    for cell in (
                        number(of.spread(f"cpp {case} {threads}").median),
                        with_spread(of.ratio(f"cpp {case} {threads}", f"cpp floor {threads}")),
                    )
                ),
            ]
            for case, title in titles.items()
        ]
        head = ["C++, ns", "1 thread", "/ floor", "2 threads", "/ floor"]
        yield Table("Hit path, C++", head, rows)
        for py in self._pythons:
            yield self._python_hits(of, py)

    def _python_hits(self, of: Samples, py: str) -> Table:
        rows = []
        for case in (c.removeprefix(f"{py} ") for c in of.values if c.startswith(f"{py} ")):
            kind = case.rpartition("_")[2]
            plain = kind not in ("dict", "object", "fresh")
            bare = f"{py} bare_{kind}"
            over = (
                ""
                if plain or case.startswith("bare")
                else number(of.combined(lambda a, b: a - b, f"{py} {case}", bare).median)
            )
            rows.append(
                [
                    case,
                    number(of.spread(f"{py} {case}").median),
                    over,
                    with_spread(of.ratio(f"{py} {case}", f"{py} lru_cache")),
                ]
            )
        rows.sort()
        head = ["ns", "a call", "minus bare", "/ lru_cache"]
        return Table(f"Hit path, {py}", head, rows)

    def _cold_tables(self, of: Measurement) -> Iterator[Table]:
        imports = [c for c in of.whole.values if " import " in c or c.endswith(" pass")]
        yield Table(
            "Start and exit of the interpreter, ms",
            ["", "wall", "over `pass`", "CPU over `pass`", "MiB"],
            [
                [
                    case,
                    with_spread(of.whole.spread(case)),
                    *(
                        with_spread(
                            samples.combined(
                                lambda a, b: a - b, case, f"{case.split(maxsplit=1)[0]} pass"
                            )
                        )
                        for samples in (of.whole, of.cpu)
                    ),
                    number(of.memory.spread(case).median),
                ]
                for case in imports
            ],
        )
        floor = "cpp floor, TLS, six roots"
        yield Table(
            "Process start to first value, ms",
            ["", "wall", "/ floor over TLS", "MiB"],
            [
                [
                    case,
                    with_spread(of.first.spread(case)),
                    with_spread(of.first.ratio(case, floor)),
                    number(of.memory.spread(case).median),
                ]
                for case in of.first.values
                if case not in imports
            ],
        )
        curl = "cpp curl, plain"
        yield Table(
            "Forced refresh over a connection kept open, ms",
            ["", "wall", "/ libcurl, plain"],
            [
                [
                    case,
                    with_spread(of.refresh.spread(case)),
                    with_spread(of.refresh.ratio(case, curl)),
                ]
                for case in of.refresh.values
            ],
        )

    def _object_table(self, of: Objects) -> Table:
        return Table(
            f"An object of {of.size / (1 << 20):.0f} MiB to a file, over HTTP on this machine",
            ["", "MB/s", "time / libcurl", "CPU s", "memory MiB"],
            [
                [
                    case,
                    with_spread(of.rate(case).spread(case)) if "byte" not in case else "",
                    with_spread(of.wall.ratio(case, "libcurl")),
                    with_spread(of.cpu.spread(case)),
                    number(of.memory.spread(case).median),
                ]
                for case in of.wall.values
            ],
        )

    def _agent_table(self, of: Agent) -> Table:
        return Table(
            "The agent: hits of 4 KiB over connections kept open",
            ["", "p50 µs", "/ floor", "p99 µs", "requests/s", "/ floor"],
            [
                [
                    f"{title}, {connections} connections",
                    with_spread(of.p50.spread(f"{case} {connections}")),
                    with_spread(of.p50.ratio(f"{case} {connections}", f"floor {connections}")),
                    with_spread(of.p99.spread(f"{case} {connections}")),
                    with_spread(of.rate.spread(f"{case} {connections}")),
                    with_spread(of.rate.ratio(f"{case} {connections}", f"floor {connections}")),
                ]
                for connections in CONNECTIONS
                for case, title in (("agent", "agent"), ("floor", "bare Beast server"))
            ],
        )

    def text(self) -> str:
        return "\n\n".join(table.text() for table in self._tables())

    def write_json(self, to: Path) -> None:
        found: dict[str, object] = {
            "machine": self._machine,
            "budgets": [
                {**asdict(b), "limit": b.limit_text, "met": b.is_met} for b in self._budgets()
            ],
        }
        if self._hit:
            found["hit_ns"] = self._hit.values
        if self._cold:
            for name in ("first", "whole", "cpu", "refresh", "memory"):
                found[f"cold_{name}"] = getattr(self._cold, name).values
        if self._files:
            for name in ("wall", "cpu", "memory"):
                found[f"objects_{name}"] = getattr(self._files, name).values
        if self._agent:
            for name in ("p50", "p99", "rate", "start", "memory"):
                found[f"agent_{name}"] = getattr(self._agent, name).values
        to.write_text(json.dumps(found, indent=1) + "\n")

    def write_markdown(self, to: Path) -> None:
        parts = [
            "# Benchmarks",
            "Written by `benchmarks/run.py --write-docs`; do not edit. Taken on:",
            "\n".join(f"- {line}" for line in self._machine),
            *(table.markdown() for table in self._tables()),
            "## Method",
            METHOD.rstrip(),
        ]
        to.parent.mkdir(exist_ok=True)
        to.write_text("\n\n".join(parts) + "\n")
