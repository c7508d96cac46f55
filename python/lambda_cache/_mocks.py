"""Whether a test plays AWS through botocore, which this package does not go through.

Imported at a fetch from AWS itself, in processes that have moto, botocore.stub or unittest.mock.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VARIABLES = {
    "ssm": "AWS_ENDPOINT_URL_SSM",
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "s3": "AWS_ENDPOINT_URL_S3",
}


def refusal(service: str, name: str) -> str | None:
    """Why AWS must not be asked for that name, or None."""
    # A function that has such a module in its package is still a function.
    if "AWS_LAMBDA_RUNTIME_API" in os.environ:
        return None
    found = _moto(service) or _patch() or _stubber()
    if found is None:
        return None
    variable = _VARIABLES.get(service, "AWS_ENDPOINT_URL")
    return (
        f"{found}, which does not see what lambda_cache reads ({name}): it asks AWS itself, not "
        "through botocore. In this test use lambda_cache.testing.fake(), or moto's server mode "
        f"(moto.server.ThreadedMotoServer) with {variable} set to its address. To ask AWS all the "
        f"same, set {variable} to the service's own address."
    )


def _moto(service: str) -> str | None:
    models = sys.modules.get("moto.core.models")
    if not getattr(getattr(models, "botocore_stubber", None), "enabled", False):
        return None
    # What moto was told to let through may go to AWS.
    lets_through = getattr(sys.modules.get("moto.core.config"), "passthrough_service", None)
    if lets_through is not None and lets_through(service):
        return None
    return "moto's mock_aws is active"


def _patch() -> str | None:
    mock = sys.modules.get("unittest.mock")
    if mock is None:
        return None
    for module, path in (
        ("boto3", "client"),
        ("boto3", "resource"),
        ("boto3", "Session"),
        ("botocore.client", "BaseClient._make_api_call"),
        ("botocore.session", "Session.create_client"),
    ):
        target: Any = sys.modules.get(module)
        for part in path.split("."):
            target = getattr(target, part, None)
        if isinstance(target, mock.NonCallableMock):
            return f"{module}.{path} is patched"
    return None


def _stubber() -> str | None:
    """An active botocore Stubber, in a process that runs tests.

    Nothing keeps a list of them: they are looked for among all objects, and an active one is told
    by the handler that it leaves with its client.
    """
    stub = sys.modules.get("botocore.stub")
    if stub is None or not ({"pytest", "unittest"} & sys.modules.keys()):
        return None
    import gc

    for each in gc.get_objects():
        if type(each) is stub.Stubber and _is_active(each):
            return "a botocore Stubber is active"
    return None


def _is_active(stubber: Any) -> bool:
    events = stubber.client.meta.events
    emitter = getattr(events, "_emitter", events)
    handlers = getattr(emitter, "_unique_id_handlers", None)
    # A botocore that keeps its handlers elsewhere: a Stubber is made to be activated.
    return handlers is None or stubber._event_id in handlers
