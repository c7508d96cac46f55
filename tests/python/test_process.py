"""The process around the cache: imports, signals, forks, the end."""

from __future__ import annotations

import json
import signal
import threading

import pytest
from support.endpoint import Call, Endpoint

from lambda_cache import ssm
from support import program


def test_importing_loads_little_and_starts_nothing() -> None:
    out = program.run(
        """
        import sys
        before = set(sys.modules)
        from lambda_cache import ssm

        @ssm.cache("/app/var")
        def handler(event, context): ...

        loaded = sorted(set(sys.modules) - before)
        import json, os
        print(json.dumps([loaded, len(os.listdir("/proc/self/task"))]))
        """
    )
    loaded, threads = json.loads(out)
    heavy = {"asyncio", "boto3", "functools", "inspect", "logging", "socket", "ssl", "typing"}
    assert heavy.isdisjoint(loaded)
    assert len([name for name in loaded if not name.startswith("lambda_cache")]) <= 2
    assert threads == 1


def test_a_fetch_imports_nothing_either(endpoint: Endpoint) -> None:
    out = program.run(
        """
        import sys
        from lambda_cache import ssm
        before = set(sys.modules)
        print(ssm.get_entry("/app/var"), sorted(set(sys.modules) - before))
        """
    )
    assert out == "the value []\n"


def test_control_c_ends_the_wait(endpoint: Endpoint) -> None:
    hold = threading.Event()

    def block(call: Call) -> None:
        if call.names == ["/app/var"]:
            hold.wait(20)

    endpoint.script = block
    started = program.start(
        """
        from lambda_cache import ssm
        try:
            ssm.get_entry("/app/var")
        except KeyboardInterrupt:
            print(ssm.get_entry("/app/var1"))
        """
    )
    endpoint.wait_for_calls(1)
    started.send_signal(signal.SIGINT)
    endpoint.wait_for_calls(2)  # while the first one is still unanswered
    hold.set()
    assert program.finish(started) == (0, "first\n", "")


def test_control_c_by_default_ends_the_program(endpoint: Endpoint) -> None:
    hold = threading.Event()
    endpoint.script = lambda call: hold.wait(20)
    started = program.start('from lambda_cache import ssm; ssm.get_entry("/app/var")')
    endpoint.wait_for_calls(1)
    started.send_signal(signal.SIGINT)
    status, _, errors = program.finish(started)
    hold.set()
    assert status == -signal.SIGINT
    assert "KeyboardInterrupt" in errors


@pytest.mark.parametrize("where", ["daemon", "atexit", "destructor"])
def test_the_end_while_a_fetch_is_running(endpoint: Endpoint, where: str) -> None:
    hold = threading.Event()

    def block(call: Call) -> None:
        if call.names == ["/app/var"]:
            hold.wait(20)

    endpoint.script = block
    out = program.start(
        f"""
        import atexit, sys, threading, time
        from lambda_cache import ssm

        threads = [threading.Thread(target=ssm.get_entry, args=("/app/var",), daemon=True)
                   for _ in range(4)]
        for thread in threads:
            thread.start()

        class Late:
            def __del__(self):
                try:
                    print(ssm.get_entry("/app/var1"), flush=True)
                except Exception:
                    pass

        if {where!r} == "atexit":
            atexit.register(lambda: print(ssm.get_entry("/app/var1"), flush=True))
        if {where!r} == "destructor":
            keep = Late()
        sys.stdin.read()
        """,
    )
    endpoint.wait_for_calls(1)
    status, printed, errors = program.finish(out)
    hold.set()
    assert (status, errors) == (0, "")
    if where == "atexit":
        assert printed == "first\n"


