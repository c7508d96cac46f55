"""Family 4: the agent over loopback, beside a bare Beast server that always answers the same."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from common import Endpoint, Failed, Programs, Samples, rounds, run

CONNECTIONS = ("1", "64")
VALUE_BYTES = 4500  # what the agent's answer about a value of 4 KiB has, roughly
TOKEN = "bench"


class Agent:
    """By number of connections. p50 and p99: microseconds; rate: requests per second; start:
    milliseconds from the start of the process to the first answer; memory: MiB, resident."""

    def __init__(self) -> None:
        self.p50 = Samples()
        self.p99 = Samples()
        self.rate = Samples()
        self.start = Samples()
        self.memory = Samples()
        self.binary_mib = 0.0


class Process:
    """Something that serves until its standard input, or it, ends."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid = self._process.pid

    def line_with(self, what: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if what in line:
                return line
        raise Failed(f"{self._process.args} ended before it served")

    def drop_output(self) -> None:
        """What it writes from now on is nobody's."""
        assert self._process.stdout is not None
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    def memory_mib(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Failed("no VmRSS")

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


def program(programs: Programs) -> str:
    return str(programs.folder / "bin" / "lambda-cache")


def stripped_mib(binary: str) -> float:
    with tempfile.NamedTemporaryFile() as bare:
        subprocess.run(["strip", "-o", bare.name, binary], check=True)
        return os.path.getsize(bare.name) / (1 << 20)


def start_agent(programs: Programs, env: dict[str, str], *options: str) -> tuple[Process, str]:
    command = [program(programs), "serve", "--port", "0", "--mode", "extension", *options]
    agent = Process(command, env | {"AWS_TOKEN": TOKEN})
    port = agent.line_with("ready on").split("127.0.0.1:")[1].split(",")[0]
    agent.drop_output()
    return agent, port


def measure(programs: Programs, endpoint: Endpoint, quick: bool) -> Agent:
    made = Agent()
    env = endpoint.environment()
    made.binary_mib = stripped_mib(program(programs))

    def started(_: int) -> None:
        begin = time.perf_counter()
        agent, _port = start_agent(programs, env)
        made.start.add("agent", (time.perf_counter() - begin) * 1e3)
        made.memory.add("ready", agent.memory_mib())
        agent.end()

    agent, port = start_agent(programs, env)
    floor = Process([programs.path("bench_agent_floor"), str(VALUE_BYTES)], {})
    floor_port = floor.line_with("").strip()
    requests = "2000" if quick else "100000"

    def load(title: str, at: str, connections: str, *more: str) -> Callable[[int], None]:
        def job(_: int) -> None:
            command = [programs.path("bench_agent_load"), "--port", at]
            command += ["--connections", connections, "--requests", requests, *more]
            got = json.loads(run(command, {}))
            case = f"{title} {connections}"
            made.p50.add(case, got["p50_us"])
            made.p99.add(case, got["p99_us"])
            made.rate.add(case, got["per_second"])

        return job

    jobs = [started]
    for connections in CONNECTIONS:
        jobs.append(load("agent", port, connections))
        jobs.append(load("floor", floor_port, connections, "--unchecked"))
    try:
        rounds(1 if quick else 9, jobs, "agent")
        made.memory.add("64 values of 4 KiB", agent.memory_mib())
    finally:
        agent.end()
        floor.end()
    return made
