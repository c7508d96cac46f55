"""Looks for secrets in what a test run has written.

The tests' secret values begin with a canary, which nothing may show that the tests leave behind:
reports, what the tests printed and logged, their log files. It is found in any case of letters and
in base64, too.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from pathlib import Path

CANARY = b"canary-"


def in_base64(text: bytes) -> Iterable[bytes]:
    """How it looks inside a longer text, for each way in which it may be aligned there."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text).rstrip(b"=")
        # The first letter depends on what comes before, the last one on what comes after.
        yield encoded[(0, 2, 3)[shift] : len(text + b"\0" * shift) * 8 // 6]


ANY_CANARY = re.compile(
    b"|".join([b"(?i:%s)" % re.escape(CANARY), *map(re.escape, in_base64(CANARY))])
)


def shown_in(files: Iterable[Path]) -> list[str]:
    """`file:line` of every canary; never the line itself."""
    found = []
    for file in files:
        for number, line in enumerate(file.read_bytes().splitlines(), start=1):
            if ANY_CANARY.search(line):
                found.append(f"{file}:{number}")
    return found


def written_since(moment: float, folders: Iterable[Path]) -> list[Path]:
    """The files that were changed at that time of the wall clock or later."""
    return sorted(
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and file.stat().st_mtime >= moment
    )