def test_fork_with_a_warm_cache(endpoint: Endpoint) -> None:
    out = program.run(
        """
        import os
        from lambda_cache import ssm

        def child(number):
            assert ssm.get_entry("/app/var") == "the value"      # kept
            assert ssm.get_entry("/app/var1") == "first"         # fetched anew
            assert ssm.get_entry("/app/var", 0) == "the value"
            if number:
                wait(fork(number - 1))

        def fork(number):
            pid = os.fork()
            if pid:
                return pid
            try:
                child(number)
                os._exit(0)
            except BaseException as error:
                os.write(2, repr(error).encode())
                os._exit(1)

        def wait(pid):
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

        ssm.get_entry("/app/var")
        for pid in [fork(2) for _ in range(3)]:
            wait(pid)
        print(ssm.get_entry("/app/var", 0))
        """,
        # Python 3.12 and later warn about any fork of a process with threads.
        PYTHONWARNINGS="ignore::DeprecationWarning",
    )
    assert out == "the value\n"


def test_fork_while_others_fetch(endpoint: Endpoint) -> None:
    hold = threading.Event()

    def block(call: Call) -> None:
        if len(endpoint.calls) == 1:
            hold.wait(20)

    endpoint.script = block
    started = program.start(
        """
        import multiprocessing, sys, threading
        from lambda_cache import ssm

        def child():
            assert ssm.get_entry("/app/var") == "the value"

        thread = threading.Thread(target=ssm.get_entry, args=("/app/var",))
        thread.start()
        sys.stdin.readline()
        import warnings
        warnings.simplefilter("ignore")
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join()
        print(process.exitcode, flush=True)
        thread.join()
        """
    )
    endpoint.wait_for_calls(1)
    assert started.stdin is not None
    started.stdin.write("go on\n")
    started.stdin.flush()
    endpoint.wait_for_calls(2)  # of the child, which does not wait for the parent's
    hold.set()
    status, out, errors = program.finish(started)
    assert (status, out, errors) == (0, "0\n", "")


def test_other_interpreters_are_refused() -> None:
    out = program.run(
        """
        import sys
        if sys.version_info < (3, 12):
            print("ImportError")
        else:
            import _interpreters as interpreters
            other = interpreters.create()
            failure = interpreters.exec(other, "import lambda_cache")
            print(failure.type.__name__)
            interpreters.destroy(other)
        """
    )
    assert out == "ImportError\n"


def test_memory_does_not_grow(endpoint: Endpoint) -> None:
    out = program.run(
        """
        import gc, os
        from lambda_cache import ssm

        def rss():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        def work(count):
            class Context: pass
            for i in range(count):
                @ssm.cache("/app/var")
                @ssm.cache(["/app/var1", "/app/list"], entry_name="several")
                def handler(event, context):
                    return context
                for _ in range(20):
                    handler({}, Context())
                    handler({}, {})
                    handler({}, None)
                    ssm.get_entry(f"/app/{'var'}")
                    ssm.get_entry(["/app/var1", "/app/list"])
                if i % 10 == 0:
                    ssm.get_entry("/app/var", 0)
            gc.collect()

        work(100)
        before = rss()
        work(1000)
        print(rss() - before)
        """
    )
    assert int(out) < 4 << 20


def test_references_are_given_back(endpoint: Endpoint) -> None:
    import sys

    value = ssm.get_entry("/app/var")

    @ssm.cache("/app/var")
    def handler(event: object, context: dict[str, object]) -> object:
        return context["var"]

    context: dict[str, object] = {}
    handler({}, context)
    before = sys.getrefcount(value)
    for _ in range(1000):
        handler({}, context)
        ssm.get_entry("/app/var")
        ssm.get_entry(parameter="/app/var")
    assert sys.getrefcount(value) == before


def test_forgotten_values_are_let_go(endpoint: Endpoint) -> None:
    import sys

    import lambda_cache

    value = ssm.get_entry("/app/var")
    several = ssm.get_entry(["/app/var", "/app/var1"])
    del several
    held = sys.getrefcount(value)
    lambda_cache.clear_cache()
    assert sys.getrefcount(value) < held
    assert sys.getrefcount(value) == 2
