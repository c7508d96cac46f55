#!/usr/bin/env python3
"""Run the fuzz targets of build/fuzz, each for FUZZ_SECONDS (60).

What is found on the way is kept in build/fuzz/corpus and is where the next run begins. The input of
a crash is in build/fuzz/artifacts/<target>, with the command that repeats it beside it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "fuzz"
PROGRAM = BUILD / "tests" / "fuzz" / "lambda_cache_fuzz"
SEEDS = ROOT / "tests" / "fuzz" / "corpus"
DICTIONARIES = ROOT / "tests" / "fuzz" / "dictionaries"
DICTIONARY_OF = {
    "agent_config": "toml",
    "agent_request": "requests",
    "arn": "names",
    "environment": "environment",
    "extensions_api": "http",
    "http_response": "http",
    "ini_file": "ini",
    "json_field": "json",
    "key_answers": "json",
    "parameter_name": "names",
    "runtime_api": "http",
    "s3_headers": "headers",
    "s3_uri": "names",
    "secret_id": "names",
    "secrets_answers": "json",
    "service_errors": "json",
    "shared_files": "ini",
    "ssm_answers": "json",
    "sts_answers": "xml",
    "url": "names",
}
LONGEST_INPUT = 4096
# Of one input; libFuzzer counts a longer one as a crash.
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-malloc_limit_mb=512"]
# A process that hangs where libFuzzer cannot see it.
GRACE_SECONDS = 120


@dataclass(frozen=True)
class Result:
    target: str
    runs: int
    per_second: int
    edges: int
    artifacts: tuple[Path, ...]
    status: int
    log: Path

    @property
    def good(self) -> bool:
        return self.status == 0 and self.runs > 0 and not self.artifacts


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def last_number(pattern: str, log: str) -> int:
    found = re.findall(pattern, log)
    return int(found[-1]) if found else 0


def environment() -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    kept["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    kept["ASAN_OPTIONS"] = "detect_stack_use_after_return=1:strict_string_checks=1"
    return kept


def fuzz(target: str, seconds: int) -> Result:
    grown = BUILD / "corpus" / target
    artifacts = BUILD / "artifacts" / target
    log = BUILD / "logs" / f"{target}.log"
    for folder in (grown, artifacts, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(PROGRAM), f"--target={target}", f"-max_total_time={seconds}", *LIMITS]
    command += [f"-max_len={LONGEST_INPUT}", "-print_final_stats=1"]
    command += [f"-artifact_prefix={artifacts}/"]
    if target in DICTIONARY_OF:
        command.append(f"-dict={DICTIONARIES / DICTIONARY_OF[target]}.dict")
    command += [str(grown), str(SEEDS / target)]
    started = time.monotonic()
    with log.open("wb") as out:
        try:
            status = subprocess.run(
                command,
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=seconds + GRACE_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            status = -1
    took = max(time.monotonic() - started, 0.001)

    text = log.read_text(errors="replace")
    runs = last_number(r"stat::number_of_executed_units: +(\d+)", text)
    kept = tuple(Path(path) for path in re.findall(r"Test unit written to (\S+)", text))
    for artifact in kept:
        Path(f"{artifact}.txt").write_text(f"{repeat_command(target, artifact)}\n\n{end_of(text)}")
    return Result(
        target, runs, int(runs / took), last_number(r"\bcov: (\d+)", text), kept, status, log
    )


def repeat_command(target: str, artifact: Path) -> str:
    return f"{shown(PROGRAM)} --target={target} {shown(artifact)}"


def end_of(log: str) -> str:
    """What went wrong, without the fuzzer's statistics before it."""
    lines = log.splitlines()
    begin = next(
        (at for at, line in enumerate(lines) if re.search(r"broken promise|ERROR:|error:", line)), 0
    )
    return "\n".join(lines[begin : begin + 60]) + "\n"


def report(result: Result) -> None:
    if result.good:
        return
    print(f"--- {result.target}: ended with status {result.status} ({shown(result.log)})")
    print(end_of(result.log.read_text(errors="replace")))
    for artifact in result.artifacts:
        print(f"{shown(artifact)}; again with:\n  {repeat_command(result.target, artifact)}")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="these only; all of them if none is named")
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("FUZZ_SECONDS", "60")))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at the same time")
    arguments = parser.parse_args()
    known = sorted(folder.name for folder in SEEDS.iterdir() if folder.is_dir())
    targets = arguments.targets or known
    if unknown := set(targets) - set(known):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    if arguments.seconds < 1:
        parser.error("--seconds (FUZZ_SECONDS) has to be 1 or more")

    rounds = -(-len(targets) // arguments.jobs)
    print(
        f"==> {len(targets)} targets, {arguments.seconds} s each, {arguments.jobs} at the same"
        f" time: about {rounds * arguments.seconds} s",
        flush=True,
    )
    results = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        started = [pool.submit(fuzz, target, arguments.seconds) for target in targets]
        for done in as_completed(started):
            results.append(result := done.result())
            outcome = "good" if result.good else "FAILED"
            print(
                f"  {len(results):2}/{len(targets)}  {result.target:16} {result.runs:>10,} runs"
                f"  {outcome}",
                flush=True,
            )
            report(result)

    results.sort(key=lambda result: result.target)
    print(f"\n  {'target':16} {'executions':>12} {'per second':>10} {'edges':>6}")
    for each in results:
        mark = "" if each.good else "  FAILED"
        print(f"  {each.target:16} {each.runs:>12,} {each.per_second:>10,} {each.edges:>6,}{mark}")
    failed = [result.target for result in results if not result.good]
    total = sum(result.runs for result in results)
    print(f"  {'all':16} {total:>12,}\n")
    print(f"fuzz: failed: {', '.join(failed)}" if failed else "fuzz: nothing found", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
