"""Checks signatures with botocore's own signer."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler


def refusal_of(request: BaseHTTPRequestHandler, body: bytes, secret_key: str) -> str:
    """Why the request's signature is wrong; empty if it is right."""
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
    from botocore.credentials import Credentials  # type: ignore[import-untyped]

    authorization = request.headers["Authorization"]
    fields = dict(
        part.strip().split("=", 1)
        for part in authorization.removeprefix("AWS4-HMAC-SHA256 ").split(",")
    )
    access_key, _, region, service, _ = fields["Credential"].split("/")
    signed = fields["SignedHeaders"].split(";")
    for required in ("host", "x-amz-date", "x-amz-target", "content-type"):
        if required not in signed:
            return f"{required} is not signed"
    again = AWSRequest(
        method=request.command,
        url=f"http://{request.headers['Host']}{request.path}",
        headers={name: request.headers[name] for name in signed},
        data=body,
    )
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(access_key, secret_key), service, region)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    if signer.signature(text, again) != fields["Signature"]:
        return "The request signature we calculated does not match the signature you provided."
    return ""
