"""Values that load while Lambda initialises the function, before its first invocation."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import s3, secrets_manager, ssm
from lambda_cache.exceptions import ArgumentTypeNotSupportedError
from support import program

FUNCTION = """
from lambda_cache import secrets_manager, ssm

@ssm.cache("/app/a", entry_name="a")
@ssm.cache(["/app/b", "/app/c"], entry_name="others")
@secrets_manager.cache("/app/secret", entry_name="secret")
def handler(event, context):
    return context["a"], context["others"], context["secret"]

@ssm.cache("/app/of-another-function", entry_name="x")
def other(event, context): ...
"""


def in_lambda(tmp_path: Path, source: str, call: str = "module.handler({}, {})") -> str:
    """Imports the module as Lambda does, lets everything load, and prints what the first invocation
    gives and how much it had to wait for."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "app.py").write_text(source)
    return program.run(
        f"""
        import asyncio, importlib, sys, time
        sys.path.insert(0, {str(tmp_path)!r})
        module = importlib.import_module("functions.app")
        import lambda_cache
        while lambda_cache.stats()["loads"] < 4:
            time.sleep(0.001)
        print({call}, lambda_cache.stats()["misses"])
        """,
        _HANDLER="functions/app.handler",
        AWS_LAMBDA_RUNTIME_API="127.0.0.1:1",
    )


def put_all(endpoint: Endpoint) -> None:
    for name in "abc":
        endpoint.put(f"/app/{name}", name)
    endpoint.put_secret("/app/secret", "hidden")


def test_the_handler_of_the_function_finds_its_values(endpoint: Endpoint, tmp_path: Path) -> None:
    put_all(endpoint)
    seen = in_lambda(tmp_path, FUNCTION)
    assert seen == "('a', {'b': 'b', 'c': 'c'}, 'hidden') 0\n"
    # Each once, and nothing that another function declares.
    assert sorted(endpoint.names_asked) == ["/app/a", "/app/b", "/app/c", "/app/secret"]


def test_async_handlers_do_as_well(endpoint: Endpoint, tmp_path: Path) -> None:
    put_all(endpoint)
    source = FUNCTION.replace("def handler", "async def handler")
    seen = in_lambda(tmp_path, source, call="asyncio.run(module.handler({}, {}))")
    assert seen == "('a', {'b': 'b', 'c': 'c'}, 'hidden') 0\n"
    assert sorted(endpoint.names_asked) == ["/app/a", "/app/b", "/app/c", "/app/secret"]


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_LAMBDA_RUNTIME_API": ""},
        {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "_HANDLER": "app.another"},
        {
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
            "_HANDLER": "__main__.handler",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        },
    ],
    ids=["elsewhere", "another handler", "SnapStart"],
)
def test_elsewhere_nothing_starts(endpoint: Endpoint, variables: dict[str, str]) -> None:
    out = program.run(
        """
        import os
        from lambda_cache import ssm
        @ssm.cache("/app/var")
        def handler(event, context): ...
        print(len(os.listdir("/proc/self/task")))
        """,
        **variables,
    )
    assert out == "1\n"
    assert endpoint.calls == []


def test_it_can_be_asked_for_and_declined(endpoint: Endpoint) -> None:
    endpoint.put("/app/wanted", "there")
    out = program.run(
        """
        import os, time, lambda_cache
        from lambda_cache import ssm
        @ssm.cache("/app/declined", prefetch=False)
        def handler(event, context): ...
        print(len(os.listdir("/proc/self/task")))

        @ssm.cache("/app/wanted", prefetch=True)
        def other(event, context): return context["wanted"]
        while lambda_cache.stats()["loads"] == 0:
            time.sleep(0.001)
        print(other({}, {}), lambda_cache.stats()["misses"])
        """,
        _HANDLER="__main__.handler",
        AWS_LAMBDA_RUNTIME_API="127.0.0.1:1",
    )
    assert out == "1\nthere 0\n"
    assert endpoint.names_asked == ["/app/wanted"]


def test_a_failure_is_silent_until_the_value_is_read(endpoint: Endpoint) -> None:
    out = program.run(
        """
        import time, lambda_cache
        from lambda_cache import ssm
        @ssm.cache("/app/missing", prefetch=True)
        def handler(event, context): ...
        while lambda_cache.stats()["failures"] == 0:
            time.sleep(0.001)
        try:
            handler({}, {})
        except lambda_cache.exceptions.LambdaCacheError as why:
            print(type(why).__name__)
        """
    )
    assert out == "ParameterNotFoundError\n"
    assert len(endpoint.calls) == 1


def test_what_it_takes_is_checked() -> None:
    for cache in (ssm.cache, secrets_manager.cache, s3.cache):
        with pytest.raises(ArgumentTypeNotSupportedError, match="prefetch has to be True or False"):

            @cache("s3://bucket/x" if cache is s3.cache else "/app/x", prefetch=1)  # type: ignore
            def handler(event: object, context: object) -> None: ...

    with pytest.raises(TypeError, match="did you mean 'prefetch'"):
        ssm.cache("/app/x", prefech=True)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="unknown option 'prefetch'"):
        ssm.get_entry("/app/x", prefetch=True)  # type: ignore[call-overload]
    assert lambda_cache.stats()["calls"] == 0
