"""Parameters and secrets, by the same words: what holds for both is tested with both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambda_cache import ssm

from .endpoint import Endpoint

HIDDEN = "canary-hunter2"
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
