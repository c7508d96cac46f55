"""Lambda functions and an AWS endpoint as processes of this machine, for tests and the demo."""

from .endpoint import Call, Endpoint
from .function import Failure, LambdaFunction, Reply
from .processes import adopt_orphans, clean_environment, end_descendants
from .runtime import Emulator, find_emulator

__all__ = [
    "Call",
    "Emulator",
    "Endpoint",
    "Failure",
    "LambdaFunction",
    "Reply",
    "adopt_orphans",
    "clean_environment",
    "end_descendants",
    "find_emulator",
]
