#!/usr/bin/env python3
"""Check that includes follow the direction of the architecture (docs/architecture.md).

Each folder of src/ may include itself and the folders listed for it below, and only some folders
may see a library from outside. Public headers include the standard library and each other only.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# folder -> the folders it may include, besides itself
MAY_INCLUDE = {
    "core": set(),
    "cache": {"core"},
    "aws": {"core"},
    "net": {"core"},
    "lambda": {"core", "cache", "net"},
    "sources": {"core", "cache", "aws", "net"},
    "wiring": {"core", "cache", "aws", "net", "lambda", "sources"},
    "agent": {"core", "cache", "aws", "net", "lambda", "sources", "wiring"},
    "cli": {"core", "aws", "wiring"},  # aws: names and ARNs, for the policy
    "program": {"core", "aws", "agent", "cli", "wiring"},
    "python": {"core", "cache", "wiring"},  # cache: a hit compares the reader's own stamps
}

# A library from outside -> the folders that may include it.
LIBRARIES = {
    r"boost/(asio|beast)": {"net", "agent"},
    r"boost/json/": {"net", "agent", "aws", "cli"},
    r"boost/": {"net", "agent", "aws"},
    r"openssl/": {"net", "aws"},
    r"nanobind/|Python\.h": {"python"},
    r"CLI/": {"cli"},
    r"toml\+\+/": {"agent"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
# Environment variables are read, and threads started, by the composition root only. Elsewhere one
# waits in getaddrinfo, which has no other way to be given up, and one serves the agent's clients.
WIRING_ONLY = {
    "reads the environment": re.compile(r"\b(?:std::|::)?(?:secure_)?getenv\s*\(|\benviron\b"),
    "starts a thread": re.compile(r"\bstd::j?thread(\s+\w+)?\s*[({]|\bpthread_create\b"),
}
ALLOWED = {
    ("src/net/resolver.cpp", "starts a thread"),
    ("src/agent/server.cpp", "starts a thread"),
}


def problems_of(path: str, text: str) -> Iterator[str]:
    """What is wrong with a file; `path` is relative to the repository."""
    parts = path.split("/")
    public = parts[0] == "include"
    folder = "" if public else parts[1]
    for bracket, name in INCLUDE.findall(text):
        top = name.split("/")[0]
        if public:
            if bracket == '"' or ("/" in name and top != "lambda_cache"):
                yield f"{path}: a public header may not include {name}"
            continue
        elsewhere = bracket == '"' and top in MAY_INCLUDE and top != folder
        if elsewhere and top not in MAY_INCLUDE[folder]:
            yield f"{path}: {folder}/ may not include {name}"
        for library, folders in LIBRARIES.items():
            if re.match(library, name):
                if folder not in folders:
                    yield f"{path}: {folder}/ may not include {name}"
                break
    if not public and folder != "wiring":
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
        for what, pattern in WIRING_ONLY.items():
            if pattern.search(code) and (path, what) not in ALLOWED:
                yield f"{path}: {what}, which only wiring/ does"


def sources() -> Iterable[Path]:
    for top in ("src", "include"):
        for pattern in ("*.cpp", "*.hpp", "*.h"):
            yield from sorted((ROOT / top).rglob(pattern))


def check_tree() -> list[str]:
    found = [
        f"src/{folder.name}: a folder that this check does not know"
        for folder in sorted((ROOT / "src").iterdir())
        if folder.is_dir() and folder.name not in MAY_INCLUDE
    ]
    for file in sources():
        found += problems_of(str(file.relative_to(ROOT)), file.read_text())
    return found


def self_test() -> list[str]:
    """Each line breaks one rule, or keeps it."""
    wrong = [
        ("src/core/a.hpp", '#include "cache/engine.hpp"'),
        ("src/cache/a.cpp", '#include "net/http.hpp"'),
        ("src/aws/a.cpp", '#include "cache/key.hpp"'),
        ("src/net/a.cpp", '#include "aws/sigv4.hpp"'),
        ("src/lambda/a.cpp", '#include "sources/ssm.hpp"'),
        ("src/python/a.cpp", '#include "net/retry.hpp"'),
        ("src/cache/a.cpp", "#include <boost/asio.hpp>"),
        ("src/aws/a.cpp", "#include <boost/asio.hpp>"),
        ("src/cache/a.cpp", "#  include <openssl/evp.h>"),
        ("src/wiring/a.cpp", "#include <nanobind/nanobind.h>"),
        ("src/wiring/a.cpp", "#include <CLI/App.hpp>"),
        ("src/cli/a.cpp", '#include "sources/tools.hpp"'),
        ("src/cli/a.cpp", '#include "agent/server.hpp"'),
        ("src/agent/a.cpp", '#include "cli/run.hpp"'),
        ("src/program/a.cpp", "#include <boost/asio.hpp>"),
        ("src/cli/a.cpp", "#include <toml++/toml.h>"),
        ("include/lambda_cache/a.hpp", "#include <boost/json.hpp>"),
        ("include/lambda_cache/a.hpp", '#include "core/error.hpp"'),
        ("src/aws/a.cpp", 'auto region = std::getenv("AWS_REGION");'),
        ("src/net/a.cpp", "std::thread worker([] {});"),
    ]
    right = [
        ("src/cache/a.cpp", '#include "cache/b.hpp"\n#include "core/clock.hpp"\n#include <vector>'),
        ("src/sources/a.cpp", '#include "net/http.hpp"\n#include "aws/sigv4.hpp"'),
        ("src/net/a.cpp", "#include <boost/asio.hpp>\n#include <openssl/ssl.h>"),
        ("src/aws/a.cpp", "#include <boost/json.hpp>\n// std::getenv( is for wiring"),
        ("src/program/a.cpp", '#include "agent/serve.hpp"\n#include "cli/run.hpp"'),
        ("src/wiring/a.cpp", 'auto x = std::getenv("A");\nstd::thread t([] {});'),
        ("include/lambda_cache/a.hpp", "#include <lambda_cache/error.hpp>\n#include <chrono>"),
    ]
    found = [f"not noticed: {case}" for case in wrong if not list(problems_of(*case))]
    found += [f"refused wrongly: {case}" for case in right if list(problems_of(*case))]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true", help="check the check")
    found = self_test() if parser.parse_args().self_test else check_tree()
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
