"""SnapStart: nothing of the cache goes into the snapshot, and nothing comes out of it."""

from __future__ import annotations

import textwrap
import threading

from support.credentials_server import Credentials
from support.endpoint import Endpoint

from support import program

# As awslambdaric runs what is registered.
HOOKS = """
import lambda_cache, os, snapshot_restore_py
from lambda_cache import function, ssm

def before_snapshot():
    hooks = snapshot_restore_py.get_before_snapshot()
    while hooks:
        call, args, kwargs = hooks.pop()
        call(*args, **kwargs)

def after_restore():
    for call, args, kwargs in snapshot_restore_py.get_after_restore():
        call(*args, **kwargs)

def sockets():
    links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    return sum(os.path.islink(each) and os.readlink(each).startswith("socket:") for each in links)
"""


def run(source: str, **variables: str) -> str:
    source = HOOKS + textwrap.dedent(source)
    return program.run(source, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", **variables)


def test_values_connections_and_credentials_are_new_after_a_restore(
    endpoint: Endpoint, credentials: Credentials
) -> None:
    endpoint.put("/app/var", "the value")
    out = run(
        """
        @ssm.cache("/app/var")
        def handler(event, context): return context["var"]
        computed = function.cache(lambda: object())

        print(handler({}, {}), sockets() > 0)
        first = computed()
        before_snapshot()
        print(sockets(), lambda_cache.stats()["entries"], lambda_cache.stats()["bytes"])
        after_restore()
        print(handler({}, {}), computed() is first)
        """
    )
    assert out == "the value True\n0 0 0\nthe value False\n"
    assert len(endpoint.calls) == 2
    assert endpoint.connections == 2
    assert len(credentials.asked) == 2


def test_the_environment_counts_anew(endpoint: Endpoint) -> None:
    endpoint.put("/app/var", "the value")
    run(
        """
        ssm.get_entry("/app/var")
        before_snapshot()
        os.environ["AWS_REGION"] = "us-east-1"
        after_restore()
        ssm.get_entry("/app/var")
        """
    )
    assert [call.region for call in endpoint.calls] == ["eu-west-1", "us-east-1"]


def test_what_other_hooks_read_is_dropped_as_well(endpoint: Endpoint) -> None:
    endpoint.put("/app/var", "the value")
    out = run(
        """
        snapshot_restore_py.register_before_snapshot(ssm.get_entry, "/app/var")
        before_snapshot()
        print(lambda_cache.stats()["entries"], lambda_cache.stats()["loads"])
        """
    )
    assert out == "0 1\n"


def test_a_read_that_is_under_way_ends_well(endpoint: Endpoint) -> None:
    endpoint.put("/app/var", "the value")
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)

    def let_go() -> None:
        endpoint.wait_for_calls(1)
        hold.set()

    threading.Thread(target=let_go).start()
    out = run(
        """
        import threading
        read = []
        reader = threading.Thread(target=lambda: read.append(ssm.get_entry("/app/var")))
        reader.start()
        while lambda_cache.stats()["calls"] == 0: pass
        before_snapshot()
        reader.join()
        after_restore()
        print(read, lambda_cache.stats()["entries"])
        """
    )
    assert out == "['the value'] 0\n"


def test_nothing_is_registered_elsewhere() -> None:
    out = program.run("import lambda_cache, sys; print('snapshot_restore_py' in sys.modules)")
    assert out == "False\n"
