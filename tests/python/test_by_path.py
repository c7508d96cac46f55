"""Everything that a path holds, as one value."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from support.endpoint import Call, Endpoint, Refusal

import lambda_cache
from lambda_cache import exceptions, ssm


@pytest.fixture
def tree(endpoint: Endpoint) -> Endpoint:
    endpoint.put("/cfg/db/host", "localhost")
    endpoint.put("/cfg/db/port", "5432")
    endpoint.put("/cfg/hosts", "a,b,,c", "StringList")
    endpoint.put("/cfg/name", "x", "SecureString")
    endpoint.put("/cfgs/other", "of another path")
    return endpoint


WHOLE = {"db/host": "localhost", "db/port": "5432", "hosts": ["a", "b", "", "c"], "name": "x"}


def test_all_that_is_below(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/cfg/") == WHOLE
    assert ssm.get_entry(path="/cfg/") == WHOLE
    assert [call.body for call in tree.calls] == [
        {"Path": "/cfg/", "Recursive": True, "MaxResults": 10, "WithDecryption": True}
    ]
    assert lambda_cache.stats()["entries"] == 1


def test_one_level(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/cfg", recursive=False) == {"hosts": WHOLE["hosts"], "name": "x"}
    assert ssm.get_entry(path="/cfg/db", recursive=False) == {"host": "localhost", "port": "5432"}


def test_the_root(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/")["cfg/db/host"] == "localhost"


def test_an_empty_path_is_an_empty_dict(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/nothing") == {}
    assert ssm.get_entry(path="/nothing") == {}
    assert len(tree.calls) == 1


def test_pages_and_empty_pages(endpoint: Endpoint) -> None:
    for i in range(35):
        endpoint.put(f"/many/{i:02}", str(i))
    assert ssm.get_entry(path="/many") == {f"{i:02}": str(i) for i in range(35)}
    assert [call.body.get("NextToken") for call in endpoint.calls] == [
        None,
        "10",
        "empty-10",
        "20",
        "empty-20",
        "30",
        "empty-30",
    ]


def test_a_handler(tree: Endpoint) -> None:
    @ssm.cache(path="/cfg/", recursive=True, entry_name="config")
    @ssm.cache(path="/cfg/db")
    def handler(event: Any, context: Any) -> Any:
        return context["config"], context["db"]

    for _ in range(3):
        assert handler({}, {}) == (WHOLE, {"host": "localhost", "port": "5432"})
    assert len(tree.calls) == 2


def test_what_is_handed_out_is_the_callers_own(tree: Endpoint) -> None:
    @ssm.cache(path="/cfg", entry_name="config")
    def handler(event: Any, context: Any) -> Any:
        return context.config

    for read in (lambda: ssm.get_entry(path="/cfg"), lambda: handler({}, None)):
        for _ in range(3):
            got = read()
            assert got == WHOLE
            got["hosts"].append("mine")
            got["new"] = 1
            del got["name"]
    assert len(tree.calls) == 1


def test_stacked_in_one_round(tree: Endpoint) -> None:
    came = threading.Barrier(3)

    def meet(call: Call) -> None:
        came.wait(20)  # each call is answered only when all three are there

    tree.script = meet

    @ssm.cache(path="/cfg", entry_name="config")
    @ssm.cache("/app/var")
    @ssm.cache(path="/cfg", entry_name="top", recursive=False)
    def handler(event: Any, context: Any) -> Any:
        return context.config["name"], context.var, context.top["name"]

    assert handler({}, None) == ("x", "the value", "x")
    assert len(tree.calls) == 3


def test_async(tree: Endpoint) -> None:
    @ssm.cache(path="/cfg", entry_name="config")
    @ssm.cache("/app/var")
    async def handler(event: Any, context: Any) -> Any:
        return context.config, await ssm.get_entry_async(path="/cfg/db")

    for _ in range(2):
        assert asyncio.run(handler({}, None)) == (WHOLE, {"host": "localhost", "port": "5432"})
    assert len(tree.calls) == 3


def test_ages_and_forced_reads(tree: Endpoint, clock: Any) -> None:
    assert ssm.get_entry(path="/cfg/db")["host"] == "localhost"
    tree.put("/cfg/db/host", "elsewhere")
    tree.put("/cfg/db/user", "me")
    assert ssm.get_entry(path="/cfg/db", ttl_seconds=100)["host"] == "localhost"
    clock.pass_time(61)
    assert ssm.get_entry(path="/cfg/db", ttl_seconds=100)["host"] == "localhost"
    new = {"host": "elsewhere", "port": "5432", "user": "me"}
    assert ssm.get_entry(path="/cfg/db") == new
    del tree.parameters["/cfg/db/port"]
    assert ssm.get_entry(path="/cfg/db", ttl_seconds=0) == {"host": "elsewhere", "user": "me"}
    assert ssm.get_entry(path="/cfg/db", ttl_seconds=100) == {"host": "elsewhere", "user": "me"}
    assert len(tree.calls) == 3


def test_what_comes_and_goes(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/cfg/db") != {}
    del tree.parameters["/cfg/db/port"], tree.parameters["/cfg/db/host"]
    assert ssm.get_entry(path="/cfg/db", ttl_seconds=0) == {}


def test_stale_while_it_cannot_be_read(tree: Endpoint, clock: Any) -> None:
    assert ssm.get_entry(path="/cfg") == WHOLE

    def throttle(call: Call) -> None:
        raise Refusal("ThrottlingException", "Rate exceeded")

    tree.script = throttle
    clock.pass_time(61)
    before = lambda_cache.stats()["stale"]
    assert ssm.get_entry(path="/cfg") == WHOLE
    assert lambda_cache.stats()["stale"] == before + 1


def test_refreshed_ahead(tree: Endpoint, clock: Any) -> None:
    assert ssm.get_entry(path="/cfg/db", refresh_ahead_seconds=20)["host"] == "localhost"
    tree.put("/cfg/db/host", "elsewhere")
    clock.pass_time(45)
    assert ssm.get_entry(path="/cfg/db", refresh_ahead_seconds=20)["host"] == "localhost"
    tree.wait_for_calls(2)
    assert ssm.get_entry(path="/cfg/db", ttl_seconds=40)["host"] == "elsewhere"
    assert len(tree.calls) == 2


def test_forgotten(tree: Endpoint) -> None:
    ssm.get_entry(path="/cfg/db")
    ssm.get_entry("/cfg/db/host")
    ssm.invalidate(path="/cfg/db", recursive=False)
    ssm.invalidate(path="/cfg/db")
    ssm.get_entry("/cfg/db/host")
    assert len(tree.calls) == 2
    ssm.get_entry(path="/cfg/db")
    assert len(tree.calls) == 3


def test_filters(tree: Endpoint) -> None:
    for given in (
        {"Type": "SecureString"},
        {"Type": ["SecureString"]},
        {"Type": ("SecureString",)},
        [{"Key": "Type", "Values": ["SecureString"]}],
        [{"Key": "Type", "Option": "Equals", "Values": ["SecureString"]}],
    ):
        assert ssm.get_entry(path="/cfg", filters=given) == {"name": "x"}
    assert len(tree.calls) == 1, "one entry, however the filter is written"
    assert tree.calls[0].body["ParameterFilters"] == [
        {"Key": "Type", "Option": "Equals", "Values": ["SecureString"]}
    ]
    ssm.get_entry(
        path="/cfg",
        filters=[
            {"Key": "Label", "Values": ["b", "a"]},
            {"Key": "KeyId", "Option": "BeginsWith", "Values": ["alias/"]},
        ],
    )
    assert tree.calls[1].body["ParameterFilters"] == [
        {"Key": "KeyId", "Option": "BeginsWith", "Values": ["alias/"]},
        {"Key": "Label", "Option": "Equals", "Values": ["a", "b"]},
    ]


def test_changed_filters_are_other_filters(tree: Endpoint) -> None:
    types = ["SecureString"]
    filters = {"Type": types}
    assert ssm.get_entry(path="/cfg", filters=filters) == {"name": "x"}
    types[0] = "StringList"
    assert ssm.get_entry(path="/cfg", filters=filters) == {"hosts": WHOLE["hosts"]}


def test_filters_are_remembered_from_call_to_call(tree: Endpoint) -> None:
    getter: Any = ssm.get_entry
    # Lists and dicts are written anew by each call.
    calls: list[Callable[[], object]] = [
        lambda: getter.reader(path="/cfg", filters={"Type": ["SecureString"]}),
        lambda: getter.reader(path="/cfg", filters={"Label": ["a", "b"], "Type": "String"}),
        lambda: getter.reader(
            path="/cfg", filters=[{"Key": "KeyId", "Option": "BeginsWith", "Values": ["alias/"]}]
        ),
    ]
    assert len({call() for call in calls for _ in range(3)}) == len(calls)
    for _ in range(3):
        assert ssm.get_entry(path="/cfg", filters={"Type": ["SecureString"]}) == {"name": "x"}
    assert len(tree.calls) == 1


def test_without_decryption(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/cfg", with_decryption=False)["name"] == "encrypted:x"
    assert ssm.get_entry(path="/cfg")["name"] == "x"


def test_transforms_of_each_value(endpoint: Endpoint) -> None:
    endpoint.put("/t/one.json", '{"a": {"b": [1, 2]}}')
    endpoint.put("/t/sub/two.binary", "aGk=")
    endpoint.put("/t/three", "x")
    automatic = {"one.json": {"a": {"b": [1, 2]}}, "sub/two.binary": b"hi", "three": "x"}
    for _ in range(2):
        got = ssm.get_entry(path="/t", transform="auto")
        assert got == automatic
        got["one.json"]["a"]["b"].append(3)
    assert ssm.get_entry(path="/t", transform=str.upper)["three"] == "X"
    assert ssm.get_entry(path="/t", delimiter="/")["three"] == ["x"]
    assert ssm.get_entry(path="/t")["three"] == "x"
    assert len(endpoint.calls) == 1, "views of one entry"


def test_a_field_of_each_value(endpoint: Endpoint) -> None:
    for name in ("a", "b"):
        endpoint.put(f"/f/{name}", json.dumps({"user": {"name": name}}))
    assert ssm.get_entry(path="/f", field="user.name") == {"a": "a", "b": "b"}
    assert ssm.get_entry(path="/f", field="user.name", transform="auto") == {"a": "a", "b": "b"}


@pytest.mark.parametrize("path", ["/t", "/t/"])
@pytest.mark.parametrize(
    "options", [{"transform": "json"}, {"field": "x"}, {"transform": lambda value: 1 // 0}]
)
def test_a_transform_that_fails_names_the_value(
    endpoint: Endpoint, path: str, options: dict[str, Any]
) -> None:
    endpoint.put("/t/sub/bad", "hidden")
    with pytest.raises(exceptions.TransformError) as caught:
        ssm.get_entry(path=path, **options)
    assert caught.value.name == "/t/sub/bad"
    assert "/t/sub/bad" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert ssm.get_entry(path=path) == {"sub/bad": "hidden"}
    assert len(endpoint.calls) == 1


def test_single_names_and_paths_keep_apart(tree: Endpoint) -> None:
    assert ssm.get_entry(path="/cfg/db")["host"] == "localhost"
    assert ssm.get_entry("/cfg/db/host") == "localhost"
    assert [call.operation for call in tree.calls] == ["GetParametersByPath", "GetParameter"]


def test_a_denied_path(tree: Endpoint) -> None:
    tree.denied.add("/cfg/")

    @ssm.cache(path="/cfg/")
    def handler(event: Any, context: Any) -> Any:
        raise AssertionError

    for call in (lambda: ssm.get_entry(path="/cfg/"), lambda: handler({}, None)):
        with pytest.raises(exceptions.AccessDeniedError) as caught:
            call()
        assert caught.value.name == "/cfg/"
        assert caught.value.operation == "GetParametersByPath"
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
        assert "ssm:GetParametersByPath on the path" in str(caught.value)
        assert ":parameter/cfg/" in str(caught.value)


def test_it_ends_before_the_invocation_does(tree: Endpoint) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 250

    answer = threading.Event()

    def hang(call: Call) -> None:
        answer.wait(20)

    @ssm.cache(path="/cfg")
    def handler(event: Any, context: Any) -> Any:
        raise AssertionError

    tree.script = hang
    try:
        with pytest.raises(exceptions.FetchTimeoutError, match="/cfg: the invocation's deadline"):
            handler({}, Context())
    finally:
        answer.set()


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"path": "/x", "parameter": "/y"}, TypeError, "parameter and path"),
    ({"path": 5}, exceptions.ArgumentTypeNotSupportedError, "begins with '/', not 5"),
    ({"path": ["/x"]}, exceptions.ArgumentTypeNotSupportedError, "type list"),
    ({"path": ""}, exceptions.InvalidArgumentError, "begin with '/'"),
    ({"path": "x"}, exceptions.InvalidArgumentError, "path='x' has to begin with '/'"),
    ({"path": "/a//b"}, exceptions.InvalidArgumentError, "/a//b"),
    ({"path": "/a b"}, exceptions.InvalidArgumentError, "a space"),
    ({"path": "/a:3"}, exceptions.InvalidArgumentError, "Label"),
    ({"path": "/x", "recursive": 1}, TypeError, "recursive has to be True or False, not 1"),
    ({"recursive": True}, TypeError, "recursive goes with path"),
    ({"parameter": "/y", "recursive": False}, TypeError, "recursive goes with path"),
    ({"parameter": "/y", "filters": {"Label": "a"}}, TypeError, "filters goes with path"),
    ({"path": "/x", "default": None}, exceptions.InvalidArgumentError, "an empty dict"),
    ({"path": "/x", "version": 3}, exceptions.InvalidArgumentError, "filters={'Label'"),
    ({"path": "/x", "label": "a"}, exceptions.InvalidArgumentError, "filters={'Label'"),
    ({"path": "/x", "recursiv": True}, TypeError, "did you mean 'recursive'"),
    ({"path": "/x", "ttl_seconds": -1}, exceptions.InvalidArgumentError, "ttl_seconds=-1"),
    ({"path": "/x", "transform": "yaml"}, exceptions.InvalidArgumentError, "'json'"),
    ({"path": "/x", "field": ""}, exceptions.InvalidArgumentError, "field"),
    ({"path": "/x", "field": "a", "transform": "binary"}, exceptions.InvalidArgumentError, "field"),
    ({"path": "/x", "filters": 5}, TypeError, "filters has to be a dict like"),
    ({"path": "/x", "filters": "Type"}, TypeError, "filters has to be a dict like"),
    ({"path": "/x", "filters": {5: "x"}}, TypeError, "'Type', 'KeyId' and 'Label'"),
    ({"path": "/x", "filters": {"Tier": "x"}}, exceptions.InvalidArgumentError, "'KeyId'"),
    ({"path": "/x", "filters": {"Type": "x"}}, exceptions.InvalidArgumentError, "'StringList'"),
    ({"path": "/x", "filters": {"Type": 5}}, TypeError, "a str or a list of str, not 5"),
    ({"path": "/x", "filters": {"Label": [5]}}, TypeError, "a str or a list of str"),
    ({"path": "/x", "filters": {"Label": []}}, exceptions.InvalidArgumentError, "1 to 50"),
    ({"path": "/x", "filters": {"Label": ["x"] * 51}}, exceptions.InvalidArgumentError, "51"),
    ({"path": "/x", "filters": {"Label": ""}}, exceptions.InvalidArgumentError, "empty"),
    ({"path": "/x", "filters": ["Type"]}, TypeError, "'Option': 'BeginsWith'"),
    ({"path": "/x", "filters": [{"Key": "Type"}]}, TypeError, "'Option': 'BeginsWith'"),
    (
        {"path": "/x", "filters": [{"Key": "Type", "Values": ["String"], "More": 1}]},
        TypeError,
        "'Option': 'BeginsWith'",
    ),
    (
        {"path": "/x", "filters": [{"Key": "Type", "Option": "Is", "Values": ["String"]}]},
        exceptions.InvalidArgumentError,
        "'Equals' or 'BeginsWith'",
    ),
    (
        {"path": "/x", "filters": [{"Key": "Label", "Option": "BeginsWith", "Values": ["a"]}]},
        exceptions.InvalidArgumentError,
        "not by BeginsWith",
    ),
    (
        {"path": "/x", "filters": [{"Key": "Label", "Values": ["a"]}] * 2},
        exceptions.InvalidArgumentError,
        "twice",
    ),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: repr(case[0])[:60])
@pytest.mark.parametrize("call", [ssm.cache, ssm.get_entry])
def test_wrong_use(case: Any, call: Callable[..., Any]) -> None:
    given, kind, said = case
    with pytest.raises(kind) as caught:
        call(**given)
    assert said in str(caught.value)


def test_what_is_not_given() -> None:
    nothing: dict[str, Any] = {"recursive": None, "filters": None, "transform": None}
    for given in ({"path": "/x"}, {"parameter": "/y"}):
        ssm.cache(**given, **nothing)
    ssm.cache("/y", path=None)
    ssm.cache(None, path="/x")


def test_names_to_inject_by(tree: Endpoint) -> None:
    with pytest.raises(exceptions.NoEntryNameError, match="path='/' gives none"):
        ssm.cache(path="/")
    with pytest.raises(exceptions.InvalidArgumentError, match="'identity'"):
        ssm.cache(path="/app/identity/")

    @ssm.cache(path="/", entry_name="everything")
    def handler(event: Any, context: Any) -> Any:
        return context.everything["cfg/name"]

    assert handler({}, None) == "x"
