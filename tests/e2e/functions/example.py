"""Runs the handler of the module named by EXAMPLE.

The event {"seconds_pass": n} moves the clock of the cache first: nobody waits for n seconds.
"""

import importlib
import os

from lambda_cache import _native

_example = importlib.import_module(os.environ["EXAMPLE"])


def handler(event, context):
    if seconds := event.get("seconds_pass"):
        nanoseconds = int(seconds * 1e9)
        _native._shift_clock(nanoseconds, nanoseconds, nanoseconds)
    return _example.handler(event, context)
