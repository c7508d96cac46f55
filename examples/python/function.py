"""A Lambda function with settings from Parameter Store. `make demo` runs it.

Its answer says what the function saw; the event {"refresh": true} makes it ask for the greeting
anew.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from lambda_cache import ssm

GREETING = "/demo/app/greeting"
TOKEN = "/demo/app/token"
REGIONS = "/demo/app/regions"


def mask(secret: str) -> str:
    """What may be shown of a secret: enough to recognise it, too little to use it."""
    return secret[:2] + "*" * (len(secret) - 2)


def timed(handler: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Adds to the answer how long the handler took, with what it waited for."""

    @functools.wraps(handler)
    def wrapper(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        answer = handler(event, context)
        answer["handler_ms"] = (time.perf_counter() - started) * 1000
        return answer

    return wrapper


# Stacked decorators fetch together: three parameters, one call. How long values are good for is the
# default, LAMBDA_CACHE_TTL_SECONDS.
@timed
@ssm.cache(parameter=GREETING)
@ssm.cache(parameter=TOKEN)
@ssm.cache(parameter=REGIONS)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    greeting = context.get("greeting")
    if event.get("refresh"):
        greeting = ssm.get_entry(parameter=GREETING, ttl_seconds=0)
    return {
        "greeting": greeting,
        "token": mask(context.get("token")),
        "regions": context.get("regions"),
    }
