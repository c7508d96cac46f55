"""make load: the agent under load while AWS fails half of the time.

64 connections ask for 2,000 values of 4 KiB of which the cache holds 1,000, each good for two
seconds, and every second answer of the endpoint is a 503. Each answer has to be the value of the
name that was asked for, or an error that names it. Prints what came and how the agent's memory
went; exit status 1 if an answer was wrong or did not come, or if memory grew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from pathlib import Path

import agent
from common import ROOT, Failed, Programs

FAILING_PERCENT = "50"
LOAD = ["--connections", "64", "--pipeline", "4", "--names", "2000", "--hot", "500"]
LOAD += ["--refresh", "1"]
SAMPLE_SECONDS = 5.0
# The arena and the allocator settle in the first samples.
GROWTH_MIB = 4.0


class Memory:
    """The resident memory of a process, every few seconds."""

    def __init__(self, of: agent.Process) -> None:
        self.mib: list[float] = []
        self._of = of
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.mib.append(self._of.memory_mib())
            print(f"  {self.mib[-1]:.1f} MiB", flush=True)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self.mib.append(self._of.memory_mib())


def start_endpoint(programs: Programs, folder: Path) -> tuple[agent.Process, str]:
    folder.mkdir(parents=True, exist_ok=True)
    command = [programs.path("bench_endpoint"), str(folder / "load-ca.pem"), FAILING_PERCENT]
    endpoint = agent.Process(command, {})
    return endpoint, endpoint.line_with("http://").split()[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", metavar="FOLDER")
    parser.add_argument("--output", type=Path, default=ROOT / "build/bench", metavar="FOLDER")
    options = parser.parse_args()
    programs = Programs(options.build.resolve(), [])
    endpoint, url = start_endpoint(programs, options.output)
    served, port = agent.start_agent(
        programs,
        {
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_ENDPOINT_URL_SSM": url,
        },
        "--ttl",
        "2",
    )
    print(f"{options.requests:,} requests; resident memory every {SAMPLE_SECONDS:.0f} s:")
    memory = Memory(served)
    command = [programs.path("bench_agent_load"), "--port", port]
    command += [*LOAD, "--requests", str(options.requests)]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    memory.end()
    served.end()
    endpoint.end()
    if not done.stdout:
        raise Failed(done.stderr)
    got = json.loads(done.stdout)
    for name, value in got.items():
        print(f"{name:12} {value:,}")
    settled = memory.mib[min(1, len(memory.mib) - 1)]
    growth = memory.mib[-1] - settled
    print(f"{'memory':12} {settled:.1f} MiB, {memory.mib[-1]:.1f} at the end")
    is_good = done.returncode == 0 and growth < GROWTH_MIB
    print("as it should be" if is_good else f"WRONG\n{done.stderr}")
    return 0 if is_good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"load: {failure}")
