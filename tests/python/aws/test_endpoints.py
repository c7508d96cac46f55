"""Hosts and partitions equal those of botocore's rules, for every region that botocore knows."""

import itertools

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

LOADER = Loader()
PARTITIONS = LOADER.load_data("partitions")
NAMED_REGIONS = {
    region: partition["id"]
    for partition in PARTITIONS["partitions"]
    for region in partition["regions"]
}
# Regions of the future are told by their form.
INVENTED_REGIONS = {
    "us-north-9": "aws",
    "mx-east-12": "aws",
    "cn-south-1": "aws-cn",
    "us-gov-north-1": "aws-us-gov",
    "us-iso-north-1": "aws-iso",
    "us-isob-north-1": "aws-iso-b",
    "eu-isoe-south-1": "aws-iso-e",
    "us-isof-east-2": "aws-iso-f",
    "eusc-de-west-2": "aws-eusc",
    "us-gov": "aws",
    "us-gov-east": "aws",
    "cn-1": "aws",
    "moon-base-1": "aws",
    "x": "aws",
}
REGIONS = NAMED_REGIONS | INVENTED_REGIONS
# Without a region's own endpoint these services answer for the whole partition.
GLOBAL = {("sts", "aws-global"), ("s3", "aws-global")}


def botocores_host(provider, service, region, fips, dual_stack):
    options = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
    if service == "sts":
        options["UseGlobalEndpoint"] = False
    try:
        return provider.resolve_endpoint(**options).url
    except EndpointProviderError:
        return None


@pytest.mark.parametrize("service", ["ssm", "secretsmanager", "sts", "s3"])
def test_hosts_equal_botocores(aws_probe, service):
    rules = LOADER.load_service_model(service, "endpoint-rule-set-1")
    provider = EndpointProvider(rules, PARTITIONS)
    questions = [
        {"op": "endpoint", "service": service, "region": region, "fips": fips, "dual_stack": dual}
        for region, fips, dual in itertools.product(REGIONS, (False, True), (False, True))
        if (service, region) not in GLOBAL
    ]
    assert len(questions) > 180
    for question, answer in zip(questions, aws_probe(questions), strict=True):
        expected = botocores_host(
            provider, service, question["region"], question["fips"], question["dual_stack"]
        )
        if expected is None:
            assert answer["error"] == "invalid_argument", question
            continue
        assert f"https://{answer['host']}" == expected, question
        assert answer["is_aws"] is True
        assert answer["port"] == 443
        assert answer["host_header"] == answer["host"]


def test_partitions_equal_botocores(aws_probe):
    questions = [{"op": "endpoint", "service": "ssm", "region": region} for region in REGIONS]
    found = [answer["partition"] for answer in aws_probe(questions)]
    assert dict(zip(REGIONS, found, strict=True)) == REGIONS
