"""Where a test plays AWS through botocore, a read says so and does not ask AWS itself.

In the interpreter that has moto. The region does not exist: should a read go out all the same, it
finds nobody.
"""

from __future__ import annotations

import os
import subprocess
import textwrap

from support.moto_process import interpreter

from support import program

PRELUDE = """
import asyncio, os, sys
os.environ["AWS_REGION"] = "xx-nowhere-1"
from lambda_cache import exceptions, secrets_manager, ssm
from lambda_cache._mocks import refusal

def refused(read):
    try:
        read()
    except exceptions.ConfigurationError as error:
        return str(error)
    raise AssertionError("it was read")

def by_ssm():
    return ssm.get_entry("/app/var", max_attempts=1, timeout_seconds=0.5)
"""


def run(source: str, **variables: str) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and name != "PYTHONPATH"
    }
    done = subprocess.run(
        [interpreter(), "-c", PRELUDE + textwrap.dedent(source)],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_moto() -> None:
    out = run(
        """
        from moto import mock_aws
        assert refusal("ssm", "/app/var") is None
        with mock_aws():
            print(refused(by_ssm))
            print(refused(lambda: secrets_manager.get_entry("db")))
            print(refused(lambda: asyncio.run(ssm.get_entry_async("/app/var"))))

            @ssm.cache("/app/var")
            def handler(event, context): ...
            print(refused(lambda: handler({}, None)))

            # What is configured to be asked is no accident.
            try:
                ssm.get_entry("/app/var", endpoint_url="http://127.0.0.1:1", max_attempts=1)
            except exceptions.EndpointConnectionError:
                print("asked")
            from lambda_cache import testing
            with testing.fake(ssm={"/app/var": "x"}):
                print(by_ssm())
        assert refusal("ssm", "/app/var") is None
        with mock_aws(config={"core": {"passthrough": {"services": ["ssm"]}}}):
            assert refusal("ssm", "/app/var") is None
            assert refusal("secretsmanager", "db")
        @mock_aws
        def test():
            print(refused(by_ssm))
        test()
        """
    )
    lines = out.splitlines()
    for line in (*lines[:4], lines[-1]):
        assert line.startswith("moto's mock_aws is active"), line
        assert "lambda_cache.testing.fake()" in line
        assert "server mode" in line
    assert "(/app/var)" in lines[0] and "AWS_ENDPOINT_URL_SSM" in lines[0]
    assert "(db)" in lines[1] and "AWS_ENDPOINT_URL_SECRETS_MANAGER" in lines[1]
    assert lines[4:6] == ["asked", "x"]


def test_moto_with_an_endpoint_in_the_environment() -> None:
    out = run(
        """
        from moto import mock_aws
        with mock_aws():
            try:
                by_ssm()
            except exceptions.EndpointConnectionError:
                print("asked")
        """,
        AWS_ENDPOINT_URL_SSM="http://127.0.0.1:1",
    )
    assert out == "asked\n"


def test_an_active_stubber() -> None:
    out = run(
        """
        import boto3, unittest
        from botocore.stub import Stubber
        client = boto3.client("ssm", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        stubber = Stubber(client)
        assert refusal("ssm", "/app/var") is None
        with stubber:
            print(refused(by_ssm))
        assert refusal("ssm", "/app/var") is None
        stubber.activate()
        del sys.modules["unittest"]  # as in a program that is no test
        assert refusal("ssm", "/app/var") is None
        """
    )
    assert out.startswith("a botocore Stubber is active")


def test_patches() -> None:
    out = run(
        """
        import boto3
        from unittest import mock
        assert refusal("ssm", "/app/var") is None
        for path in (
            "boto3.client", "boto3.Session", "botocore.client.BaseClient._make_api_call",
            "botocore.session.Session.create_client",
        ):
            with mock.patch(path):
                print(refused(by_ssm))
            assert refusal("ssm", "/app/var") is None
        """
    )
    assert [line.partition(",")[0] for line in out.splitlines()] == [
        "boto3.client is patched",
        "boto3.Session is patched",
        "botocore.client.BaseClient._make_api_call is patched",
        "botocore.session.Session.create_client is patched",
    ]


def test_functions_in_lambda_are_left_alone() -> None:
    run(
        """
        from moto import mock_aws
        with mock_aws():
            assert refusal("ssm", "/app/var") is None
        """,
        AWS_LAMBDA_RUNTIME_API="127.0.0.1:9001",
    )


def test_other_programs_do_not_even_import_the_check() -> None:
    out = program.run(
        """
        import os, sys
        os.environ["AWS_REGION"] = "xx-nowhere-1"
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ.pop(name)
        from lambda_cache import exceptions, ssm
        try:
            ssm.get_entry("/app/var")  # from AWS, if there were credentials
        except exceptions.CredentialsError:
            print("lambda_cache._mocks" in sys.modules)
        """
    )
    assert out == "False\n"
