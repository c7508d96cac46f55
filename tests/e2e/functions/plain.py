"""A function without a cache, for tests of the emulator."""

import os
import time


def handler(event, context):
    match event.get("do"):
        case "raise":
            raise ValueError("as asked")
        case "exit":
            os._exit(4)
        case "sleep":
            time.sleep(event["seconds"])
        case "large":
            return "x" * (7 * 1024 * 1024)
    return {
        "pid": os.getpid(),
        "event": event,
        "request_id": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
        "arn": context.invoked_function_arn,
        "environment": sorted(name for name in os.environ if name.startswith("AWS_LAMBDA_")),
    }
