"""A function that takes its time to be initialised, so that what loads meanwhile is there."""

import os
import time

import lambda_cache
from lambda_cache import secrets_manager, ssm


@ssm.cache(parameter="/production/app/var")
@ssm.cache(parameter=["/app/var1", "/app/var2"], entry_name="rest")
@secrets_manager.cache(name="/prod/db/conn_string")
def handler(event, context):
    before = lambda_cache.stats()
    values = [context.var, context.rest, context.conn_string]
    return {"values": values, "misses": before["misses"], "joins": before["joins"]}


@ssm.cache(parameter="/app/of-another-function")
def other(event, context):
    return context["of-another-function"]


def idle(event, context):
    return lambda_cache.stats()["calls"]


patience = time.monotonic() + 20
while os.environ["_HANDLER"] == "prefetched.handler" and lambda_cache.stats()["entries"] < 4:
    if time.monotonic() > patience:
        break
    time.sleep(0.005)
