import boto3
from measured import NAME, measure

client = boto3.client("ssm")


def fetch():
    return client.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]["Value"]


measure(fetch)
