"""The agent as a process: what is left in its memory, and what a freeze does to it."""

from __future__ import annotations

import json
import secrets
import signal
import time

from support.agent_probe import Probe
from support.endpoint import Endpoint

from .agent_process import Served

TTL_SECONDS = 0.5


def test_what_it_has_forgotten_is_nowhere_in_its_memory(endpoint: Endpoint) -> None:
    canary = "canary-" + secrets.token_hex(24)
    endpoint.put("/canary/parameter", canary, "SecureString")
    endpoint.put("/canary/large", canary + "x" * 8000, "SecureString")
    endpoint.put_secret("canary", canary)
    endpoint.put_secret("bytes", canary.encode())
    endpoint.put_secret("json", json.dumps({"password": canary}))
    many = "/systemsmanager/parameters/get-many?name=/canary/parameter&name=/canary/large"
    with Probe(AGENT_PROBE_ASKS_AWS="1") as agent:
        kept = agent.open("/ping")  # stays open
        kept.getresponse().read()
        for _ in range(2):
            agent.parameter("/canary/parameter")
            agent.parameter("/canary/large", "&refreshNow=true")
            agent.get(f"{many}&withDecryption=true")
            agent.get("/systemsmanager/parameters/by-path?path=/canary&withDecryption=true")
            agent.secret("canary")
            agent.secret("bytes")
            agent.secret("json", "&field=password")
            agent.secret("json", "&transform=json", times=2)
            agent.secret("canary", "&field=password")  # is no JSON
            kept.request(
                "GET", "/secretsmanager/get?secretId=canary", headers={"X-Vault-Token": "t0ken"}
            )
            assert canary in kept.getresponse().read().decode()
        held = agent.count_in_memory(canary.encode())
        agent.do("clear")
        left = agent.count_in_memory(canary.encode())
        kept.close()
    assert held >= 5, "else the search finds nothing"
    assert left == 0


def test_after_a_freeze_the_first_answer_is_the_new_value(endpoint: Endpoint) -> None:
    var = "/systemsmanager/parameters/get?name=/app/var"
    with Served.running("--port", "0", "--ttl", str(TTL_SECONDS)) as agent:
        for number in range(3):
            agent.request(var)
            agent.process.send_signal(signal.SIGSTOP)
            endpoint.put("/app/var", f"value {number}")
            time.sleep(TTL_SECONDS)  # a stopped process is what is tested
            agent.process.send_signal(signal.SIGCONT)
            answer = agent.request(var)
            assert (answer.status, answer.headers["x-cache"]) == (200, "MISS")
            assert json.loads(answer.body)["Parameter"]["Value"] == f"value {number}"
