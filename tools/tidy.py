#!/usr/bin/env python3
"""Run clang-tidy on what is shipped and what is shown (src, examples); with --all on tests too.

Only what changed since it last found nothing: a file is clean as long as itself, our headers, its
command and .clang-tidy stay the same. That is remembered in the build directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
NOT_OURS = ("build", ".venv")
SHIPPED = ("src", "examples")
SEARCH = (ROOT / "src", ROOT / "include", ROOT / "tests", ROOT / "benchmarks")


class Unit(NamedTuple):
    file: Path
    command: str


def units(build: Path, everything: bool) -> Iterator[Unit]:
    """The files of the tree that the build compiles; what it generates is not ours to read."""
    seen = set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = Path(entry["directory"], entry["file"]).resolve()
        if not file.is_relative_to(ROOT):
            continue
        top = file.relative_to(ROOT).parts[0]
        ours = top not in NOT_OURS if everything else top in SHIPPED
        if ours and file not in seen:
            seen.add(file)
            yield Unit(file, entry["command"])


def with_headers(file: Path, seen: set[Path]) -> None:
    """Collects the file and those of our headers that it includes, directly or not."""
    if file in seen:
        return
    seen.add(file)
    for name in INCLUDE.findall(file.read_text(errors="replace")):
        for folder in (file.parent, *SEARCH):
            header = folder / name
            if header.is_file():
                with_headers(header.resolve(), seen)
                break


def key_of(unit: Unit) -> str:
    digest = hashlib.sha256(unit.command.encode())
    files: set[Path] = set()
    with_headers(unit.file, files)
    for file in [ROOT / ".clang-tidy", *sorted(files)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    stamps = build / "tidy-stamps"
    stamps.mkdir(exist_ok=True)
    chosen = units(build, everything="--all" in sys.argv[2:])
    todo = [(unit, key) for unit in chosen if not (stamps / (key := key_of(unit))).exists()]

    def check(case: tuple[Unit, str]) -> str:
        unit, key = case
        result = subprocess.run(
            [CLANG_TIDY, "--quiet", "-p", str(build), str(unit.file)],
            capture_output=True,
            text=True,
        )
        if result.returncode == 0:
            (stamps / key).touch()
            return ""
        return result.stdout or result.stderr

    print(f"    {len(todo)} files to read", flush=True)
    failed = False
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for text in pool.map(check, todo):
            if text:
                failed = True
                print(text, file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
