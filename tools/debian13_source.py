#!/usr/bin/env python3
"""Print an apt source for Debian 13, made from the machine's own source for Debian 12.

Mirror and keyring stay what the machine trusts already; only the suite changes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FROM, TO = "bookworm", "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """The stanzas of a .sources file; inline keys (continued lines) are kept."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and name:
                fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        yield fields


def one_line_sources(text: str) -> Iterator[dict[str, str]]:
    """The `deb [options] uri suite components` lines of a .list file."""
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)", line.strip())
        if match:
            options, uri, suite, components = match.groups()
            fields = {"types": "deb", "uris": uri, "suites": suite, "components": components}
            for option in (options or "").split():
                key, _, value = option.partition("=")
                fields[key.lower()] = value
            yield fields


def configured(etc: Path) -> Iterator[dict[str, str]]:
    for file in sorted(etc.glob("sources.list.d/*.sources")):
        yield from stanzas(file.read_text())
    for file in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        if file.exists():
            yield from one_line_sources(file.read_text())


def main() -> int:
    for fields in configured(Path("/etc/apt")):
        usable = (
            FROM in fields.get("suites", "").split()
            and "deb" in fields.get("types", "").split()
            and "main" in fields.get("components", "").split()
            and fields.get("enabled", "yes").lower() not in ("no", "false")
        )
        if usable:
            signed_by = fields.get("signed-by", KEYRING)
            print(f"Types: deb\nURIs: {fields['uris']}\nSuites: {TO}\nComponents: main")
            print(f"Signed-By: {signed_by}")
            return 0
    print(f"no apt source for {FROM} main is configured in /etc/apt", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
