"""Family 2: from the start of a process to its first value, and the forced refresh after it.

In milliseconds; every case is a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from common import HERE, Endpoint, Failed, Programs, Python, Samples, rounds, run


class Measurement:
    """first: start to first output; whole: start to exit; cpu: the CPU time of that.
    refresh: one fetch; memory: the most there was, MiB."""

    def __init__(self, programs: Programs, endpoint: Endpoint) -> None:
        self.first = Samples()
        self.whole = Samples()
        self.cpu = Samples()
        self.refresh = Samples()
        self.memory = Samples()
        self._programs = programs
        self._endpoint = endpoint
        self._jobs: list[Callable[[int], None]] = []

    def add(self, title: str, command: list[str], env: dict[str, str]) -> None:
        def job(_: int) -> None:
            output = run([self._programs.path("bench_spawn"), *command], env)
            first, whole, cpu, memory, status, *last = output.split()
            if status != "0":
                raise Failed(f"{title}: exit status {status}: {' '.join(command)}")
            self.first.add(title, int(first) / 1e6)
            self.whole.add(title, int(whole) / 1e6)
            self.cpu.add(title, int(cpu) / 1e6)
            self.memory.add(title, int(memory) / 1024)
            if last and last[0].isdigit():
                self.refresh.add(title, int(last[0]) / 1e6)

        self._jobs.append(job)

    def add_everywhere(
        self, title: str, command: list[str], env: dict[str, str], trusts: tuple[str, ...]
    ) -> None:
        """Over plain HTTP, and over TLS with each kind of trust store."""
        at = self._endpoint
        self.add(f"{title}, plain", command, {**env, **at.environment()})
        for trust in trusts:
            store = {"six roots": at.six_roots, "system bundle": at.bundle}[trust]
            self.add(f"{title}, TLS, {trust}", command, {**env, **at.environment(store)})

    def run(self, count: int) -> None:
        for job in self._jobs:  # fills the caches of the system and of Python; not kept
            job(-1)
        for samples in (self.first, self.whole, self.cpu, self.refresh, self.memory):
            for values in samples.values.values():
                values.clear()
        rounds(count, self._jobs, "cold start")


def add_python(to: Measurement, of: Python, is_main: bool, refreshes: str) -> None:
    start = [*of.command, "-S"]  # hooks of installed packages would count for the interpreter
    env = {"PYTHONPATH": f"{of.packages}:{HERE / 'cold'}"}
    to.add(f"{of.title} pass", [*start, "-c", "pass"], env)
    to.add(f"{of.title} import lambda_cache", [*start, "-c", "import lambda_cache"], env)
    to.add(f"{of.title} import ssm", [*start, "-c", "from lambda_cache import ssm"], env)
    to.add(f"{of.title} bare", [*start, str(HERE / "cold/bare.py")], env)
    ours = [*start, str(HERE / "cold/ours.py"), refreshes]
    to.add_everywhere(f"{of.title} ours", ours, env, ("six roots", "system bundle"))
    if not is_main:
        return
    to.add(f"{of.title} import boto3", [*start, "-c", "import boto3"], env)
    to.add(f"{of.title} import http.client", [*start, "-c", "import http.client, json"], env)
    for peer in ("http_client", "boto3_client"):
        command = [*start, str(HERE / f"cold/{peer}.py"), refreshes]
        to.add_everywhere(f"{of.title} {peer}", command, env, ("system bundle",))


def measure(programs: Programs, endpoint: Endpoint, quick: bool) -> Measurement:
    made = Measurement(programs, endpoint)
    refreshes = "3" if quick else "200"
    for title in ("floor", "ours", "curl"):
        command = [programs.path(f"bench_cold_{title}"), refreshes]
        made.add_everywhere(f"cpp {title}", command, {}, ("six roots", "system bundle"))
    for number, each in enumerate(programs.pythons):
        add_python(made, each, number == 0, refreshes)
    made.run(1 if quick else 21)
    return made
