#!/usr/bin/env python3
"""Run the test suites and count.

The last line of the output is `N passed, N failed, N skipped`. The exit status is 0 only if every
suite ran at least one test and nothing failed or was skipped. After the suites, everything that
they wrote is searched for the tests' secrets (tools/canaries.py): that counts as a test of its own.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import canaries

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "results"
LOGS = ROOT / "build" / "logs"
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
DEBIAN13_PYTHON = ROOT / "build" / "debian13" / "python"
SUITE_LIMIT_SECONDS = 1200

# What the tests say about themselves must not depend on who runs them.
DROPPED_VARIABLES = {
    "CURL_CA_BUNDLE",
    "PYTHONHOME",
    "PYTHONPATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "_HANDLER",
}
DROPPED_PREFIXES = ("AWS_", "LAMBDA_")
# An address sanitizer that finds a leak ends the test that made it.
ASAN_OPTIONS = "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1"
PROXY_VARIABLES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped

    @property
    def good(self) -> bool:
        return self.passed > 0 and self.failed == 0 and self.skipped == 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True)
class Suite:
    name: str
    title: str
    command: list[str]
    report: Path
    quiet: bool = False  # failures are shown from the report
    variables: dict[str, str] = field(default_factory=dict)


def pytest_suite(name: str, title: str, python: Path, folder: str, *without: str) -> Suite:
    report = RESULTS / f"{name}.xml"
    # With what passing tests print and log.
    command = [str(python), "-m", "pytest", "-q", f"--junitxml={report}", "-o", "junit_logging=all"]
    command += [f"--ignore={each}" for each in without]
    command.append(folder)
    return Suite(name, title, command, report)


def sanitized(suite: Suite, build: str) -> Suite:
    """The same tests of the module that tools/asan_package.sh has made."""
    folder = ROOT / "build" / build
    preload = folder / "preload"
    if not preload.exists():
        raise SystemExit(f"error: {preload.relative_to(ROOT)} is not there: run `make {build}`")
    variables = {
        "PYTHONPATH": str(folder / "site"),
        "LD_PRELOAD": preload.read_text(),
        # The sanitizer sees the interpreter's objects too; what lives to its end is no leak.
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": ASAN_OPTIONS.replace("detect_leaks=1", "detect_leaks=0"),
    }
    # Without what measures the allocator, and what tests programs and not the module.
    command = [
        *(each.replace(suite.report.name, f"{suite.name}-{build}.xml") for each in suite.command),
        "--deselect=tests/python/test_process.py::test_memory_does_not_grow",
        "--ignore=tests/python/aws",
        "--ignore=tests/python/programs",
        "--ignore=tests/python/cli",
    ]
    report = RESULTS / f"{suite.name}-{build}.xml"
    return Suite(suite.name, f"{suite.title} (build/{build})", command, report, False, variables)


def all_suites(build: str) -> list[Suite]:
    report = RESULTS / f"unit-{build}.xml"
    jobs = str(os.cpu_count() or 1)
    ctest = ["ctest", "--test-dir", str(ROOT / "build" / build), "-j", jobs, "--quiet"]
    ctest += ["--no-tests=error", "--output-junit", str(report)]
    ctest += ["--test-output-size-passed", "1000000"]
    suites = [
        Suite("unit", f"C++ (build/{build})", ctest, report, quiet=True),
        pytest_suite("python", "Python 3.11", VENV_PYTHON, "tests/python"),
        # The program is the same one under every interpreter.
        pytest_suite(
            "abi3", "Python 3.13, abi3 module", DEBIAN13_PYTHON, "tests/python", "tests/python/cli"
        ),
        pytest_suite("e2e", f"Lambda functions, {emulator_name()}", VENV_PYTHON, "tests/e2e"),
    ]
    if build == "asan":
        suites = [sanitized(each, build) if each.name == "python" else each for each in suites]
    if list((ROOT / "tests" / "consumer").glob("test_*.py")):
        title = "the installed library, from outside"
        suites.append(pytest_suite("consumer", title, VENV_PYTHON, "tests/consumer"))
    return suites


def emulator() -> str:
    """The path of AWS's emulator, empty where the functions run under the project's own."""
    recorded = ROOT / "build" / "tools" / "rie.path"
    return recorded.read_text() if recorded.exists() else ""


def emulator_name() -> str:
    return "aws-lambda-rie" if emulator() else "our own emulator"


def environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED_VARIABLES
        and not name.startswith(DROPPED_PREFIXES)
        and name.lower() not in PROXY_VARIABLES
    }
    kept["ASAN_OPTIONS"] = ASAN_OPTIONS
    kept["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    # The fork tests start threads in the child, as programs do.
    kept["TSAN_OPTIONS"] = "halt_on_error=1:second_deadlock_stack=1:die_after_fork=0"
    if emulator():
        kept["AWS_LAMBDA_RIE"] = emulator()
    return kept


def run(suite: Suite) -> Count:
    suite.report.parent.mkdir(parents=True, exist_ok=True)
    suite.report.unlink(missing_ok=True)
    process = subprocess.Popen(
        suite.command,
        cwd=ROOT,
        env={**environment(), **suite.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout
    printed = suite.report.with_suffix(".txt")
    showing = threading.Thread(target=show, args=(process.stdout, printed), daemon=True)
    showing.start()
    try:
        status = process.wait(timeout=SUITE_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"error: {suite.name} took longer than {SUITE_LIMIT_SECONDS} s", flush=True)
        status = -1
    except KeyboardInterrupt:
        stop(process)
        raise
    if process.poll() is None:
        stop(process)
    # What it may have left running holds the pipe, but has nothing more to say.
    showing.join(timeout=10)

    count = read_report(suite.report, show_failures=suite.quiet)
    if count.total == 0:
        print(f"error: {suite.name} ran no tests", flush=True)
        count.failed += 1
    elif status != 0 and count.failed == 0:
        print(f"error: {suite.name} ended with status {status}", flush=True)
        count.failed += 1
    return count


def show(output: IO[bytes], copy: Path) -> None:
    """Print what a suite prints, and keep it."""
    with copy.open("wb", buffering=0) as kept:
        while piece := os.read(output.fileno(), 65536):
            kept.write(piece)
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()


def search_for_secrets(since: float) -> Count:
    files = canaries.written_since(since, [RESULTS, LOGS])
    shown = canaries.shown_in(files)
    for place in shown:
        print(f"error: {place} shows a secret", flush=True)
    if not files:
        print("error: the suites wrote nothing that could be searched", flush=True)
    return Count(failed=1) if shown or not files else Count(passed=1)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the suite and what it started: first politely, so that it can clean up."""
    for sign in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def read_report(report: Path, *, show_failures: bool) -> Count:
    count = Count()
    if not report.exists():
        return count
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed += 1
            if show_failures:
                print(f"--- {case.get('name')}\n{case.findtext('system-out', '')}", flush=True)
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            count.skipped += 1
        else:
            count.passed += 1
    return count


def main() -> int:
    # Started in the background of a script this process ignores SIGINT, and so would every program
    # that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="release", help="the build whose unit tests run")
    parser.add_argument("--suite", action="append", help="run this suite only (repeatable)")
    arguments = parser.parse_args()

    suites = all_suites(arguments.build)
    if arguments.suite:
        unknown = set(arguments.suite) - {suite.name for suite in suites}
        if unknown:
            parser.error(f"no suite {', '.join(sorted(unknown))}")
        suites = [suite for suite in suites if suite.name in arguments.suite]

    total = Count()
    rows = []
    good = True

    def add(title: str, count: Count, started: float) -> None:
        nonlocal good
        rows.append(f"  {title:36} {count}  ({time.monotonic() - started:.0f} s)")
        good = good and count.good
        total.passed += count.passed
        total.failed += count.failed
        total.skipped += count.skipped

    began = time.time()
    for suite in suites:
        print(f"==> {suite.title}", flush=True)
        started = time.monotonic()
        add(suite.title, run(suite), started)
    started = time.monotonic()
    add("secrets in no output", search_for_secrets(began), started)
    print("\n".join(["", *rows, "", str(total)]), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
