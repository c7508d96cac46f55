"""Rounds, samples and the programs that are measured."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"


class Failed(Exception):
    """A program under measurement did not do what it should."""


@dataclass
class Spread:
    """A figure from many rounds: the median, and between what the middle 80 % lie."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: Iterable[float]) -> Spread:
        ordered = sorted(values)
        if not ordered:
            raise Failed("no round brought a figure")
        last = len(ordered) - 1
        return Spread(
            statistics.median(ordered),
            ordered[round(last * 0.1)],
            ordered[round(last * 0.9)],
        )


@dataclass
class Samples:
    """One figure for each case and round, so that ratios are taken inside a round."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, case: str, value: float) -> None:
        self.values.setdefault(case, []).append(value)

    def __contains__(self, case: str) -> bool:
        return case in self.values

    def spread(self, case: str) -> Spread:
        return Spread.of(self.values[case])

    def ratio(self, case: str, to: str) -> Spread:
        return self.combined(lambda a, b: a / b, case, to)

    def combined(self, how: Callable[..., float], *cases: str) -> Spread:
        return Spread.of(how(*each) for each in zip(*(self.values[c] for c in cases), strict=True))


@dataclass
class Python:
    """An interpreter with the package installed."""

    title: str
    version: str
    command: list[str]
    packages: str

    @staticmethod
    def find(program: Path) -> Python:
        """Its title is that of the module's binary interface: "abi3" or the version's own."""
        if not program.exists():
            raise Failed(f"there is no {program}; make build and make abi3 bring it")
        ask = (
            "import sys, lambda_cache._native as m;"
            "print('abi3' if 'abi3' in m.__file__ else m.__file__.split('cpython-')[1][:3]);"
            "print(sys.version.split()[0]);"
            "print(m.__file__.rpartition('/lambda_cache/')[0]);"
            "print(open('/proc/self/cmdline').read().split('\\0-c\\0')[0].replace('\\0', '\\n'))"
        )
        done = subprocess.run(
            [program, "-c", ask], env={}, cwd="/", capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Failed(f"{program} cannot import lambda_cache:\n{done.stderr.strip()}")
        title, version, packages, *command = done.stdout.split()
        title = "Python-" + title.replace("311", "3.11")
        return Python(title, version, command, packages)


@dataclass
class Programs:
    """What was built."""

    folder: Path
    pythons: list[Python]

    def path(self, name: str) -> str:
        return str(self.folder / "benchmarks" / name)


class Endpoint:
    """The endpoint as a process of its own; ends with this object."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        ca = folder / "ca.pem"
        self._process = subprocess.Popen(
            [programs.path("bench_endpoint"), str(ca)],
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        urls = self._line().split()
        if len(urls) != 2:
            raise Failed("the endpoint did not start")
        self.plain, self.tls = urls
        # As many roots as the library has built in, and as many as a system has.
        self.six_roots = str(folder / "six.pem")
        self.bundle = str(folder / "bundle.pem")
        system = Path("/etc/ssl/certs")
        roots = [*sorted(system.glob("Amazon_Root_CA_?.pem"))]
        roots += [*system.glob("Starfield_Services_Root_Certificate_Authority_-_G2.pem")]
        Path(self.six_roots).write_text("".join(p.read_text() for p in [*roots, ca]))
        whole = (system / "ca-certificates.crt").read_text()
        Path(self.bundle).write_text(whole + ca.read_text())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def calls(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._line())

    def environment(self, tls: str | None = None) -> dict[str, str]:
        """What a program needs to find it, and nothing of this process's own environment."""
        found = {
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_ENDPOINT_URL_SSM": self.plain if tls is None else self.tls,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.plain if tls is None else self.tls,
            "AWS_ENDPOINT_URL_S3": self.plain if tls is None else self.tls,
        }
        if tls is not None:
            found["AWS_CA_BUNDLE"] = tls
        return found

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def rounds(count: int, jobs: list[Callable[[int], None]], title: str) -> None:
    """Each round runs every job once, in a new order; job(round)."""
    order = random.Random(1)
    for number in range(count):
        if sys.stderr.isatty():
            print(f"\r{title}: round {number + 1} of {count} ", end="", file=sys.stderr)
        shuffled = jobs[:]
        order.shuffle(shuffled)
        for job in shuffled:
            job(number)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def machine(pythons: list[Python]) -> list[str]:
    """What the figures were taken on, for people."""

    def first_line(path: str, begins: str) -> str:
        for line in Path(path).read_text().splitlines():
            if line.startswith(begins):
                return line.split(":" if ":" in line else "=", 1)[1].strip().strip('"')
        return "unknown"

    def version(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr).splitlines()[0]

    return [
        f"{first_line('/proc/cpuinfo', 'model name')}, {os.cpu_count()} CPUs",
        f"{first_line('/etc/os-release', 'PRETTY_NAME')}, Linux {os.uname().release}",
        version("g++", "--version"),
        *(f"{each.title}: CPython {each.version}" for each in pythons),
        f"load average {os.getloadavg()[0]:.1f} at the start"
        + (" (other work disturbs times in ms)" if os.getloadavg()[0] > 1 else ""),
    ]
