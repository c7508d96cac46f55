"""The library's sources inside another project's build."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).parent / "tree"
# Kept from run to run: the library is built a second time here.
BUILD = ROOT / "build" / "consumer"


# As in the library's own builds, so that their results in the compiler cache serve here.
CCACHE = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | CCACHE | variables
    return subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)


@pytest.fixture(scope="module")
def targets() -> list[str]:
    """What the project builds."""
    options = ["-DCMAKE_BUILD_TYPE=Release", f"-DLAMBDA_CACHE_TREE={ROOT}"]
    if shutil.which("ccache"):
        options += ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DLAMBDA_CACHE_WERROR=ON"]
        options.append("-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG")
    configured = run("cmake", "-S", PROGRAM, "-B", BUILD, "-G", "Ninja", *options)
    assert configured.returncode == 0, configured.stdout + configured.stderr
    built = run("cmake", "--build", BUILD, "-j", str(os.cpu_count() or 1))
    assert built.returncode == 0, built.stdout + built.stderr
    listed = run("ninja", "-C", BUILD, "-t", "targets", "all").stdout
    return [line.partition(":")[0] for line in listed.splitlines()]


def test_builds_and_runs(targets: list[str]) -> None:
    del targets
    environment = {"AWS_LAMBDA_RUNTIME_API": ""}

    ended = run(BUILD / "consumer", **environment)

    assert ended.returncode == 1
    assert "AWS_LAMBDA_RUNTIME_API is not set" in ended.stderr


def test_brings_no_tests_examples_or_python_along(targets: list[str]) -> None:
    executables = {name for name in targets if name.endswith(("_test", "aws_probe", "function"))}

    assert not executables
    assert not [name for name in targets if "python" in name]
