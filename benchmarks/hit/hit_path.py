"""The hit path in Python: get_entry and decorated handlers, beside functools.lru_cache, a minimal
pure-Python wrapper and a bare handler.

hit_path.py <order> <seconds for each case>: runs every case once, in an order of its own for each
<order>, and prints a JSON object with nanoseconds of CPU time for one call of each.
"""

import functools
import json
import os
import random
import sys
import time
import timeit

from lambda_cache import function, s3, secrets_manager, ssm

SECRET = "/bench/secret"
DOCUMENT = "/bench/json"
PATH = "/bench/path/"
OBJECT = f"s3://bench/lambda_cache_bench_{os.getpid()}"
BYTES = "s3://bench/bytes"
NAMES = ["/bench/var1", "/bench/var2", "/bench/var3"]
FRESH = 1000


class LambdaContext:
    """As large as the real one, and as open to new attributes."""

    def __init__(self):
        self.aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
        self.log_group_name = "/aws/lambda/bench"
        self.log_stream_name = "2026/11/01/[$LATEST]5e32f0"
        self.function_name = "bench"
        self.memory_limit_in_mb = "128"
        self.function_version = "$LATEST"
        self.invoked_function_arn = "arn:aws:lambda:us-east-1:111122223333:function:bench"
        self.client_context = None
        self.identity = None
        self._epoch_deadline_time_in_ms = 1_800_000_000_000

    def get_remaining_time_in_millis(self):
        return 3000


def minimal_cache(name, ttl):
    """The least that a pure-Python cache for handlers has to do."""

    def decorate(handler):
        until = 0.0
        value = None

        @functools.wraps(handler)
        def wrapper(event, context):
            nonlocal until, value
            now = time.monotonic()
            if now >= until:
                value = "a value of some forty characters, as usual"
                until = now + ttl
            setattr(context, name, value)
            return handler(event, context)

        return wrapper

    return decorate


def handler(event, context):
    return None


@functools.lru_cache
def remembered(parameter, ttl_seconds=60):
    return "a value of some forty characters, as usual"


memoised = function.cache(remembered.__wrapped__)


def load():
    return "a value of some forty characters, as usual"


stacked = handler
for each in NAMES:
    stacked = ssm.cache(parameter=each)(stacked)

HANDLERS = {
    "bare": handler,
    "minimal": minimal_cache("var1", 60)(handler),
    "one": ssm.cache(parameter=NAMES[0])(handler),
    "list3": ssm.cache(parameter=NAMES, entry_name="parameters")(handler),
    "stacked3": stacked,
    "function": function.inject(load, entry_name="var1")(handler),
}

CALLS = {
    "lru_cache": (remembered, "call('/bench/var1')"),
    "lru_cache_keyword": (remembered, "call(parameter='/bench/var1')"),
    "lru_cache_keywords": (remembered, "call(parameter='/bench/var1', ttl_seconds=60)"),
    "memoised": (memoised, "call('/bench/var1')"),
    "memoised_keyword": (memoised, "call(parameter='/bench/var1')"),
    "memoised_keywords": (memoised, "call(parameter='/bench/var1', ttl_seconds=60)"),
    "get_entry": (ssm.get_entry, "call('/bench/var1')"),
    "get_entry_keyword": (ssm.get_entry, "call(parameter='/bench/var1')"),
    "get_entry_keywords": (ssm.get_entry, "call(parameter='/bench/var1', ttl_seconds=60)"),
    "secret": (secrets_manager.get_entry, f"call({SECRET!r})"),
    "secret_field": (secrets_manager.get_entry, f"call({DOCUMENT!r}, field='password')"),
    "secret_json": (secrets_manager.get_entry, f"call({DOCUMENT!r}, transform='json')"),
    "object_file": (s3.get_entry, f"call({OBJECT!r})"),
    "object_bytes": (s3.get_entry, f"call({BYTES!r}, as_bytes=True)"),
    "stat": (os.stat, f"call({'/tmp/' + OBJECT.rpartition('/')[2]!r})"),
    "path": (ssm.get_entry, f"call(path={PATH!r})"),
    "get_entry_list": (ssm.get_entry, "call(['/bench/var1', '/bench/var2', '/bench/var3'])"),
}

CLOCK = time.thread_time


def time_statement(statement, names, seconds):
    timer = timeit.Timer(statement, timer=CLOCK, globals=names)
    count = 1000
    while timer.timeit(count) < min(seconds / 8, 0.001):
        count *= 2
    best = left = seconds
    while left > 0:
        took = timer.timeit(count)
        left -= took
        best = min(best, took)
    return best / count * 1e9


def time_fresh(call, seconds):
    """A new context for every call, made outside the time that counts."""

    def run(contexts):
        event = {}
        begin = CLOCK()
        for context in contexts:
            call(event, context)
        return CLOCK() - begin

    run([LambdaContext() for _ in range(FRESH)])
    best = left = seconds
    while left > 0:
        took = run([LambdaContext() for _ in range(FRESH)])
        left -= took
        best = min(best, took)
    return best / FRESH * 1e9


def containers(of):
    """Every list and dict in there."""
    if isinstance(of, (list, dict)):
        yield of
        for each in of.values() if isinstance(of, dict) else of:
            yield from containers(each)


def copies(seconds):
    """A copy of each container of the document, by the container's own method."""
    nodes = list(containers(secrets_manager.get_entry(DOCUMENT, transform="json")))
    names = {f"copy{i}": node.copy for i, node in enumerate(nodes)}
    return time_statement(";".join(f"{name}()" for name in names), names, seconds)


def cases(seconds):
    yield "copies_of_json", lambda: copies(seconds)
    for name, (call, statement) in CALLS.items():
        yield name, lambda c=call, s=statement: time_statement(s, {"call": c}, seconds)
    for name, call in HANDLERS.items():
        for kind, context in (("dict", {}), ("object", LambdaContext())):
            if kind == "dict" and name == "minimal":
                continue
            yield (
                f"{name}_{kind}",
                lambda c=call, x=context: time_statement(
                    "call(event, context)", {"call": c, "event": {}, "context": x}, seconds
                ),
            )
        yield f"{name}_fresh", lambda c=call: time_fresh(c, seconds)


def main():
    order, seconds = int(sys.argv[1]), float(sys.argv[2])
    ssm.get_entry(NAMES)
    secrets_manager.get_entry(SECRET)
    secrets_manager.get_entry(DOCUMENT)
    ssm.get_entry(path=PATH)
    s3.get_entry(BYTES, as_bytes=True)
    file = s3.get_entry(OBJECT)
    for call in HANDLERS.values():
        call({}, LambdaContext())
    todo = list(cases(seconds))
    random.Random(order).shuffle(todo)
    print(json.dumps({name: run() for name, run in todo}))
    os.unlink(file)


if __name__ == "__main__":
    main()
