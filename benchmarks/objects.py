"""Family 3: an object of a GiB from a server on this machine to a file in /tmp."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from common import HERE, Failed, Programs, Samples, rounds, run

GIB = 1 << 30


class Objects:
    """wall and cpu: seconds for the object; memory: the most there was, MiB."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.wall = Samples()
        self.cpu = Samples()
        self.memory = Samples()

    def rate(self, case: str) -> Samples:
        """MB/s."""
        made = Samples()
        for seconds in self.wall.values[case]:
            made.add(case, self.size / seconds / 1e6)
        return made


def measure(programs: Programs, quick: bool, size: int) -> Objects:
    size = min(size, 64 << 20) if quick else size
    made = Objects(size)
    folder = Path(tempfile.mkdtemp(prefix="lambda-cache-bench-", dir="/tmp"))
    server = subprocess.Popen(
        [programs.path("bench_objects_server")],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        env = {
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_ENDPOINT_URL_S3": server.stdout.readline().strip(),
            "LAMBDA_CACHE_S3_DIRECTORY": str(folder),
        }
        jobs: list[Callable[[int], None]] = []

        def add(title: str, command: list[str], length: int = size) -> None:
            def job(_: int) -> None:
                output = run([programs.path("bench_spawn"), *command, str(length)], env)
                _, whole, cpu, memory, status, *_ = output.split()
                file = folder / str(length)
                if status != "0" or file.stat().st_size != length:
                    raise Failed(f"{title}: exit status {status}: {' '.join(command)}")
                file.unlink()
                made.wall.add(title, int(whole) / 1e9)
                made.cpu.add(title, int(cpu) / 1e9)
                made.memory.add(title, int(memory) / 1024)

            jobs.append(job)

        add("ours", [programs.path("bench_objects_ours")])
        add("ours, one byte", [programs.path("bench_objects_ours")], 1)
        add("libcurl", [programs.path("bench_objects_curl")])
        if programs.pythons:
            peer = [*programs.pythons[0].command, "-S", str(HERE / "objects/boto3_download.py")]
            env["PYTHONPATH"] = programs.pythons[0].packages
            add("boto3", peer)
        rounds(1 if quick else 7, jobs, "objects")
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.wait()
        shutil.rmtree(folder)
    return made
