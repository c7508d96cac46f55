"""Every signature equals the one that botocore makes for the same request."""

import datetime
import random
import string
from typing import Any
from unittest import mock
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REQUESTS = 4000
METHODS = ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "get", "X-ODD"]
REGIONS = ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "ap-southeast-7", "r"]
HOSTS = [
    "ssm.eu-west-1.amazonaws.com",
    "127.0.0.1:4566",
    "[fd00:ec2::23]",
    "[::1]:8443",
    "a-b.example:65535",
    "localhost",
]
# Everything that urlsplit leaves where it is: it cuts at '?' and '#' and drops tabs and newlines.
PATH_CHARACTERS = (
    "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in "?#")
    + "\x00\x01\x7f"
    + "äß€😀\u00a0"
)
QUERY_CHARACTERS = PATH_CHARACTERS.replace(" ", "") + "?"
HEADER_NAMES = [
    "Content-Type",
    "content-type",
    "X-Amz-Target",
    "Accept",
    "If-None-Match",
    "Range",
    "User-Agent",
    "Connection",
    "Expect",
    "TE",
    "X-Amzn-Trace-Id",
    "Transfer-Encoding",
    "x-amz-meta-A",
    "X-AMZ-META-B",
    "A",
    "zz",
    "X_under.dot~",
]


def some_text(rng: random.Random, characters: str, longest: int) -> str:
    return "".join(rng.choices(characters, k=rng.randrange(longest + 1)))


def some_path(rng: random.Random) -> str:
    segments = []
    for _ in range(rng.randrange(6)):
        segments.append(
            rng.choice(
                [
                    "",
                    ".",
                    "..",
                    "...",
                    "a",
                    "%2F",
                    "%e4",
                    "a%20b",
                    some_text(rng, PATH_CHARACTERS, 12).replace("/", ""),
                    quote(some_text(rng, PATH_CHARACTERS, 12)),
                ]
            )
        )
    return "/" + "/".join(segments)


def some_query(rng: random.Random) -> str:
    pairs = []
    for _ in range(rng.randrange(6)):
        name = rng.choice(["", "a", "A", "b", "prefix", some_text(rng, QUERY_CHARACTERS, 6)])
        value = rng.choice(["", "1", "a b", "äö", some_text(rng, QUERY_CHARACTERS, 6)])
        shape = rng.randrange(4)
        if shape == 0:
            pairs.append(name)
        elif shape == 1:
            pairs.append(f"{quote(name)}={quote(value)}")
        else:
            pairs.append(f"{name}={value}".replace(" ", "%20"))
    return "&".join(pairs)


def some_header(rng: random.Random) -> list[str]:
    words = ["", " ", "  ", "\t", "a", "b c", "x  y", "application/x-amz-json-1.1", '"  q  "', "é"]
    return [rng.choice(HEADER_NAMES), "".join(rng.choices(words, k=rng.randrange(5)))]


def some_request(rng: random.Random) -> dict[str, Any]:
    secrets = string.ascii_letters + string.digits + "+/="
    return {
        "op": "sign",
        "method": rng.choice(METHODS),
        "host": rng.choice(HOSTS),
        "path": some_path(rng),
        "query": some_query(rng),
        "headers": [some_header(rng) for _ in range(rng.randrange(5))],
        "body": rng.randbytes(rng.choice([0, 0, 1, 63, 64, 65, 500])).hex(),
        "region": rng.choice(REGIONS),
        "service": rng.choice(["ssm", "secretsmanager", "sts", "s3"]),
        "time": rng.choice([0, 951_782_400, 1_440_938_160, rng.randrange(253_402_300_800)]),
        "s3": rng.random() < 0.3,
        "id": "AKID" + some_text(rng, string.ascii_uppercase, 16),
        "secret": some_text(rng, secrets, rng.choice([40, 100])),
        "token": rng.choice(["", some_text(rng, secrets, 300)]),
    }


def signed_by_botocore(question: dict[str, Any]) -> dict[str, str]:
    query = "?" + question["query"] if question["query"] else ""
    request = AWSRequest(
        method=question["method"],
        url=f"https://{question['host']}{question['path']}{query}",
        data=bytes.fromhex(question["body"]),
    )
    for name, value in question["headers"]:
        request.headers[name] = value  # adds: HTTPHeaders keeps what is there
    # None is how botocore says "no token".
    keys = Credentials(question["id"], question["secret"], question["token"] or None)
    kind = botocore.auth.S3SigV4Auth if question["s3"] else botocore.auth.SigV4Auth
    moment = datetime.datetime.fromtimestamp(question["time"], datetime.UTC)
    before = {name.lower() for name, _ in question["headers"]}
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=moment):
        kind(keys, question["service"], question["region"]).add_auth(request)
    return {
        name.lower(): value for name, value in request.headers.items() if name.lower() not in before
    }


@pytest.mark.parametrize("seed", range(4))
def test_signatures_equal_botocores(aws_probe, seed):
    rng = random.Random(seed)
    questions = [some_request(rng) for _ in range(REQUESTS // 4)]
    for question, answer in zip(questions, aws_probe(questions), strict=True):
        ours = {name.lower(): value for name, value in answer["headers"]}
        assert ours == signed_by_botocore(question), question


def test_the_documented_example_of_aws(aws_probe):
    """GET ListUsers from the Signature Version 4 documentation, with its published signature."""
    [answer] = aws_probe(
        [
            {
                "op": "sign",
                "method": "GET",
                "host": "iam.amazonaws.com",
                "path": "/",
                "query": "Action=ListUsers&Version=2010-05-08",
                "headers": [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
                "body": "",
                "region": "us-east-1",
                "service": "iam",
                "time": 1_440_938_160,
                "id": "AKIDEXAMPLE",
                "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            }
        ]
    )
    assert dict(answer["headers"]) == {
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    }
