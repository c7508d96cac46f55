"""Bodies mean the same to botocore and to us, and so do refusals."""

import json
import random

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

ODD_CHARACTERS = '"\\/\x00\x01\x1f\x7f\b\f\n\r\t\u0080\u2028\ufeff\uffff äß€😀' + "aZ09_.-:,{}[]"
SERVICE = botocore.session.Session().get_service_model("ssm")


def some_text(rng, longest):
    return "".join(rng.choices(ODD_CHARACTERS, k=rng.randrange(longest + 1)))


def parsed_by_botocore(operation, status, body):
    parser = create_parser("json")
    response = {"status_code": status, "headers": {}, "body": body}
    return parser.parse(response, SERVICE.operation_model(operation).output_shape)


def test_requests_say_what_was_asked(aws_probe):
    rng = random.Random(1)
    questions = [
        {
            "op": "encode",
            "names": [some_text(rng, 40) for _ in range(rng.randrange(1, 11))],
            "decrypt": rng.random() < 0.5,
        }
        for _ in range(300)
    ]
    for question, answer in zip(questions, aws_probe(questions), strict=True):
        names, decrypt = question["names"], question["decrypt"]
        one = {"Name": names[0], "WithDecryption": decrypt}
        assert json.loads(answer["get_parameter"]) == one
        assert json.loads(answer["get_parameters"]) == {"Names": names, "WithDecryption": decrypt}


def some_parameter(rng):
    parameter = {
        "Name": some_text(rng, 30) + "n",
        "Type": rng.choice(["String", "StringList", "SecureString"]),
        "Value": some_text(rng, rng.choice([0, 30, 2000])),
        "Version": rng.choice([1, 2**31, 2**53, 0]),
        "ARN": rng.choice(["", "arn:aws:ssm:eu-west-1:123456789012:parameter/n"]),
        "LastModifiedDate": rng.choice([1.5, 1600000000.123, 0]),
        "DataType": "text",
        "Selector": rng.choice(["", ":3", ":prod"]),
    }
    for optional in ("ARN", "Version", "Selector"):
        if rng.random() < 0.2:
            del parameter[optional]
    members = list(parameter.items())
    rng.shuffle(members)
    return dict(members)


def assert_same(ours, theirs):
    assert ours["Name"] == theirs["Name"]
    assert ours["Type"] == theirs["Type"]
    assert ours["Value"] == theirs["Value"]
    assert ours["Version"] == theirs.get("Version", 0)
    assert ours["ARN"] == theirs.get("ARN", "")
    assert ours["Selector"] == theirs.get("Selector", "")
    assert ours["is_list"] == (theirs["Type"] == "StringList")


def test_answers_of_get_parameter(aws_probe):
    rng = random.Random(2)
    bodies = []
    for _ in range(500):
        escaped = rng.random() < 0.5
        bodies.append(json.dumps({"Parameter": some_parameter(rng)}, ensure_ascii=escaped).encode())
    questions = [{"op": "decode_get_parameter", "body": body.hex()} for body in bodies]
    for body, answer in zip(bodies, aws_probe(questions), strict=True):
        assert_same(answer, parsed_by_botocore("GetParameter", 200, body)["Parameter"])


def test_answers_of_get_parameters(aws_probe):
    rng = random.Random(3)
    bodies = []
    for _ in range(200):
        reply = {
            "Parameters": [some_parameter(rng) for _ in range(rng.randrange(10))],
            "InvalidParameters": [some_text(rng, 20) for _ in range(rng.randrange(10))],
        }
        bodies.append(json.dumps(reply, indent=rng.choice([None, 2])).encode())
    questions = [{"op": "decode_get_parameters", "body": body.hex()} for body in bodies]
    for body, answer in zip(bodies, aws_probe(questions), strict=True):
        theirs = parsed_by_botocore("GetParameters", 200, body)
        assert answer["InvalidParameters"] == theirs["InvalidParameters"]
        for ours, parameter in zip(answer["Parameters"], theirs["Parameters"], strict=True):
            assert_same(ours, parameter)


