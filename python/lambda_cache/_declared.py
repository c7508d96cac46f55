"""What a function's code declares, for the program lambda-cache (doctor, policy).

Run as `python -m lambda_cache._declared module.handler`: imports the handler's module as AWS Lambda
does, and writes what was declared meanwhile as one JSON object. Nothing else imports this.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any

from lambda_cache import _native

# Of the options of a declaration, those that say what is read, and with which permissions.
_OPTIONS = (
    "region",
    "endpoint_url",
    "role_arn",
    "external_id",
    "role_session_name",
    "timeout_seconds",
    "max_attempts",
    "with_decryption",
    "version",
    "label",
    "recursive",
    "filters",
    "version_id",
    "version_stage",
    "rotation_aware",
)


class _Wrong(Exception):
    """What is wrong with the handler's name, and what to do."""


def _recorded(declared: list[dict[str, Any]]) -> Any:
    """make_reader, which notes what it makes readers of."""
    make_reader = _native.make_reader

    def recording(service: str, places: list[Any], is_mapping: bool) -> _native.Reader:
        made = make_reader(service, places, is_mapping)
        for name, _, given in places:
            entry: dict[str, Any] = {"service": service, "name": name}
            entry.update((option, given[option]) for option in _OPTIONS if option in given)
            if "default" in given:
                entry["optional"] = True
            if entry not in declared:
                declared.append(entry)
        return made

    return recording


def _nothing(sources: Any, module: str, function: str, wanted: bool | None) -> None:
    """In place of what starts loading where values are declared."""


def _load(handler: str) -> None:
    """Imports as awslambdaric's _get_handler does."""
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        raise _Wrong(f"{handler!r} is no handler: it should look like 'module.handler'")
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise _Wrong(f"the built-in module {module_name!r} cannot be a handler's module")
    wanted = module_name.replace("/", ".")
    try:
        module = importlib.import_module(wanted)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{wanted}.".startswith(f"{missing.name}."):
            raise
        raise _Wrong(
            f"there is no module {missing.name!r} in {os.getcwd()}: run this from the directory "
            "that Lambda has as LAMBDA_TASK_ROOT"
        ) from None
    if not hasattr(module, name):
        raise _Wrong(f"the module {wanted!r} has no {name!r}")


def _answer(handler: str) -> dict[str, Any]:
    declared: list[dict[str, Any]] = []
    _native.make_reader = _recorded(declared)
    _native.prefetch = _nothing  # also where a declaration asks for it
    try:
        _load(handler)
    except _Wrong as wrong:
        return {"error": f"{wrong}."}
    except BaseException as failure:  # also what a module says instead of sys.exit()
        last = traceback.format_exception_only(failure)[-1].strip()
        frames = traceback.extract_tb(failure.__traceback__)
        where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
        return {
            "error": f"importing it failed: {last}{where}. It has to be importable here as it is "
            "in Lambda: with the same packages and environment variables."
        }
    return {"entries": declared}


def main() -> None:
    # What the module prints must not get among the answer.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    with answer:
        json.dump(_answer(sys.argv[1]), answer)
    # Threads that the module has started are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
