"""What is declared of a path: everything that it holds, as one value.

Imported with the first of them.
"""

from lambda_cache import _declare
from lambda_cache._declare import described, wrong_type, wrong_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from lambda_cache import _native

# The options that make no sense without a path.
ITS_OWN = ("path", "recursive", "filters")
_KEYS = "'Type', 'KeyId' and 'Label'"


def _filters(option: str, value: object) -> "list[tuple[str, bool, list[str]]]":
    """Each as key, whether a beginning is enough, and values."""
    if isinstance(value, dict):
        return [_filter(option, key, "Equals", values) for key, values in value.items()]
    if isinstance(value, (list, tuple)):
        return [_like_boto3(option, each) for each in value]
    wrong_type(
        f"{option} has to be a dict like {{'Type': 'SecureString'}} or {{'Label': ['a', 'b']}}, or "
        f"a list like boto3's ParameterFilters, not {described(value)}"
    )


def _like_boto3(option: str, each: object) -> "tuple[str, bool, list[str]]":
    if not isinstance(each, dict) or not {"Key", "Values"} <= each.keys() <= _MEMBERS:
        wrong_type(
            f"{option} as a list has to hold dicts like "
            "{'Key': 'KeyId', 'Option': 'BeginsWith', 'Values': ['alias/app']}"
        )
    return _filter(option, each["Key"], each.get("Option", "Equals"), each["Values"])


_MEMBERS = {"Key", "Option", "Values"}


def _filter(option: str, key: object, how: object, values: object) -> "tuple[str, bool, list[str]]":
    if not isinstance(key, str):
        wrong_type(f"the keys of {option} are {_KEYS}, not {described(key)}")
    if how not in ("Equals", "BeginsWith"):
        wrong_value(f"the Option of {key} in {option} has to be 'Equals' or 'BeginsWith'")
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, (list, tuple)) or not all(isinstance(one, str) for one in values):
        wrong_type(f"{key} in {option} has to be a str or a list of str, not {described(values)}")
    return key, how == "BeginsWith", list(values)


def _no_default(option: str, value: object) -> "NoReturn":
    wrong_value(
        f"{option} is for a parameter that does not exist; a path that holds nothing is an empty "
        "dict, so leave it out"
    )


def _no_version(option: str, value: object) -> "NoReturn":
    wrong_value(
        f"{option} chooses a version of one parameter; of a path, read those that have a label "
        "with filters={'Label': 'name'}"
    )


_service = _declare.Service(
    "ssm",
    "ssm path",
    "path",
    "path",
    {
        "recursive": _declare.flag,
        "filters": _filters,
        "with_decryption": _declare.flag,
        "delimiter": _declare.delimiter,
        "default": _no_default,
        "version": _no_version,
        "label": _no_version,
    },
)


def taken_from(parameter: object, options: "dict[str, Any]") -> "str | None":
    """The path out of the options; None: they are of a parameter."""
    path = options.pop("path", None)
    if path is None:
        for option in ITS_OWN[1:]:
            if options.pop(option, None) is not None:
                raise TypeError(f"{option} goes with path='/app/', which is not given")
        return None
    if parameter is not _declare.MISSING and parameter is not None:
        raise TypeError("parameter and path are two ways to say what to read: give one of them")
    if not isinstance(path, str):
        wrong_type(f"path has to be a str that begins with '/', not {described(path)}")
    return path


def reader(path: str, ttl_seconds: object, options: "dict[str, Any]") -> "_native.Reader":
    return _service.reader(path, ttl_seconds, options)


def injections(
    path: str, ttl_seconds: object, entry_name: object, options: "dict[str, Any]"
) -> "list[tuple[str, _native.Reader]]":
    if path == "/" and (entry_name is None or entry_name is False):
        from lambda_cache.exceptions import NoEntryNameError

        raise NoEntryNameError(
            "No entry_name provided: path='/' gives none, so its values need a name, for example "
            "entry_name='config'"
        )
    return _service.injections(path, ttl_seconds, entry_name, options)
