"""Values that load while Lambda initialises the function."""

from __future__ import annotations

import callers
from local_lambda import Endpoint, LambdaFunction


def start(endpoint: Endpoint, handler: str) -> LambdaFunction:
    return LambdaFunction.python(
        f"prefetched.{handler}", endpoint.environment(), folder=callers.FUNCTIONS
    )


def test_the_first_invocation_makes_no_call_of_its_own(endpoint: Endpoint) -> None:
    endpoint.put("/production/app/var", "zero")
    endpoint.put("/app/var1", "one")
    endpoint.put("/app/var2", "two")
    endpoint.put_secret("/prod/db/conn_string", "postgres://db")
    with start(endpoint, "handler") as function:
        first = function.invoke({}).value
        calls = endpoint.calls()
        function.invoke({})
        assert endpoint.calls() == calls
    assert first == {
        "values": ["zero", {"var1": "one", "var2": "two"}, "postgres://db"],
        "misses": 0,
        "joins": 0,
    }
    asked = sorted(name for call in calls for name in call.names)
    assert asked == ["/app/var1", "/app/var2", "/prod/db/conn_string", "/production/app/var"]


def test_a_handler_that_is_not_the_functions_prefetches_nothing(endpoint: Endpoint) -> None:
    with start(endpoint, "idle") as function:
        assert function.invoke({}).value == 0
    assert endpoint.calls() == []
