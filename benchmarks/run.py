"""make bench: the hit path, the cold start, large objects and the agent, beside floors and peers.

Prints tables, writes build/bench/results.json and, with --write-docs, docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import agent
import cold_start
import hit_path
import objects
import report
from common import ROOT, Endpoint, Failed, Programs, Python, machine


def build(folder: Path) -> None:
    """Builds what is measured; build/release by the script that knows about presets and memory."""
    if folder == ROOT / "build/release":
        subprocess.run([ROOT / "tools/build.sh", "release"], check=True)
    else:
        subprocess.run(["cmake", "--build", folder], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: does it all run?")
    parser.add_argument(
        "--only", choices=["hit", "cold", "objects", "agent"], help="one of the families"
    )
    parser.add_argument("--native", action="store_true", help="C++ only")
    parser.add_argument(
        "--object-size", type=int, default=objects.GIB, metavar="BYTES", help="instead of a GiB"
    )
    parser.add_argument(
        "--python",
        type=Path,
        action="append",
        metavar="PROGRAM",
        help="an interpreter to measure, instead of .venv's and Debian 13's",
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", metavar="FOLDER")
    parser.add_argument("--no-build", action="store_true", help="measure what is built")
    parser.add_argument("--output", type=Path, default=ROOT / "build/bench", metavar="FOLDER")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    if options.write_docs and (options.quick or options.only or options.native):
        parser.error("--write-docs needs a whole run")

    if not options.no_build:
        build(options.build.resolve())
    interpreters = options.python or [ROOT / ".venv/bin/python", ROOT / "build/debian13/python"]
    pythons = [] if options.native else [Python.find(each.absolute()) for each in interpreters]
    programs = Programs(options.build.resolve(), pythons)
    begun_on = machine(pythons)
    begin = time.monotonic()
    with Endpoint(programs, options.output) as endpoint:
        hit = cold = files = served = None
        if options.only in (None, "hit"):
            hit = hit_path.measure(programs, endpoint, options.quick)
        if options.only in (None, "cold"):
            cold = cold_start.measure(programs, endpoint, options.quick)
        if options.only in (None, "agent"):
            served = agent.measure(programs, endpoint, options.quick)
    if options.only in (None, "objects"):
        files = objects.measure(programs, options.quick, options.object_size)
    made = report.Report(hit, cold, files, served, pythons, begun_on)
    print(made.text())
    print(f"\nmeasured in {time.monotonic() - begin:.0f} s")
    made.write_json(options.output / "results.json")
    if options.write_docs:
        made.write_markdown(ROOT / "docs/benchmarks.md")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failed, subprocess.CalledProcessError) as failure:
        sys.exit(f"benchmarks: {failure}")
