"""The proxy for a URL is the one that botocore takes; where we differ, it is written down here."""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Callable
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
import requests.utils  # type: ignore[import-untyped]
from botocore.httpsession import ProxyConfiguration  # type: ignore[import-untyped]
from botocore.utils import get_environ_proxies  # type: ignore[import-untyped]

Probe = Callable[[list[tuple[str, dict[str, str]]]], list[dict[str, Any]]]

PROXY = "http://proxy.example:3128"
PORTS = {"http": 80, "https": 443}


def theirs(url: str, env: dict[str, str]) -> tuple[str | None, str]:
    """botocore's proxy, and what it tells it."""
    with mock.patch.dict("os.environ", env, clear=True):
        proxies = ProxyConfiguration(get_environ_proxies(url))
        found = proxies.proxy_url_for(url)
        if found is None:
            return None, ""
        told = proxies.proxy_headers_for(found).get("Proxy-Authorization", "")
    parts = urlsplit(found)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}", told


def ours(answer: dict[str, Any]) -> tuple[str | None, str]:
    assert "error" not in answer, answer
    return answer["proxy"], answer.get("authorization", "")


def agree(probe: Probe, cases: list[tuple[str, dict[str, str]]]) -> list[str | None]:
    answers = [ours(answer) for answer in probe(cases)]
    for (url, env), answer in zip(cases, answers, strict=True):
        assert answer == theirs(url, env), (url, env)
    return [proxy for proxy, _ in answers]


def test_which_variable_counts(proxy_probe: Probe) -> None:
    names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    cases = []
    for settings in itertools.product([None, "", "x"], repeat=len(names)):
        env = {
            name: value and f"http://{name.lower()}.{i}.example:1"
            for i, (name, value) in enumerate(zip(names, settings, strict=True))
            if value is not None
        }
        cases += [("http://ssm.example", env), ("https://ssm.example:8443", env)]
        cases.append(("http://ssm.example", env | {"REQUEST_METHOD": "GET"}))
    assert len(set(agree(proxy_probe, cases))) == 5


def test_forms_of_the_url(proxy_probe: Probe) -> None:
    forms = [
        PROXY,
        "proxy.example:3128",
        "//proxy.example:3128",
        "http://proxy.example",
        "https://proxy.example",
        "https://proxy.example:3128/",
        "http://user:password@proxy.example:3128",
        "user:password@proxy.example:3128",
        "http://user:p%40ss%2Fw%3ard%25@proxy.example:3128/",
        "http://us%er:100%@proxy.example",
        "http://a:b:c@proxy.example",
        "http://PROXY.example:3128",
    ]
    told = [("https://ssm.example", {"HTTPS_PROXY": form}) for form in forms]
    assert None not in agree(proxy_probe, told)


def test_generated_exceptions(proxy_probe: Probe) -> None:
    chance = random.Random(20261125)
    hosts = [
        "example.com",
        "ssm.example.com",
        "badexample.com",
        "ssm.eu-west-1.amazonaws.com",
        "com",
    ]
    hosts += ["a.b.c.example.com", "Example.COM", "10.1.2.3", "192.168.4.20", "com.example"]
    items = ["", "*", "example.com", ".example.com", "..example.com", "EXAMPLE.com", "com", ".com"]
    items += ["b.c.example.com", "amazonaws.com", "10.1.2.3", "192.168.4.2", "ple.com", "example"]
    items += ["example.com:8443", ".example.com:8443", "10.1.2.3:8443", "example.com:9"]
    cases = []
    for _ in range(3000):
        port = chance.choice(["", "", ":8443"])
        url = f"{chance.choice(['http', 'https'])}://{chance.choice(hosts)}{port}"
        some = chance.sample(items, chance.choice([1, 1, 2, 3]))
        if len(some) > 1:
            some = [item for item in some if item != "*"]  # see below
        listed = chance.choice([",", ", ", " ,", ",,"]).join(some)
        names = chance.choice([["no_proxy"], ["NO_PROXY"], ["NO_PROXY", "no_proxy"]])
        env = dict.fromkeys(names, listed) | {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY}
        if len(names) == 2:
            env["NO_PROXY"] = chance.choice(items)
        cases.append((url, env))
    found = agree(proxy_probe, cases)
    assert 500 < found.count(None) < 2500


def test_generated_networks_agree_with_requests(proxy_probe: Probe) -> None:
    chance = random.Random(20261126)
    cases = []
    expected = []
    for _ in range(2000):
        host = f"10.{chance.randint(0, 3)}.{chance.randint(0, 255)}.{chance.randint(0, 255)}"
        network = f"10.{chance.randint(0, 3)}.{chance.randint(0, 255)}.0/{chance.randint(1, 32)}"
        url = f"https://{chance.choice([host, host, 'ten.example'])}"
        env = {"https_proxy": PROXY, "no_proxy": chance.choice([network, f"x.example, {network}"])}
        with mock.patch.dict("os.environ", env, clear=True):
            expected.append(bool(requests.utils.should_bypass_proxies(url, None)))
        cases.append((url, env))
    assert [answer["proxy"] is None for answer in proxy_probe(cases)] == expected
    assert 200 < sum(expected) < 1800


# What people mean by these, botocore does not do.
BEYOND = [
    ("https://ssm.example.com", "*.example.com"),
    ("https://ssm.example.com", "other.example,*"),
    ("https://ssm.example.com", "other.example example.com"),
    ("https://ssm.example.com", "ssm.example.com:443"),
    ("https://10.1.2.3", "10.0.0.0/8"),
    ("https://[fd00::1]", "fd00::1"),
    ("https://[fd00::1]", "fd00::/8"),
    ("http://localhost:4566", "other.example"),
    ("http://127.0.0.1:4566", "other.example"),
    ("http://169.254.169.254", "other.example"),
]


@pytest.mark.parametrize(("url", "listed"), BEYOND)
def test_more_is_asked_directly(proxy_probe: Probe, url: str, listed: str) -> None:
    env = {"https_proxy": PROXY, "http_proxy": PROXY, "no_proxy": listed}
    assert proxy_probe([(url, env)]) == [{"proxy": None}]
    assert theirs(url, env)[0] == PROXY


def test_an_address_is_no_name(proxy_probe: Probe) -> None:
    case = ("https://10.1.2.3", {"https_proxy": PROXY, "no_proxy": "2.3"})
    assert ours(proxy_probe([case])[0])[0] == PROXY
    assert theirs(*case)[0] is None


def test_a_user_name_without_a_password_is_told(proxy_probe: Probe) -> None:
    case = ("https://ssm.example", {"https_proxy": "http://user@proxy.example"})
    assert ours(proxy_probe([case])[0])[1] == "Basic " + base64.b64encode(b"user:").decode()
    assert theirs(*case)[1] == ""
