"""Calls example.handler with a dict or with None as context, as unit tests of a handler do.

One JSON event per line of the input, one JSON answer per line of the output.
"""

import json
import sys

from example import handler

for line in sys.stdin:
    context = {} if sys.argv[1] == "dict" else None
    try:
        answer = {"value": handler(json.loads(line), context)}
    except Exception as error:
        answer = {"errorType": type(error).__name__, "errorMessage": str(error)}
    print(json.dumps(answer), flush=True)
