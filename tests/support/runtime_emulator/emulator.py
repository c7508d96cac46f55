#!/usr/bin/env python3
"""Run a Lambda function on this machine: emulator.py [options] <bootstrap> [arguments].

Speaks the documented Lambda Runtime API to the bootstrap and takes invocations at
POST /2015-03-31/functions/function/invocations, one at a time. The command line is that of
aws-lambda-rie, so either can stand in for the other; this one needs Python's standard library only.

Environment: AWS_LAMBDA_FUNCTION_TIMEOUT (seconds, default 300) and the AWS_LAMBDA_FUNCTION_* names.
Ends on SIGINT and SIGTERM, and takes the bootstrap and what it started along.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

from function_process import Settings
from invoker import Answer, Invoker

INVOCATIONS = "/2015-03-31/functions/function/invocations"


class Job:
    """One invocation on its way from a connection's thread to the main thread and back."""

    def __init__(self, event: bytes, headers: dict[str, str]) -> None:
        self.event = event
        self.headers = headers
        self.answer: Answer | None = None
        self.done = threading.Event()


class FrontDoor(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], jobs: SimpleQueue[Job]) -> None:
        super().__init__(address, FrontDoorHandler)
        self.jobs = jobs


class FrontDoorHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave together: apart, they wait for each other's acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: FrontDoor

    def do_POST(self) -> None:
        event = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != INVOCATIONS:
            self.answer(Answer(404, b'{"message":"unknown path"}'))
            return
        job = Job(event, {name.lower(): value for name, value in self.headers.items()})
        self.server.jobs.put(job)
        job.done.wait()
        self.answer(job.answer or Answer(500, b""))

    def answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.payload)))
        self.end_headers()
        self.wfile.write(answer.payload)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def parse_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host or "0.0.0.0", int(port)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--runtime-interface-emulator-address",
        type=parse_address,
        default=("0.0.0.0", 8080),
        metavar="HOST:PORT",
        help="where invocations are taken (default 0.0.0.0:8080)",
    )
    parser.add_argument(
        "--runtime-api-address",
        type=parse_address,
        default=("127.0.0.1", 9001),
        metavar="HOST:PORT",
        help="where the Runtime API is served (default 127.0.0.1:9001; port 0 takes a free one)",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the bootstrap and its arguments")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("the bootstrap is missing")
    return arguments


def end(number: int, frame: object) -> None:
    # A second signal must not interrupt the cleaning up that the first one started.
    for caught in (signal.SIGINT, signal.SIGTERM):
        signal.signal(caught, signal.SIG_IGN)
    sys.exit(0)


def main() -> int:
    arguments = parse_arguments()
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)

    settings = Settings.from_environment(arguments.command, arguments.runtime_api_address)
    jobs: SimpleQueue[Job] = SimpleQueue()
    door = FrontDoor(arguments.runtime_interface_emulator_address, jobs)
    threading.Thread(target=door.serve_forever, daemon=True).start()

    # Everything happens on the main thread: the kernel ends the bootstrap when the thread that
    # started it ends, so that thread has to live as long as the emulator.
    invoker = Invoker(settings)
    try:
        while True:
            job = jobs.get()
            job.answer = invoker.invoke(job.event, job.headers)
            job.done.set()
    finally:
        invoker.stop()


if __name__ == "__main__":
    sys.exit(main())
