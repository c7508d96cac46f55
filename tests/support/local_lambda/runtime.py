"""Which program plays Lambda: AWS's emulator where it is installed, else the project's own."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RECORDED = ROOT / "build" / "tools" / "rie.path"
OWN = ROOT / "tests" / "support" / "runtime_emulator" / "emulator.py"


@dataclass(frozen=True)
class Emulator:
    command: list[str]
    is_real: bool

    def __str__(self) -> str:
        if self.is_real:
            return f"aws-lambda-rie ({self.command[0]})"
        return "the project's own emulator of the Lambda Runtime API (aws-lambda-rie is not here)"


def find_emulator() -> Emulator:
    """AWS_LAMBDA_RIE, then what the set-up recorded, then the PATH, then our own."""
    named = os.environ.get("AWS_LAMBDA_RIE")
    if named:
        if not os.access(named, os.X_OK):
            raise FileNotFoundError(f"AWS_LAMBDA_RIE names no program: {named}")
        return Emulator([named], is_real=True)
    recorded = RECORDED.read_text().strip() if RECORDED.exists() else ""
    if recorded and os.access(recorded, os.X_OK):
        return Emulator([recorded], is_real=True)
    on_path = shutil.which("aws-lambda-rie")
    if on_path:
        return Emulator([on_path], is_real=True)
    return Emulator([sys.executable, str(OWN)], is_real=False)
