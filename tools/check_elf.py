#!/usr/bin/env python3
"""Check that a shared object or program runs on Amazon Linux 2023.

It may need the C library up to version 2.34, libgcc_s and the loader, and nothing else; a Python
module exports its init function alone, so that no symbol of the libraries inside it meets those of
the interpreter.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

NEWEST_GLIBC = (2, 34)
ALLOWED_LIBRARIES = re.compile(
    r"libc\.so\.6|libm\.so\.6|libgcc_s\.so\.1|ld-linux-[a-z0-9-]+\.so\.[0-9]"
)


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def problems(file: Path, exports: list[str]) -> list[str]:
    found = []
    for library in re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-dW", str(file))):
        if not ALLOWED_LIBRARIES.fullmatch(library):
            found.append(f"needs {library}")

    versions = set(re.findall(r"\bGLIBC_([0-9.]+)", output_of("readelf", "-VW", str(file))))
    for version in sorted(versions):
        if tuple(int(part) for part in version.split(".")) > NEWEST_GLIBC:
            symbols = re.findall(
                rf"(\S+)@GLIBC_{re.escape(version)}\b", output_of("nm", "-D", str(file))
            )
            found.append(f"needs GLIBC_{version} for {', '.join(sorted(set(symbols)))}")

    if exports:
        defined = output_of("nm", "-D", "--defined-only", str(file))
        names = {line.split()[-1] for line in defined.splitlines()}
        if names != set(exports):
            extra, lacking = sorted(names - set(exports)), sorted(set(exports) - names)
            found.append(f"exports {extra[:5]} ({len(extra)} too many), lacks {lacking}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--exports", action="append", default=[], help="the symbols it may export")
    arguments = parser.parse_args()
    failed = False
    for file in arguments.files:
        for problem in problems(file, arguments.exports):
            print(f"{file}: {problem}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
