"""What a fake cloud keeps: parameters, secrets and objects, each with their versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from lambda_cache import _declare
from lambda_cache._testing_service import FakeService, text_of, texts_of

ParameterValue: TypeAlias = str | list[str] | tuple[str, ...]
SecretValue: TypeAlias = str | bytes | dict[str, Any] | list[Any]
ObjectValue: TypeAlias = str | bytes | dict[str, Any] | list[Any]
V = TypeVar("V")


class FakeStore(FakeService, Generic[V]):
    """A collection by name; what is put is a new version."""

    def put(self, name: str, value: V) -> Any:
        raise NotImplementedError

    def _names(self) -> list[str]:
        raise NotImplementedError

    def _remove(self, name: str) -> bool:
        raise NotImplementedError

    def update(self, values: Mapping[str, V]) -> None:
        """Put several."""
        for name, value in values.items():
            self.put(name, value)

    def __setitem__(self, name: str, value: V) -> None:
        self.put(name, value)

    def __delitem__(self, name: str) -> None:
        if not self._remove(text_of("name", name)):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __len__(self) -> int:
        return len(self._names())


def _encoded(what: str, value: object) -> bytes:
    if isinstance(value, (dict, list)):
        value = json.dumps(value)
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        _declare.wrong_type(
            f"the value of {what} has to be str, bytes, or a dict or list for JSON, not "
            f"{_declare.described(value)}"
        )
    return value


class FakeParameters(FakeStore[ParameterValue]):
    """Parameter Store: `cloud.ssm["/app/var"] = "x"`, a list for a StringList."""

    def put(
        self,
        name: str,
        value: ParameterValue,
        type: str | None = None,
        labels: str | Iterable[str] = (),
    ) -> int:
        """Add a version, and return its number.

        `type` is "String", "StringList" (which a list gets by itself) or "SecureString"; the
        `labels` move to this version.
        """
        if isinstance(value, (list, tuple)):
            items = texts_of("value", value)
            if not items or any("," in each for each in items):
                _declare.wrong_value(
                    f"{name!r} cannot have this list: a StringList is kept as its items with "
                    "commas between them, so there has to be one, and none of them has a comma"
                )
            if type not in (None, "StringList"):
                _declare.wrong_value(f"type={type!r} has no list as its value: give a str")
            value, type = ",".join(items), "StringList"
        number: int = self._native.put_parameter(
            text_of("name", name),
            text_of("value", value).encode(),
            text_of("type", "String" if type is None else type),
            texts_of("labels", labels),
        )
        return number

    def label(self, name: str, label: str, version: int | None = None) -> None:
        """Move a label to a version, by default the newest."""
        number = 0 if version is None else _declare.version("version", version)
        self._native.label_parameter(text_of("name", name), text_of("label", label), number)

    def _names(self) -> list[str]:
        names: list[str] = self._native.parameter_names()
        return names

    def _remove(self, name: str) -> bool:
        return bool(self._native.remove_parameter(name))


class FakeSecrets(FakeStore[SecretValue]):
    """Secrets Manager: `cloud.secrets["/prod/db"]` = text, bytes, or what becomes JSON."""

    def put(
        self,
        name: str,
        value: SecretValue,
        version_id: str | None = None,
        stages: str | Iterable[str] = (),
    ) -> str:
        """Add a version, and return its id.

        Without `stages` it gets AWSCURRENT, and what had that becomes AWSPREVIOUS.
        """
        made: str = self._native.put_secret(
            text_of("name", name),
            _encoded("a secret", value),
            "" if version_id is None else text_of("version_id", version_id),
            texts_of("stages", stages),
            isinstance(value, bytes),
        )
        return made

    def _names(self) -> list[str]:
        names: list[str] = self._native.secret_names()
        return names

    def _remove(self, name: str) -> bool:
        return bool(self._native.remove_secret(name))


class FakeObjects(FakeStore[ObjectValue]):
    """S3: `cloud.s3["s3://bucket/key"]` = bytes, text, or what becomes JSON.

    A bucket is there from the first object that is put into it.
    """

    def put(
        self,
        name: str,
        value: ObjectValue,
        version_id: str | None = None,
        content_type: str = "binary/octet-stream",
    ) -> str:
        """Add a version, and return its id."""
        made: str = self._native.put_object(
            text_of("name", name),
            _encoded("an object", value),
            "" if version_id is None else text_of("version_id", version_id),
            text_of("content_type", content_type),
        )
        return made

    def _names(self) -> list[str]:
        names: list[str] = self._native.object_names()
        return names

    def _remove(self, name: str) -> bool:
        return bool(self._native.remove_object(name))
