"""What can go wrong. Every exception of this package is a `LambdaCacheError`.

The names and fields of lambda-cache are kept (`message`, `Code`). Failures of a read are a
`FetchError`, which looks like botocore's `ClientError` where programs look: `.response`. None of
them ever contains a value that was read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "AccessDeniedError",
    "ArgumentTypeNotSupportedError",
    "CertificateError",
    "ConfigurationError",
    "CredentialsError",
    "DecryptionError",
    "EndpointConnectionError",
    "FetchError",
    "FetchTimeoutError",
    "InvalidArgumentError",
    "InvalidS3UriError",
    "LambdaCacheError",
    "NoEntryNameError",
    "NotFoundError",
    "ObjectNotFoundError",
    "ParameterNotFoundError",
    "ProtocolError",
    "ReadCancelledError",
    "RequestRejectedError",
    "SecretNotFoundError",
    "ServiceUnavailableError",
    "StorageError",
    "ThrottledError",
    "TransformError",
]


class LambdaCacheError(Exception):
    """The root of the hierarchy."""

    message: str
    Code: str

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.Code = type(self).__name__


class ArgumentTypeNotSupportedError(LambdaCacheError, TypeError):
    """An argument is of a type that cannot work, for example a number as a parameter's name."""


class NoEntryNameError(LambdaCacheError, TypeError):
    """Several values were asked for without the name that they are injected under."""

    def __init__(self, message: str | bool = False) -> None:
        super().__init__(message if isinstance(message, str) else "No entry_name provided")


class InvalidArgumentError(LambdaCacheError, ValueError):
    """An argument has the right type and an impossible value."""


class InvalidS3UriError(InvalidArgumentError):
    """Not of the form s3://bucket/key."""

    def __init__(self, invalid_uri: object, reason: str | None = None) -> None:
        message = (
            "Expected Valid s3uri of the form 's3://bucket-name/path/to/file', "
            f"given: {invalid_uri}"
        )
        super().__init__(f"{message}. {reason}" if reason else message)
        self.invalid_uri = invalid_uri
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.invalid_uri, self.reason)


class ConfigurationError(LambdaCacheError):
    """The environment is incomplete or contradicts itself: no region, a malformed endpoint, ..."""


class FetchError(LambdaCacheError):
    """A value could not be fetched."""

    service: str
    """The service that was asked, for example "ssm"."""
    operation: str
    """What was called, for example "GetParameters"; empty if nothing was."""
    code: str
    """The service's error code, for example "ParameterNotFound"; empty if there is none."""
    name: str
    """The name that was asked for; empty if the failure is not about one name."""
    request_id: str
    """For AWS support; empty without an answer."""
    status: int
    """The HTTP status, 0 without an answer."""
    retryable: bool
    """Whether the same read may work later without a change."""
    response: dict[str, Any]
    """Shaped like `botocore.exceptions.ClientError.response`."""

    def __init__(
        self,
        message: str = "",
        service: str = "",
        operation: str = "",
        code: str = "",
        name: str = "",
        request_id: str = "",
        status: int = 0,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.service = service
        self.operation = operation
        self.code = code
        self.name = name
        self.request_id = request_id
        self.status = status
        self.retryable = retryable
        self.response = {
            "Error": {"Code": code or self.Code, "Message": message},
            "ResponseMetadata": {"RequestId": request_id, "HTTPStatusCode": status},
        }

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (
            self.message,
            self.service,
            self.operation,
            self.code,
            self.name,
            self.request_id,
            self.status,
            self.retryable,
        )
        return type(self), arguments

    # OSError, a base of some classes below, has a text of its own.
    def __str__(self) -> str:
        return self.message


class NotFoundError(FetchError):
    """There is nothing of that name."""


class ParameterNotFoundError(NotFoundError):
    """There is no parameter, or no version or label, of that name."""


class SecretNotFoundError(NotFoundError):
    """There is no secret, or no version or stage, of that name."""


class ObjectNotFoundError(NotFoundError):
    """There is no object, version or bucket of that name."""


class AccessDeniedError(FetchError):
    """The role may not read it."""


class DecryptionError(FetchError):
    """The KMS key of a SecureString could not be used."""


class RequestRejectedError(FetchError):
    """The service refused the request for another definite reason."""


class CredentialsError(FetchError):
    """There are no credentials, or the service does not accept them."""


class ThrottledError(FetchError):
    """The service asked to slow down."""


class FetchTimeoutError(FetchError, TimeoutError):
    """A time limit ended the wait; the message says which."""


class EndpointConnectionError(FetchError, ConnectionError):
    """The endpoint could not be reached, or the connection broke."""


class CertificateError(FetchError):
    """The endpoint's certificate was refused."""


class ProtocolError(FetchError):
    """The endpoint's answer could not be understood."""


class ServiceUnavailableError(FetchError):
    """The service failed (HTTP 5xx)."""


class StorageError(FetchError, OSError):
    """A file could not be written: the disk is full, or the directory cannot be written to."""


class TransformError(FetchError):
    """The value is there, but not what its transform, field or delimiter expects."""


class ReadCancelledError(FetchError):
    """The read was given up."""
