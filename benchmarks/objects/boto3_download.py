"""boto3's download_file, with its defaults: ten threads, parts of 8 MiB."""

import os
import sys

import boto3

size = sys.argv[1]
path = f"{os.environ['LAMBDA_CACHE_S3_DIRECTORY']}/{size}"
boto3.client("s3").download_file("bucket", size, path)
print(path)
