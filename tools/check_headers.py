#!/usr/bin/env python3
"""Check that every public header compiles alone, as C++20, with g++ and with clang."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "include"
COMPILERS = ("g++", "clang++-19")
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow"]
FLAGS += ["-Wconversion", "-Wsign-conversion", "-Werror", "-x", "c++", "-"]


def errors_in(compiler: str, header: str) -> str:
    """The compiler's words about a file that includes this header twice and nothing else."""
    line = f"#include <{header}>\n"
    result = subprocess.run(
        [compiler, f"-I{INCLUDE}", *FLAGS], input=line * 2, capture_output=True, text=True
    )
    return f"{compiler}: {header}\n{result.stderr}" if result.returncode else ""


def main() -> int:
    headers = sorted(str(file.relative_to(INCLUDE)) for file in INCLUDE.rglob("*.hpp"))
    if not headers:
        print("there are no public headers", file=sys.stderr)
        return 1
    cases = [(compiler, header) for compiler in COMPILERS for header in headers]
    with ThreadPoolExecutor(2) as pool:
        found = [text for text in pool.map(lambda case: errors_in(*case), cases) if text]
    print("\n".join(found), end="", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
