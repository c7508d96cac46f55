"""A value that cannot be read as asked: what the error says, and what it never holds."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint
from support.service import HIDDEN, Service

from lambda_cache import exceptions, secrets_manager


class OwnError(Exception):
    pass


def speaks_of_it(value: Any) -> Any:
    raise OwnError(f"cannot use {value}", value)


def number(value: str) -> int:
    return int(value)


def recurses(value: str) -> Any:
    return recurses(value)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"transform": "json"}, "not JSON"),
    ({"field": "a"}, "not JSON"),
    ({"transform": "binary"}, "not base64"),
    ({"transform": speaks_of_it}, "OwnError (test_transform_errors.py, line"),
    ({"transform": number}, "ValueError (test_transform_errors.py, line"),
    ({"transform": int}, "ValueError."),
    ({"transform": json.loads}, "JSONDecodeError (decoder.py, line"),
    ({"transform": recurses}, "RecursionError"),
]


def texts_of(error: BaseException) -> Iterator[str]:
    """Everything that a log, a debugger or an error reporter may show of it."""
    yield from (str(error), repr(error), repr(error.args), repr(vars(error)))
    yield from getattr(error, "__notes__", [])
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "/lambda_cache/" in frame.f_code.co_filename:
            yield repr(frame.f_locals)
    for other in (error.__cause__, error.__context__):
        if other is not None:
            yield from texts_of(other)
    yield "".join(traceback.format_exception(error))


@pytest.mark.parametrize(("options", "said"), REFUSED, ids=lambda part: str(part)[:40])
def test_errors_hold_no_part_of_the_value(
    service: Service, options: dict[str, Any], said: str
) -> None:
    @service.module.cache("/text", **options)  # type: ignore[untyped-decorator]
    def handler(event: Any, context: Any) -> Any: ...

    async def from_async() -> Any:
        return await service.module.get_entry_async("/text", **options)

    for read in (
        lambda: service.get("/text", **options),
        lambda: service.get({"x": service.one("/text", **options)}),
        lambda: handler({}, {}),
        lambda: asyncio.run(from_async()),
    ):
        with pytest.raises(exceptions.TransformError) as caught:
            read()
        assert said in str(caught.value)
        assert caught.value.name == "/text"
        assert caught.value.__cause__ is None
        for text in texts_of(caught.value):
            assert HIDDEN not in text
    assert service.get("/text") == HIDDEN
    assert len(service.endpoint.calls) == 1, "the value itself stays"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("nothing", "'nothing'"),
        ("hosts.2", "'hosts.2'"),
        ("hosts.name", "'hosts.name'"),
        ("hosts." + "9" * 5000, "'hosts.999"),
        ("password.x", "'password.x'"),
        ("none.x.y", "'none.x'"),
    ],
)
def test_fields_that_are_not_there(service: Service, field: str, said: str) -> None:
    with pytest.raises(exceptions.TransformError) as caught:
        service.get("/db", field=field)
    assert said in str(caught.value)
    for text in texts_of(caught.value):
        assert HIDDEN not in text


@pytest.mark.parametrize("text", ["YWJ", "YW Jj", "YW\u2028Jj", "YWJj====", "=YWJj", "\u00fc"])
def test_what_is_not_base64(service: Service, text: str) -> None:
    service.put("/binary", text)
    with pytest.raises(exceptions.TransformError, match="not base64"):
        service.get("/binary", transform="binary")


def test_a_delimiter_for_bytes(endpoint: Endpoint) -> None:
    with pytest.raises(TypeError, match="delimiter"):
        secrets_manager.get_entry("/x", delimiter=",")  # type: ignore[call-overload]


def test_json_that_is_nested_too_deep(service: Service) -> None:
    service.put("/deep", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(exceptions.TransformError, match="too deep"):
        service.get("/deep", transform="json")


def test_a_failed_read_inside_a_transform_is_the_cause(service: Service) -> None:
    def convert(value: str) -> Any:
        return service.get("/none")

    with pytest.raises(exceptions.TransformError, match="NotFoundError") as caught:
        service.get("/text", transform=convert)
    assert isinstance(caught.value.__cause__, exceptions.NotFoundError)


def test_interrupts_pass_through_a_transform(service: Service) -> None:
    def convert(value: str) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.get("/text", transform=convert)


def test_a_value_that_fits_again_is_read(service: Service, clock: Clock) -> None:
    with pytest.raises(exceptions.TransformError):
        service.get("/text", transform="json")
    service.put("/text", "[1]")
    clock.pass_time(61)
    assert service.get("/text", transform="json") == [1]
