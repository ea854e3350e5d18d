"""A connection sends a stream as its client can take it, and is gone as soon as it has ended."""

from __future__ import annotations

import gc
import socket
import time
from asyncio import Transport
from weakref import WeakSet

import pytest
from httpx2 import Client

from api.connections import Connection
from tests.api.conftest import PATIENCE, Served
from tests.api.sse import STREAM, messages_of, opened, until


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> WeakSet[Connection]:
    """The connections that there are, of those that begin from here on."""
    found: WeakSet[Connection] = WeakSet()
    begin = Connection.connection_made

    def noted(connection: Connection, transport: Transport) -> None:
        found.add(connection)
        begin(connection, transport)

    monkeypatch.setattr(Connection, "connection_made", noted)
    return found


def test_it_needs_no_collector_of_garbage(one: Served, made: WeakSet[Connection]) -> None:
    gc.disable()
    try:
        for _ in range(5):
            with Client(base_url=one.client.base_url, timeout=PATIENCE) as client:
                assert client.get("/v1/version").status_code == 200
                with opened(client, after=0) as answer:
                    until(messages_of(answer.iter_lines()), "caught-up")
                assert client.get("/nowhere").status_code == 404
        for _ in range(500):
            if not made:
                break
            time.sleep(0.01)
        assert len(made) == 0
    finally:
        gc.enable()


def test_whoever_asks_as_they_did_before_there_were_chunks_gets_the_stream_as_it_is(
    one: Served,
) -> None:
    for version in ("0.9", "1.0", "1.1"):
        asked = f"GET {STREAM}?after=0 HTTP/{version}\r\nHost: {one.client.base_url.host}\r\n\r\n"
        address = (one.client.base_url.host, one.client.base_url.port)
        with socket.create_connection(address, timeout=PATIENCE) as raw:
            raw.sendall(asked.encode())
            got = b""
            while b"event: caught-up" not in got:
                part = raw.recv(65_536)
                assert part
                got += part
        head, _, body = got.partition(b"\r\n\r\n")
        is_chunked = b"transfer-encoding: chunked" in head.lower()
        assert is_chunked == (version == "1.1")
        if is_chunked:
            length, _, body = body.partition(b"\r\n")
            assert body[int(length, 16) :].startswith(b"\r\n")
        assert body.startswith(b"retry: ")
