"""Family 1: what a read costs when the cache holds the value. In nanoseconds of CPU time."""

from __future__ import annotations

import json
from collections.abc import Callable

from common import HERE, Endpoint, Programs, Python, Samples, rounds, run


def measure(programs: Programs, endpoint: Endpoint, quick: bool) -> Samples:
    samples = Samples()

    def cpp(number: int) -> None:
        output = run(
            [
                programs.path("bench_hit"),
                f"--order={number}",
                "--benchmark_format=json",
                f"--benchmark_min_time={0.001 if quick else 0.01}",
                f"--benchmark_repetitions={1 if quick else 5}",
            ],
            env={},
        )
        best: dict[str, float] = {}
        for each in json.loads(output)["benchmarks"]:
            if each.get("error_occurred"):
                raise RuntimeError(f"{each['name']}: {each['error_message']}")
            if each["run_type"] == "iteration":
                name = each["run_name"].replace("/threads:", " ")
                best[name] = min(best.get(name, each["cpu_time"]), each["cpu_time"])
        for name, value in best.items():
            samples.add(f"cpp {name}", value)

    def python(of: Python) -> None:
        worker = str(HERE / "hit/hit_path.py")

        def job(number: int) -> None:
            before = endpoint.calls()
            output = run(
                [*of.command, worker, str(number), "0.002" if quick else "0.04"],
                env={**endpoint.environment(), "PYTHONPATH": of.packages},
            )
            # Eight values, at most one call each; otherwise this was no hit path.
            if endpoint.calls() - before > 8:
                raise RuntimeError("the hit path made calls")
            for name, value in json.loads(output).items():
                samples.add(f"{of.title} {name}", value)

        jobs.append(job)

    jobs: list[Callable[[int], None]] = [cpp]
    for each in programs.pythons:
        python(each)
    rounds(1 if quick else 21, jobs, "hit path")
    return samples
