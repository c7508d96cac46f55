"""What a service says whose clock is ahead of ours, or behind."""

from __future__ import annotations

import time
from datetime import datetime
from email.utils import formatdate
from http.client import HTTPMessage

# Signatures are good for so many seconds before and after their time.
TOLERANCE = 300


def date(ahead: int) -> str:
    return formatdate(time.time() + ahead, usegmt=True)


def refusal_of(request: HTTPMessage, ahead: int) -> tuple[str, int, bytes] | None:
    """Service, status and body, if the request was signed at the wrong time."""
    signed = datetime.strptime(request["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    if abs(signed.timestamp() - time.time() - ahead) < TOLERANCE:
        return None
    if "/s3/aws4_request" in request["Authorization"]:
        code = b"RequestTimeTooSkewed"
        return "s3", 403, b"<Error><Code>%s</Code><Message>no</Message></Error>" % code
    return "json", 400, b'{"__type":"InvalidSignatureException","message":"Signature expired: no"}'
