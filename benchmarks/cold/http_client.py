import http.client
import json
import os
import ssl
import urllib.parse

from measured import NAME, measure

url = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_SSM"])
if url.scheme == "https":
    trust = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=trust)
else:
    connection = http.client.HTTPConnection(url.hostname, url.port)
headers = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AmazonSSM.GetParameter",
}


def fetch():
    connection.request("POST", "/", json.dumps({"Name": NAME}), headers)
    return json.loads(connection.getresponse().read())["Parameter"]["Value"]


measure(fetch)
