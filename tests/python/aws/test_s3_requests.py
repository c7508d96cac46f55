"""GetObject as botocore sends it: the same URL, byte for byte, and the same signature."""

import datetime
import functools
import itertools
import random
from unittest import mock

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

LOADER = Loader()
RULES = LOADER.load_service_model("s3", "endpoint-rule-set-1")
PARTITIONS = LOADER.load_data("partitions")
REGIONS = [
    region
    for partition in PARTITIONS["partitions"]
    for region in partition["regions"]
    if region != "aws-global"
]
BUCKETS = ["abc", "my-bucket", "my.bucket", "My_Bucket", "a" * 63, "1-2", "a-.b", "1.2.3.4a"]
CHARACTERS = "aZ09-_.~!*'()/+ %?#&=;:@$,[]{}|\\^`\"<>\x01\x7fäß€😀\u2028"
MOMENT = 1_440_938_160


@pytest.mark.parametrize("bucket", BUCKETS)
def test_places_equal_those_of_botocores_rules(aws_probe, bucket):
    provider = EndpointProvider(RULES, PARTITIONS)
    questions = [
        {
            "op": "get_object",
            "uri": f"s3://{bucket}/k",
            "region": region,
            "fips": fips,
            "dual_stack": dual,
            "time": 0,
        }
        for region, fips, dual in itertools.product(REGIONS, (False, True), (False, True))
    ]
    for question, answer in zip(questions, aws_probe(questions), strict=True):
        try:
            expected = provider.resolve_endpoint(
                Bucket=bucket,
                Region=question["region"],
                UseFIPS=question["fips"],
                UseDualStack=question["dual_stack"],
                ForcePathStyle=False,
                Accelerate=False,
                UseGlobalEndpoint=False,
            ).url
        except EndpointProviderError:
            assert answer["error"] == "invalid_argument", question
            continue
        assert answer["url"] == expected + "/k", question


def some_key(rng):
    words = ["..", ".", "", "a", "%2F", "x y", "".join(rng.choices(CHARACTERS, k=8))]
    return "/".join(rng.choices(words, k=rng.randrange(1, 6))) + rng.choice(["k", "k/", "+"])


@functools.cache
def client_for(region, url, token):
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret", token or None)
    return session.create_client("s3", region_name=region, endpoint_url=url or None)


def sent_by_botocore(question, bucket, key):
    client = client_for(question["region"], question["url"], question["token"])
    caught = []

    def stop(request, **_):
        caught.append(request)
        return AWSResponse(request.url, 304, {}, mock.Mock(stream=lambda: iter([b""])))

    client.meta.events.register_first("before-send.s3", stop, unique_id="stop")
    arguments = {"Bucket": bucket, "Key": key, "ChecksumMode": "ENABLED"}
    if question.get("version_id"):
        arguments["VersionId"] = question["version_id"]
    if question.get("if_none_match"):
        arguments["IfNoneMatch"] = question["if_none_match"]
    if question.get("range"):
        arguments["Range"] = "bytes=5-9"
    moment = datetime.datetime.fromtimestamp(MOMENT, datetime.UTC)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=moment):
        try:
            client.get_object(**arguments)
        except Exception:
            if not caught:
                raise
    client.meta.events.unregister("before-send.s3", unique_id="stop")
    return caught[0]


def signature_of(answer, question):
    """botocore's, of our request with our headers."""
    signing = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
    headers = {n: v for n, v in answer["headers"].items() if n not in signing}
    request = AWSRequest("GET", answer["url"], headers)
    keys = Credentials("AKIDEXAMPLE", "secret", question["token"] or None)
    moment = datetime.datetime.fromtimestamp(MOMENT, datetime.UTC)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=moment):
        botocore.auth.S3SigV4Auth(keys, "s3", question["region"]).add_auth(request)
    return request.headers["Authorization"]


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9000", "https://minio.example/base"])
def test_requests_equal_botocores(aws_probe, url):
    rng = random.Random(7)
    questions = []
    for _ in range(60):
        bucket = rng.choice(BUCKETS)
        questions.append(
            {
                "op": "get_object",
                "uri": f"s3://{bucket}/{some_key(rng)}",
                "region": rng.choice(["eu-west-1", "cn-north-1", "us-gov-west-1"]),
                "url": url,
                "time": MOMENT,
                "id": "AKIDEXAMPLE",
                "secret": "secret",
                "token": rng.choice(["", "a/token+="]),
                "version_id": rng.choice(["", "a.b_c-d", "a/b+c="]),
                "if_none_match": rng.choice(["", '"etag"']),
                "range": rng.random() < 0.5,
            }
        )
    for question, answer in zip(questions, aws_probe(questions), strict=True):
        bucket, _, key = question["uri"].removeprefix("s3://").partition("/")
        theirs = sent_by_botocore(question, bucket, key)
        assert answer["url"] == theirs.url, question
        ours = answer["headers"]
        for name, value in ours.items():
            if name == "authorization":  # theirs is over more headers
                assert value == signature_of(answer, question), question
                continue
            there = theirs.headers[name]
            assert value == (there.decode() if isinstance(there, bytes) else there), name
