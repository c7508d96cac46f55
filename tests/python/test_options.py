"""The options that say what a value is made into, for parameters and secrets alike."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pytest
from conftest import Clock
from support.endpoint import Endpoint

import lambda_cache
from lambda_cache import Context, exceptions, secrets_manager, ssm

HIDDEN = "hunter2"
DATABASE = {
    "user": "admin",
    "password": HIDDEN,
    "port": 5432,
    "ratio": 1.5,
    "hosts": ["a", {"name": "b"}],
    "none": None,
}


class Service:
    """Parameters or secrets, by the same words."""

    def __init__(self, module: Any, argument: str, endpoint: Endpoint) -> None:
        self.module = module
        self.argument = argument
        self.endpoint = endpoint
        self.get: Callable[..., Any] = module.get_entry

    def put(self, name: str, value: str) -> None:
        if self.module is ssm:
            self.endpoint.put(name, value)
        else:
            self.endpoint.put_secret(name, value)

    def one(self, name: str, **options: Any) -> dict[str, Any]:
        return {self.argument: name, **options}


@pytest.fixture(params=["ssm", "secrets_manager"])
def service(request: pytest.FixtureRequest, endpoint: Endpoint) -> Iterator[Service]:
    if request.param == "ssm":
        made = Service(ssm, "parameter", endpoint)
    else:
        made = Service(secrets_manager, "name", endpoint)
    made.put("/db", json.dumps(DATABASE))
    made.put("/text", HIDDEN)
    made.put("/key", base64.b64encode(b"\x00\x01\xff\x00").decode())
    yield made


# What a value is made into.


def test_json(service: Service) -> None:
    assert service.get("/db", transform="json") == DATABASE
    assert service.get("/db", field="password") == HIDDEN
    assert service.get("/db", field="port") == 5432
    assert service.get("/db", field="hosts") == ["a", {"name": "b"}]
    assert service.get("/db", field="hosts.1.name", transform="json") == "b"
    assert service.get("/db", field="none") is None
    assert service.get("/db") == json.dumps(DATABASE)
    assert len(service.endpoint.calls) == 1, "all of them are views of one value"


def test_binary(service: Service) -> None:
    assert service.get("/key", transform="binary") == b"\x00\x01\xff\x00"
    lines = base64.encodebytes(bytes(range(256))).decode().replace("\n", "\r\n")
    service.put("/lines", lines)
    assert service.get("/lines", transform="binary") == bytes(range(256))


def test_bytes_stay_bytes(endpoint: Endpoint) -> None:
    endpoint.put_secret("/bytes", b'{"a": "b"}')
    assert secrets_manager.get_entry("/bytes", transform="binary") == b'{"a": "b"}'
    assert secrets_manager.get_entry("/bytes", transform="json") == {"a": "b"}
    assert secrets_manager.get_entry("/bytes", field="a") == "b"
    assert secrets_manager.get_entry("/bytes", transform=len) == 10


def test_auto(service: Service) -> None:
    service.put("/a.json", "[1]")
    service.put("/a.binary", "YWJj")
    service.put("/a.txt", "[1]")
    assert service.get("/a.json", transform="auto") == [1]
    assert service.get("/a.binary", transform="auto") == b"abc"
    assert service.get("/a.txt", transform="auto") == "[1]"
    assert service.get("/a.txt", transform="auto", field="0") == 1


def test_auto_goes_by_the_given_name(endpoint: Endpoint) -> None:
    endpoint.put("/a.json", "[1]")
    endpoint.put_secret("a.json", "[2]")
    assert ssm.get_entry("/a.json:1", transform="auto") == [1]
    assert ssm.get_entry("/a.json", version=1, transform="auto") == [1]
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/a.json"
    assert ssm.get_entry(arn, transform="auto") == [1]
    assert secrets_manager.get_entry(endpoint.arn_of("a.json"), transform="auto") == [2]


def test_a_function(service: Service) -> None:
    assert service.get("/text", transform=str.upper) == "HUNTER2"
    assert service.get("/text", transform=len) == 7
    assert len(service.endpoint.calls) == 1


def test_delimiter(endpoint: Endpoint) -> None:
    endpoint.put("/paths", "/a/b")
    assert ssm.get_entry("/paths", delimiter="/") == ["", "a", "b"]
    assert ssm.get_entry("/app/list", delimiter=",") == ["a", "b", "", "c"]
    assert ssm.get_entry("/app/list", delimiter=",,") == ["a,b", "c"]
    assert ssm.get_entry("/app/list", transform=len) == 4
    assert len(endpoint.calls) == 2


def test_version_and_label(endpoint: Endpoint, clock: Clock) -> None:
    assert ssm.get_entry("/app/var", version=1) == "the value"
    assert ssm.get_entry("/app/var:1") == "the value"
    assert endpoint.names_asked == ["/app/var:1"]
    assert ssm.get_entry("/app/var", label="live") == "the value"
    clock.pass_time(1000)
    assert ssm.get_entry("/app/var", version=1) == "the value"
    assert ssm.get_entry("/app/var", label="live") == "the value"
    assert endpoint.names_asked == ["/app/var:1", "/app/var:live", "/app/var:live"]


# Several at once, each with options of its own.


@pytest.mark.parametrize("kind", [list, tuple])
def test_options_of_one_in_a_list(service: Service, kind: Any) -> None:
    names = kind(["/text", service.one("/db", field="port"), service.one("/none", default=0)])
    for _ in range(2):
        assert service.get(names) == {"text": HIDDEN, "db": 5432, "none": 0}


@pytest.mark.parametrize("kind", [dict, MappingProxyType])
def test_aliases(service: Service, kind: Any) -> None:
    names = kind({"x": "/text", "y": service.one("/db", field="user"), "z": "/text"})
    for _ in range(2):
        assert service.get(names) == {"x": HIDDEN, "y": "admin", "z": HIDDEN}

    @service.module.cache(names)  # type: ignore[untyped-decorator]
    def each_by_itself(event: Any, context: Any) -> Any:
        return [context.x, context.y, context.z]

    @service.module.cache(names, entry_name="all")  # type: ignore[untyped-decorator]
    def together(event: Any, context: Any) -> Any:
        return context["all"]

    assert each_by_itself({}, Context()) == [HIDDEN, "admin", HIDDEN]
    assert together({}, {}) == {"x": HIDDEN, "y": "admin", "z": HIDDEN}


def test_what_one_says_takes_the_place_of_what_all_say(service: Service, clock: Clock) -> None:
    got = service.get(
        {
            "field": "/db",
            "whole": service.one("/db", transform="json"),
            "length": service.one("/text", transform=len),
            "soon": service.one("/text", ttl_seconds=1, transform=str.upper),
        },
        field="user",
        ttl_seconds=100,
    )
    assert got == {"field": "admin", "whole": DATABASE, "length": 7, "soon": "HUNTER2"}
    calls = len(service.endpoint.calls)
    clock.pass_time(2)
    mapping = {"x": "/db", "y": service.one("/text", ttl_seconds=1, transform=str)}
    service.get(mapping, field="user", ttl_seconds=100)
    assert len(service.endpoint.calls) == calls + 1


def test_a_label_takes_the_place_of_a_version(endpoint: Endpoint) -> None:
    names = ["/app/var1", {"parameter": "/app/var2", "label": "live"}]
    assert ssm.get_entry(names, version=1) == {"var1": "first", "var2": "second"}
    assert sorted(endpoint.names_asked) == ["/app/var1:1", "/app/var2:live"]
    got = ssm.get_entry(["/app/var1", {"parameter": "/app/list", "delimiter": ",,"}], transform=len)
    assert got == {"var1": 5, "list": ["a,b", "c"]}


def test_equal_arguments_of_other_types_are_other_arguments(service: Service) -> None:
    assert service.get([service.one("/text", ttl_seconds=1)]) == {"text": HIDDEN}
    with pytest.raises(exceptions.ArgumentTypeNotSupportedError, match="True"):
        service.get([service.one("/text", ttl_seconds=True)])
    assert service.get([service.one("/none", default=1)]) == {"none": 1}
    assert service.get([service.one("/none", default=True)])["none"] is True


def test_a_list_that_holds_itself(service: Service) -> None:
    names: list[Any] = ["/text"]
    names.append(names)
    with pytest.raises(RecursionError):
        service.get(names)


# Defaults.


@pytest.mark.parametrize("default", [None, "text", b"", 0, False, [1], {"a": [2]}])
def test_a_default(service: Service, default: Any) -> None:
    for _ in range(2):
        assert service.get("/none", default=default) == default
    with pytest.raises(exceptions.NotFoundError):
        service.get("/none")
    assert len(service.endpoint.calls) == 1, "that it is not there is remembered"


def test_a_default_is_what_it_is(service: Service) -> None:
    assert service.get("/none", default="[1]", transform="json") == "[1]"
    assert service.get("/none", default=None, field="a") is None


def test_a_default_ends_when_the_value_is_there(service: Service, clock: Clock) -> None:
    @service.module.cache("/none", default="fallback")  # type: ignore[untyped-decorator]
    def handler(event: Any, context: Any) -> Any:
        return context["none"]

    assert handler({}, {}) == "fallback"
    service.put("/none", "there")
    clock.pass_time(6)
    assert handler({}, {}) == "there"


def test_a_default_is_for_nothing_else(service: Service) -> None:
    service.endpoint.denied.add("/text")
    with pytest.raises(exceptions.AccessDeniedError):
        service.get("/text", default="fallback")


def test_a_default_is_the_callers_own(service: Service) -> None:
    mine = {"a": [1]}
    for _ in range(2):
        got = service.get("/none", default=mine)
        got["a"].append(2)
    assert mine == {"a": [1]}


def test_async(service: Service) -> None:
    async def main() -> Any:
        read = service.module.get_entry_async
        whole = await read("/db", transform="json")
        whole["hosts"].clear()
        return [
            await read("/db", field="port"),
            await read("/none", default=None),
            await read({"x": service.one("/db", field="hosts")}),
        ]

    assert asyncio.run(main()) == [5432, None, {"x": ["a", {"name": "b"}]}]


# Whose they are.


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
        assert handler() == 7
    assert seen == [HIDDEN]


SEEN: list[str] = []


def test_functions_with_something_around_them_are_told_apart(service: Service) -> None:
    def after(end: str) -> Any:
        return service.get("/text", transform=lambda value: value + end)

    def defaulted(end: str) -> Any:
        return service.get("/text", transform=lambda value, end=end: value + end)

    for read in (after, defaulted):
        assert [read(end) for end in ("a", "b", "a")] == ["hunter2a", "hunter2b", "hunter2a"]


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __call__(self, value: str) -> str:
        return value.upper()


def test_a_callable_without_a_hash(service: Service) -> None:
    for _ in range(2):
        assert service.get("/text", transform=Unhashable()) == "HUNTER2"
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


# What cannot be read as asked.


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
    ({"transform": speaks_of_it}, "OwnError (test_options.py, line"),
    ({"transform": number}, "ValueError (test_options.py, line"),
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


# Wrong use is refused where it is written.

WRONG: list[tuple[dict[str, Any], type[Exception], list[str]]] = [
    (
        {"transform": "yaml"},
        exceptions.InvalidArgumentError,
        ["transform='yaml'", "'json'", "'binary'", "'auto'", "function"],
    ),
    ({"transform": 5}, exceptions.ArgumentTypeNotSupportedError, ["transform", "'json'"]),
    ({"field": ""}, exceptions.InvalidArgumentError, ["field=''", "'password'"]),
    ({"field": "a..b"}, exceptions.InvalidArgumentError, ["field='a..b'"]),
    ({"field": 5}, exceptions.ArgumentTypeNotSupportedError, ["field", "str"]),
    (
        {"field": "a", "transform": "binary"},
        exceptions.InvalidArgumentError,
        ["field='a'", "transform"],
    ),
    ({"field": "a", "transform": len}, exceptions.InvalidArgumentError, ["field", "transform"]),
    ({"timeout_seconds": 0}, exceptions.InvalidArgumentError, ["timeout_seconds=0", "more than 0"]),
    ({"timeout_seconds": "1"}, exceptions.ArgumentTypeNotSupportedError, ["timeout_seconds"]),
    ({"max_attempts": 0}, exceptions.InvalidArgumentError, ["max_attempts=0", "between 1 and 100"]),
    ({"max_attempts": True}, exceptions.ArgumentTypeNotSupportedError, ["max_attempts", "whole"]),
    ({"stale_if_error_seconds": -1}, exceptions.InvalidArgumentError, ["stale_if_error_seconds"]),
    ({"refresh_ahead_seconds": -1}, exceptions.InvalidArgumentError, ["refresh_ahead_seconds=-1"]),
    ({"ttl_seconds": -1}, exceptions.InvalidArgumentError, ["ttl_seconds=-1", "0 or more"]),
    ({"max_age_in_seconds": "1"}, exceptions.ArgumentTypeNotSupportedError, ["max_age_in_seconds"]),
    ({"region": "Mars"}, exceptions.InvalidArgumentError, ["region='Mars'", "eu-west-1"]),
    ({"region": 1}, exceptions.ArgumentTypeNotSupportedError, ["region", "str"]),
    ({"endpoint_url": "gopher://x"}, exceptions.InvalidArgumentError, ["http://"]),
    ({"defaults": 1}, TypeError, ["'defaults'", "did you mean 'default'"]),
]
WRONG_OF_PARAMETERS: list[tuple[dict[str, Any], type[Exception], list[str]]] = [
    ({"version": 0}, exceptions.InvalidArgumentError, ["version=0", "counted from 1"]),
    ({"version": 2**63}, exceptions.InvalidArgumentError, ["version="]),
    ({"version": "3"}, exceptions.ArgumentTypeNotSupportedError, ["version", "whole number"]),
    ({"label": ""}, exceptions.InvalidArgumentError, ["label=''", "letters"]),
    ({"label": "3"}, exceptions.InvalidArgumentError, ["label='3'"]),
    ({"label": "a:b"}, exceptions.InvalidArgumentError, ["label='a:b'", "letters"]),
    ({"label": 3}, exceptions.ArgumentTypeNotSupportedError, ["label", "str"]),
    ({"version": 1, "label": "a"}, exceptions.InvalidArgumentError, ["version and label"]),
    ({"delimiter": ""}, exceptions.InvalidArgumentError, ["delimiter"]),
    ({"delimiter": 1}, exceptions.ArgumentTypeNotSupportedError, ["delimiter", "str"]),
    (
        {"delimiter": ",", "transform": "json"},
        exceptions.InvalidArgumentError,
        ["delimiter", "transform"],
    ),
    ({"with_decryption": "no"}, exceptions.ArgumentTypeNotSupportedError, ["with_decryption"]),
    ({"version_id": "x" * 36}, TypeError, ["'version_id'"]),
]
WRONG_OF_SECRETS: list[tuple[dict[str, Any], type[Exception], list[str]]] = [
    ({"version_id": "3"}, exceptions.InvalidArgumentError, ["version_id='3'", "32 to 64"]),
    ({"version_id": ""}, exceptions.InvalidArgumentError, ["version_id"]),
    ({"version_id": 3}, exceptions.ArgumentTypeNotSupportedError, ["version_id", "str"]),
    ({"version_stage": ""}, exceptions.InvalidArgumentError, ["version_stage"]),
    ({"version_stage": "x" * 257}, exceptions.InvalidArgumentError, ["version_stage", "256"]),
    (
        {"version_stage": "AWSPREVIOUS", "version_id": "x" * 36},
        exceptions.InvalidArgumentError,
        ["version_id and version_stage"],
    ),
    (
        {"rotation_aware": 1},
        exceptions.ArgumentTypeNotSupportedError,
        ["rotation_aware", "True or"],
    ),
    ({"with_decryption": True}, TypeError, ["'with_decryption'"]),
    ({"version": 1}, TypeError, ["'version'"]),
]
Wrong = tuple[dict[str, Any], type[Exception], list[str]]


def refused(module: Any, argument: str, case: Wrong) -> None:
    options, kind, said = case
    for call in (module.cache, module.get_entry):
        one_of_several = {"x": {argument: "/x", **options}}
        for names, given in (("/x", options), ({"x": "/x"}, options), (one_of_several, {})):
            with pytest.raises(kind) as caught:
                call(names, **given)
            for part in said:
                assert part in str(caught.value)


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_options(service: Service, case: Wrong) -> None:
    refused(service.module, service.argument, case)
    assert not service.endpoint.calls


@pytest.mark.parametrize("case", WRONG_OF_PARAMETERS, ids=str)
def test_wrong_options_of_parameters(case: Wrong) -> None:
    refused(ssm, "parameter", case)


@pytest.mark.parametrize("case", WRONG_OF_SECRETS, ids=str)
def test_wrong_options_of_secrets(case: Wrong) -> None:
    refused(secrets_manager, "name", case)


def test_a_version_in_the_name_and_another(endpoint: Endpoint) -> None:
    for option in ({"version": 3}, {"label": "live"}):
        with pytest.raises(exceptions.InvalidArgumentError, match="':2'"):
            ssm.get_entry("/x:2", **option)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "empty"),
        ("a b", "a space"),
        ("a:b", "':'"),
        ("x" * 513, "512"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/x", "'ssm'"),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:x", "12 digits"),
    ],
)
def test_names_that_cannot_be_a_secrets(name: str, said: str) -> None:
    for call in (secrets_manager.cache, secrets_manager.get_entry):
        with pytest.raises(exceptions.InvalidArgumentError, match="Secret name") as caught:
            call(name)
        assert said in str(caught.value)


@pytest.mark.parametrize("name", [5, None, b"/x", {"x"}, ["/a", 5], {"x": 5}, {5: "/x"}])
def test_names_of_the_wrong_type(service: Service, name: Any) -> None:
    for call in (service.module.cache, service.module.get_entry):
        with pytest.raises(exceptions.ArgumentTypeNotSupportedError):
            call(name)


def test_one_of_several_needs_its_name(service: Service) -> None:
    for wrong in ({"field": "a"}, {service.argument: 5}, {}):
        with pytest.raises(exceptions.ArgumentTypeNotSupportedError, match="need its name"):
            service.get([wrong])
    with pytest.raises(TypeError, match="'entry_name'") as caught:
        service.get([service.one("/x", entry_name="y")])
    assert "entry_name," not in str(caught.value), "which is no option of one among several"
    with pytest.raises(TypeError, match="unknown option 5"):
        service.get([{service.argument: "/x", 5: 1}])


def test_an_arn_needs_a_name_to_be_injected_under(endpoint: Endpoint) -> None:
    arn = endpoint.arn_of("db")
    for names, options in ((arn, {}), ([arn], {"entry_name": "all"}), ("/a/", {})):
        with pytest.raises(exceptions.NoEntryNameError, match="gives none"):
            secrets_manager.cache(names, **options)  # type: ignore[arg-type]
    with pytest.raises(exceptions.NoEntryNameError):
        secrets_manager.get_entry([arn])
    secrets_manager.cache({"db": arn})


def test_decorating_without_a_call(service: Service) -> None:
    with pytest.raises(TypeError, match=f"{service.argument}='/my/"):
        service.module.cache(lambda event, context: None)
