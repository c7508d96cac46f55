"""Reads from the agent while it is initialised, as any language would."""

import json
import os
import urllib.request

PORT = os.environ["LAMBDA_CACHE_AGENT_PORT"]


def read(target: str) -> tuple[str, str]:
    request = urllib.request.Request(
        f"http://localhost:{PORT}{target}",
        headers={"X-Aws-Parameters-Secrets-Token": os.environ["AWS_SESSION_TOKEN"]},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["X-Cache"], answer.read().decode()


def parameter(name: str, more: str = "") -> list[str]:
    origin, body = read(f"/systemsmanager/parameters/get?name={name}{more}")
    return [origin, json.loads(body)["Parameter"]["Value"]]


def secret(name: str) -> list[str]:
    origin, body = read(f"/secretsmanager/get?secretId={name}")
    return [origin, json.loads(body)["SecretString"]]


AT_START = [
    parameter("/app/var"),
    parameter("/app/key", "&withDecryption=true"),
    secret("prod/db"),
]


def handler(event: dict, context: object) -> object:
    if "name" in event:
        return parameter(event["name"], event.get("more", ""))
    return AT_START
