"""Child processes that never outlive their parent, in an environment of their own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


def clean_environment(**variables: str) -> dict[str, str]:
    """What a process gets: nothing of the user's AWS, Python or proxy settings."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    # The credentials and settings in the home folder are somebody's real ones.
    return {**kept, "HOME": "/nonexistent", "LANG": "C.UTF-8", "TZ": "UTC", **variables}


def start(
    command: list[str],
    environment: dict[str, str],
    folder: Path | None = None,
    stdout: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a process group that gets SIGTERM when this process ends, however it ends.

    The calling thread has to live as long as the child: the kernel watches the thread.
    A Ctrl-C in the terminal does not reach the group; whoever started it ends it.
    """
    parent = os.getpid()

    def follow_parent() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout is not None else None,
        process_group=0,
        preexec_fn=follow_parent,
    )


def stop(process: subprocess.Popen[Any]) -> None:
    """Politely, then not: afterwards the process is gone."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def adopt_orphans() -> None:
    """Grandchildren whose parent dies become children of this process, where they are found."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(ancestor: int) -> list[int]:
    """Living processes below `ancestor`."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError):
            # The name may hold anything, also spaces and parentheses.
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    found: list[int] = []
    level = [ancestor]
    while level:
        level = [pid for pid, parent in parents.items() if parent in level]
        found += level
    return found


def wait_until_gone(pids: list[int], seconds: float) -> bool:
    """Whether none of these children or adopted grandchildren is left in time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.01)
    return False


def end_descendants() -> list[int]:
    """Kills what is still running below this process; returns what had to be killed."""
    left = descendants(os.getpid())
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return left


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 20.0) -> bool:
    """False when the process ended before it listened."""
    limit = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < limit:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.01)
    return False
