"""When values are converted, by whom, and whose the result is."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from support.service import DATABASE, HIDDEN, Service

import lambda_cache
from lambda_cache import ssm


def test_what_a_caller_changes_is_his_own(service: Service) -> None:
    @service.module.cache("/db", transform="json", entry_name="db")  # type: ignore[untyped-decorator]
    def handler(event: Any, context: Any) -> Any:
        return context["db"]

    for read in (
        lambda: service.get("/db", transform="json"),
        lambda: handler({}, {}),
        lambda: service.get({"db": service.one("/db", transform="json")})["db"],
        lambda: service.get(["/db"], transform="json")["db"],
    ):
        for _ in range(3):
            got = read()
            assert got == DATABASE
            got["hosts"][1]["name"] = "changed"
            got["hosts"].append("more")
            got["password"] = "changed"
            del got["port"]


def test_values_are_converted_once(service: Service) -> None:
    seen: list[str] = []

    def convert(value: str) -> list[str]:
        seen.append(value)
        return [value]

    @service.module.cache("/text", transform=convert)  # type: ignore[untyped-decorator]
    def handler(event: Any, context: Any) -> Any:
        return context["text"]

    for _ in range(3):
        assert service.get("/text", transform=convert) == [HIDDEN]
        assert service.get({"x": service.one("/text", transform=convert)}) == {"x": [HIDDEN]}
        assert handler({}, {}) == [HIDDEN]
    assert seen == [HIDDEN]
    service.get("/text", ttl_seconds=0)
    service.get("/text", transform=convert)
    assert seen == [HIDDEN] * 2, "a new value is converted anew"


def test_a_lambda_in_a_body_is_one_function(service: Service) -> None:
    seen: list[str] = []
    globals()["SEEN"] = seen

    def handler() -> Any:
        return service.get("/text", transform=lambda value: SEEN.append(value) or len(value))

    for _ in range(5):
        assert handler() == len(HIDDEN)
    assert seen == [HIDDEN]


SEEN: list[str] = []


def test_functions_with_something_around_them_are_told_apart(service: Service) -> None:
    def after(end: str) -> Any:
        return service.get("/text", transform=lambda value: value + end)

    def defaulted(end: str) -> Any:
        return service.get("/text", transform=lambda value, end=end: value + end)

    for read in (after, defaulted):
        assert [read(end) for end in ("a", "b", "a")] == [
            "canary-hunter2a",
            "canary-hunter2b",
            "canary-hunter2a",
        ]


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __call__(self, value: str) -> str:
        return value.upper()


def test_a_callable_without_a_hash(service: Service) -> None:
    for _ in range(2):
        assert service.get("/text", transform=Unhashable()) == "CANARY-HUNTER2"
    assert len(service.endpoint.calls) == 1


def test_a_transform_that_gives_the_same_object_each_time(service: Service) -> None:
    shared = {"seen": 0}

    def convert(value: str) -> dict[str, int]:
        shared["seen"] += 1
        return shared

    for seen in (1, 2, 3):
        got = service.get("/text", transform=convert, ttl_seconds=0)
        assert got == {"seen": seen}
        got["seen"] = 100
    assert shared == {"seen": 3}


@pytest.mark.parametrize("thing", [(1, [2]), {3}, 4.5, object(), None])
def test_other_objects_are_handed_out_as_they_are(service: Service, thing: Any) -> None:
    first = service.get("/text", transform=lambda value: thing)
    assert first is thing
    assert service.get({"x": service.one("/text", transform=lambda value: thing)})["x"] is thing


@pytest.mark.parametrize(
    "inside",
    [
        lambda service: service.get("/text"),
        lambda service: service.get("/text", ttl_seconds=0),
        lambda service: lambda_cache.clear_cache(),
        lambda service: lambda_cache.reset(),
        lambda service: service.get("/text", transform=lambda value: [value]),
    ],
)
def test_a_transform_that_calls_back(service: Service, inside: Any) -> None:
    def convert(value: str) -> list[str]:
        inside(service)
        return [value]

    @service.module.cache("/text", transform=convert)  # type: ignore[untyped-decorator]
    def handler(event: Any, context: Any) -> Any:
        return context["text"]

    for _ in range(3):
        assert service.get("/text", transform=convert) == [HIDDEN]
        assert handler({}, {}) == [HIDDEN]
        assert service.get({"x": service.one("/text", transform=convert)}) == {"x": [HIDDEN]}


def test_transforms_in_many_threads(service: Service) -> None:
    failed: list[BaseException] = []

    def convert(value: str) -> list[str]:
        if threading.get_ident() % 3 == 0:
            lambda_cache.clear_cache()
        return [value]

    def work() -> None:
        try:
            for i in range(200):
                got = service.get("/text", transform=convert, ttl_seconds=0 if i % 50 == 0 else 60)
                assert got == [HIDDEN]
                got.append("mine")
                assert service.get("/db", transform="json") == DATABASE
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed


def test_views_are_forgotten_when_there_are_too_many() -> None:
    from lambda_cache import _views

    for i in range(2500):
        ssm.cache("/x", transform=lambda value, i=i: value)
        assert len(_views._known) <= 1000