def test_requests_for_a_path(aws_probe):
    rng = random.Random(4)
    questions = []
    for _ in range(300):
        filters = [
            {
                "Key": key,
                "Option": rng.choice(["Equals", "BeginsWith"]),
                "Values": [some_text(rng, 20) for _ in range(rng.randrange(1, 5))],
            }
            for key in rng.sample(["Type", "KeyId", "Label"], rng.randrange(4))
        ]
        questions.append(
            {
                "op": "encode_get_parameters_by_path",
                "path": "/" + some_text(rng, 30),
                "recursive": rng.random() < 0.5,
                "decrypt": rng.random() < 0.5,
                "filters": filters,
                "token": some_text(rng, 40),
            }
        )
    for question, answer in zip(questions, aws_probe(questions), strict=True):
        asked = {
            "Path": question["path"],
            "Recursive": question["recursive"],
            "WithDecryption": question["decrypt"],
            "MaxResults": 10,
        }
        if question["filters"]:
            asked["ParameterFilters"] = question["filters"]
        if question["token"]:
            asked["NextToken"] = question["token"]
        assert json.loads(answer["body"]) == asked
        members = SERVICE.operation_model("GetParametersByPath").input_shape.members
        assert asked.keys() <= members.keys()


def test_pages_of_a_path(aws_probe):
    rng = random.Random(5)
    bodies = []
    for _ in range(200):
        reply = {"Parameters": [some_parameter(rng) for _ in range(rng.randrange(11))]}
        if rng.random() < 0.7:
            reply["NextToken"] = rng.choice([None, some_text(rng, 60)])
        bodies.append(json.dumps(reply, indent=rng.choice([None, 2])).encode())
    questions = [{"op": "decode_get_parameters_by_path", "body": body.hex()} for body in bodies]
    for body, answer in zip(bodies, aws_probe(questions), strict=True):
        theirs = parsed_by_botocore("GetParametersByPath", 200, body)
        assert answer["NextToken"] == (theirs.get("NextToken") or "")
        for ours, parameter in zip(answer["Parameters"], theirs["Parameters"], strict=True):
            assert_same(ours, parameter)


@pytest.mark.parametrize(
    "spelling",
    ["{}", "com.amazonaws.ssm#{}", "aws.ssm#{}", "{}:http://internal.amazon.com/coral/"],
)
def test_codes_of_refusals(aws_probe, spelling):
    codes = ["ParameterNotFound", "ThrottlingException", "AccessDeniedException", "Odd_1.Code-x"]
    bodies = [
        json.dumps({"__type": spelling.format(code), "message": "why"}).encode() for code in codes
    ]
    questions = [
        {"op": "classify", "status": 400, "body": body.hex(), "service": "ssm", "operation": "X"}
        for body in bodies
    ]
    for body, answer in zip(bodies, aws_probe(questions), strict=True):
        theirs = parsed_by_botocore("GetParameter", 400, body)["Error"]
        assert answer["code"] == theirs["Code"]
        assert theirs["Message"] in answer["message"]


def test_what_botocore_retries_is_passing(aws_probe):
    throttled = ThrottledRetryableChecker._THROTTLED_ERROR_CODES
    transient = TransientRetryableChecker._TRANSIENT_ERROR_CODES
    statuses = TransientRetryableChecker._TRANSIENT_STATUS_CODES
    definite = ["ParameterNotFound", "ValidationException", "InvalidKeyId", "ExpiredTokenException"]

    def ask(codes, status):
        return aws_probe(
            {
                "op": "classify",
                "status": status,
                "body": json.dumps({"__type": code}).encode().hex(),
                "service": "ssm",
                "operation": "GetParameters",
            }
            for code in codes
        )

    assert {answer["error"] for answer in ask(throttled, 400)} == {"throttled"}
    assert all(answer["retryable"] for answer in ask(throttled + transient, 400))
    for status in statuses:
        assert all(answer["retryable"] for answer in ask(definite, status))
    assert not any(answer["retryable"] for answer in ask(definite, 400))
