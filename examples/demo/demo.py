"""One parameter cached across the invocations of a Python and of a C++ function.

Starts an AWS endpoint on this machine (moto), runs examples/python and examples/cpp under AWS's
Lambda runtime interface emulator, and shows for each invocation what the function saw and what the
endpoint was asked. Ends with status 1 if the cache did not do its job. Leaves no process behind.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import scenario  # noqa: E402
from local_lambda import (  # noqa: E402
    Emulator,
    Endpoint,
    Failure,
    LambdaFunction,
    adopt_orphans,
    end_descendants,
    find_emulator,
)

# On a machine that cannot make nine invocations in the first, the next is tried.
MAX_AGES_SECONDS = (2, 10, 60)

LANGUAGES = ("Python", "C++")
CPP_FUNCTION = ROOT / "build" / "release" / "examples" / "cpp" / "function"

COLUMNS = "{:>3}  {:<37} {:<9} {:<15} {:<32} {:<8} {:>10}  {}"


def start_function(
    language: str, endpoint: Endpoint, emulator: Emulator, max_age: float
) -> LambdaFunction:
    environment = {**endpoint.environment(), "LAMBDA_CACHE_TTL_SECONDS": str(max_age)}
    if language == "Python":
        folder = ROOT / "examples" / "python"
        return LambdaFunction.python(
            "function.handler", environment, folder=folder, emulator=emulator
        )
    if not CPP_FUNCTION.exists():
        raise SystemExit(
            f"error: {CPP_FUNCTION.relative_to(ROOT)} is not there; `make build` makes it"
        )
    return LambdaFunction([str(CPP_FUNCTION)], environment, emulator=emulator)


def show(row: scenario.Row) -> None:
    calls = ", ".join(f"{count} {operation}" for operation, count in row.calls.items()) or "0"
    if any(row.complaints()):
        calls += "   <-- WRONG"
    answer = row.answer
    print(
        COLUMNS.format(
            row.number,
            row.step.title,
            str(answer.get("greeting")),
            str(answer.get("token")),
            ",".join(answer.get("regions") or []),
            row.kind,
            f"{answer.get('handler_ms', 0):.3f} ms",
            calls,
        ),
        flush=True,
    )


def play(language: str, endpoint: Endpoint, emulator: Emulator) -> list[scenario.Row]:
    for max_age in MAX_AGES_SECONDS:
        print(f"\n{language} function, values are good for {max_age} s\n")
        head = ("", "invocation", "String", "SecureString", "StringList", "cache", "handler")
        print(COLUMNS.format(*head, "calls to the endpoint"), flush=True)
        scenario.reset(endpoint)
        with start_function(language, endpoint, emulator, max_age) as function:
            try:
                return scenario.play(function, endpoint, max_age, show)
            except scenario.TooSlowError:
                print("     This machine is too slow for that age; once more with a longer one.")
            except Failure as failure:
                raise SystemExit(
                    f"error: the {language} function failed: {failure}\n{function.output()}"
                ) from None
    raise SystemExit("error: this machine is too slow for the demo")


def run() -> int:
    emulator = find_emulator()
    print(f"Functions run under {emulator}.")
    complaints = []
    with Endpoint() as endpoint:
        print(f"The AWS endpoint is moto at {endpoint.url}.")
        for language in LANGUAGES:
            for row in play(language, endpoint, emulator):
                place = f"{language} function, row {row.number} ({row.step.title})"
                complaints += [f"{place}: {complaint}" for complaint in row.complaints()]
    print()
    for complaint in complaints:
        print(f"error: {complaint}", file=sys.stderr)
    if complaints:
        return 1
    print("Every row is as it should be: the cache did its job.")
    return 0


def end(number: int, frame: FrameType | None) -> None:
    # What follows is cleaning up, which a second Ctrl-C must not cut short.
    for caught in (signal.SIGINT, signal.SIGTERM):
        signal.signal(caught, signal.SIG_IGN)
    print("\nInterrupted.", file=sys.stderr)
    sys.exit(128 + number)


def main() -> int:
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    adopt_orphans()
    finished = False
    try:
        status = run()
        finished = True
    except (OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    finally:
        left = end_descendants()
    if finished and left:
        print(f"error: processes were left over and had to be killed: {left}", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
