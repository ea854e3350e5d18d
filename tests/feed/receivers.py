"""Receivers of webhooks on this machine, which take, fail, hang, redirect or have had enough."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

from standardwebhooks import Webhook

PATIENCE = 30
"""Seconds that a delivery may take on a busy machine."""


@dataclass(frozen=True)
class Delivery:
    """What came in one POST."""

    headers: dict[str, str]
    body: bytes
    path: str

    def verified(self, secret: str) -> dict[str, Any]:
        """The entry in it, as the library's own verifier lets it through."""
        told: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return told


@dataclass
class Receiver:
    """A server that keeps what comes; `answer` says how to answer, by the number of the POST.

    With `hints` it says beforehand that an answer will come.
    """

    answer: Callable[[int], int] = lambda _: 204
    came: Queue[Delivery] = field(default_factory=Queue)
    count: int = 0
    url: str = ""
    hanging: threading.Event = field(default_factory=threading.Event)
    headers: dict[str, str] = field(default_factory=dict)
    hints: bool = False

    def take(self, many: int) -> list[Delivery]:
        """The next deliveries, as soon as they have come."""
        return [self.came.get(timeout=PATIENCE) for _ in range(many)]


NAME = "hooks.example.org"


class Plain:
    """In the place of TLS for that name, so that a receiver of ours can read it."""

    def wrap_socket(self, raw: socket.socket, server_hostname: str) -> socket.socket:
        assert server_hostname == NAME
        return raw


HANG = 0
"""Instead of a status: nothing is answered until the test is done."""


@contextmanager
def receiving(answer: Callable[[int], int] = lambda _: 204) -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            receiver.count += 1
            status = receiver.answer(receiver.count)
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.came.put(Delivery(headers, body, self.path))
            if status == HANG:
                receiver.hanging.wait(PATIENCE)
                return
            if receiver.hints:
                self.send_response_only(HTTPStatus.EARLY_HINTS)
                self.end_headers()
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook?of=test"
    try:
        yield receiver
    finally:
        receiver.hanging.set()
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
