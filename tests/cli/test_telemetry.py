"""OpenTelemetry: nothing leaves the process unless the variables of OpenTelemetry say where to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from threading import Thread

import pytest
from httpx2 import Client

from tests.cli.conftest import LONGEST_RUN, Shell
from tests.cli.servers import serving

Received = dict[str, bytes]


@contextmanager
def collector() -> Iterator[tuple[str, Received]]:
    """A collector of telemetry on this machine, and what it was sent, by its address."""
    received: Received = {}

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received[self.path] = received.get(self.path, b"") + self.rfile.read(length)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join(LONGEST_RUN)


@pytest.mark.skipif(
    find_spec("opentelemetry.sdk") is None, reason="the extra `telemetry` is not installed"
)
def test_spans_and_measures_go_where_the_variable_says(shell: Shell) -> None:
    with collector() as (address, received):
        wanted = shell.with_environment(OTEL_EXPORTER_OTLP_ENDPOINT=address)
        with serving(wanted) as (process, server), Client(base_url=server) as client:
            assert client.get("/v1/events/1").status_code == 200
            process.send_signal(signal.SIGTERM)
            _, remarks = process.communicate(timeout=LONGEST_RUN)
            assert process.returncode == 0
    assert {json.loads(line)["level"] for line in remarks.splitlines()} == {"info"}
    assert b"/v1/events/{position}" in received["/v1/traces"]
    assert b"http.server.request.duration" in received["/v1/metrics"]


def test_without_the_variable_the_sdk_is_not_even_loaded(shell: Shell) -> None:
    program = (
        "import sys\n"
        "from api.application import make_application\n"
        "from app.parley import open_parley\n"
        "from app.settings import read_settings\n"
        "from starlette.testclient import TestClient\n"
        "with open_parley(read_settings()) as parley:\n"
        "    app = make_application(parley, local=True)\n"
        "    with TestClient(app, base_url='http://localhost') as client:\n"
        "        assert client.get('/healthz').status_code == 200\n"
        "print('opentelemetry.sdk' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env=shell.variables(),
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "False\n"), run.stderr
