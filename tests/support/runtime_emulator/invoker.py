"""Invocations: starts the function's process when there is none, and decides what each gets."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from dataclasses import dataclass, replace

from extensions import Extensions, installed
from function_process import FunctionProcess, Settings
from runtime_api import Invocation, Phase, RuntimeApi, now_ms

INIT_LIMIT_SECONDS = 10.0
SHUTDOWN_SECONDS = 2.0
NO_EXTENSION = "Error: an extension could not be initialised"


@dataclass(frozen=True)
class Answer:
    status: int
    payload: bytes


@dataclass(frozen=True)
class _Run:
    api: RuntimeApi
    beside: list[FunctionProcess]
    process: FunctionProcess | None


class Invoker:
    """Not thread-safe: an execution environment serves one invocation at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._run: _Run | None = None

    def invoke(self, event: bytes, headers: dict[str, str]) -> Answer:
        try:
            client_context = base64.b64decode(headers.get("x-amz-client-context", "")).decode()
        except (binascii.Error, UnicodeDecodeError):
            return Answer(400, b'{"message":"X-Amz-Client-Context is not base64"}')

        started = time.monotonic()
        if self._run is None:
            refusal = self._start()
            if refusal is not None:
                self._end_run()
                return refusal
        assert self._run is not None

        limit = self._settings.timeout_seconds
        invocation = Invocation(
            event=event,
            deadline_ms=now_ms() + int(limit * 1000),
            function_arn=self._settings.function_arn,
            trace_id=headers.get("x-amzn-trace-id") or _new_trace_id(),
            client_context=client_context,
            tenant_id=headers.get("x-amz-tenant-id", ""),
        )
        _log(f"START RequestId: {invocation.request_id}")
        limit_at = time.monotonic() + limit
        self._run.api.extensions.tell(
            {
                "eventType": "INVOKE",
                "deadlineMs": invocation.deadline_ms,
                "requestId": invocation.request_id,
                "invokedFunctionArn": invocation.function_arn,
                "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id},
            }
        )
        self._run.api.hand_over(invocation)
        phase, result = self._run.api.wait_for_result(limit)
        if result is not None:
            answer = Answer(200, result)
            # The invocation lasts until the function and the extensions ask for the next one.
            late = not self._run.api.wait_until_released(limit_at - time.monotonic())
            if late or self._run.api.extensions.wait_until_idle(limit_at - time.monotonic()):
                self._end_run()
        elif phase is Phase.GONE:
            answer = self._exit_error(f"RequestId: {invocation.request_id} ")
            self._end_run()
        else:
            answer = Answer(200, f"Task timed out after {limit:.2f} seconds".encode())
            self._end_run()
        milliseconds = (time.monotonic() - started) * 1000
        _log(f"REPORT RequestId: {invocation.request_id}\tDuration: {milliseconds:.2f} ms")
        return answer

    def stop(self) -> None:
        if self._run is None:
            return
        if self._run.process is not None:
            self._run.process.stop()
        deadline = now_ms() + int(SHUTDOWN_SECONDS * 1000)
        self._run.api.extensions.tell(
            {"eventType": "SHUTDOWN", "shutdownReason": "SPINDOWN", "deadlineMs": deadline}
        )
        limit_at = time.monotonic() + SHUTDOWN_SECONDS
        for each in self._run.beside:
            each.wait(limit_at - time.monotonic())
        self._end_run()

    def _start(self) -> Answer | None:
        """None when the function waits for its first invocation, else what the caller gets."""
        programs = installed()
        api = RuntimeApi(self._settings.api_address, Extensions([each.name for each in programs]))
        self._run = _Run(api, [], None)
        for program in programs:
            settings = replace(self._settings, command=[str(program)]).of_extension()
            ended = api.extensions.process_ended
            self._run.beside.append(FunctionProcess(settings, api.address, ended))
        failure = api.extensions.wait_until_registered(INIT_LIMIT_SECONDS)
        if failure is not None:
            return _failure(failure, NO_EXTENSION)
        try:
            process = FunctionProcess(self._settings, api.address, api.process_ended)
        except OSError as error:
            return _failure("Runtime.InvalidEntrypoint", f"Error: {error}")
        self._run = replace(self._run, process=process)
        match api.wait_until_ready(INIT_LIMIT_SECONDS):
            case Phase.INIT_FAILED:
                return Answer(502, api.init_error())
            case Phase.GONE:
                return self._exit_error("")
            case Phase.INIT:
                return _failure("Sandbox.Timedout", "Error: the function's init took too long")
        # The initialisation ends when extensions wait for events as well.
        failure = api.extensions.wait_until_idle(INIT_LIMIT_SECONDS)
        return None if failure is None else _failure(failure, NO_EXTENSION)

    def _exit_error(self, prefix: str) -> Answer:
        assert self._run is not None and self._run.process is not None
        status = self._run.process.exit_status()
        return _failure("Runtime.ExitError", f"{prefix}Error: Runtime exited with error: {status}")

    def _end_run(self) -> None:
        if self._run is not None:
            self._run.api.extensions.close()
            for each in [*self._run.beside, self._run.process]:
                if each is not None:
                    each.kill()
            self._run.api.close()
            self._run = None


def _failure(kind: str, message: str) -> Answer:
    return Answer(502, json.dumps({"errorType": kind, "errorMessage": message}).encode())


def _new_trace_id() -> str:
    identifier = f"{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root=1-{identifier};Parent={secrets.token_hex(8)};Sampled=0"


def _log(line: str) -> None:
    print(line, flush=True)
