"""Moto's server with a list of the calls it received: GET /_calls shows it, DELETE empties it.

Run by endpoint.py.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class RecordedCalls:
    """WSGI middleware: notes operation and names of each call, never a value."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._calls: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/_calls":
            with self._lock:
                body = json.dumps(self._calls).encode()
                if environ["REQUEST_METHOD"] == "DELETE":
                    self._calls.clear()
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
            start_response("200 OK", headers)
            return [body]
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            asked = json.loads(body or b"{}")
            names = asked.get("Names") or asked.get("SecretIdList")
            names = names or [asked.get("Name") or asked.get("SecretId", "")]
            with self._lock:
                self._calls.append({"operation": target.rpartition(".")[2], "names": names})
        result: Iterable[bytes] = self._application(environ, start_response)
        return result


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *arguments: Any) -> None:
        pass


def main() -> None:
    application = RecordedCalls(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
