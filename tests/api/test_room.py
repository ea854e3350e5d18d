"""Who takes much room leaves some to the others: by address, by what they send and do not read."""

from __future__ import annotations

import asyncio
import socket
import time
from asyncio import Transport
from collections.abc import Iterator
from contextlib import suppress
from queue import Queue

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from api import connections, gate
from api.application import make_application
from api.connections import Connection
from api.gate import Gate
from api.limits import MAX_OPEN_BODY, Rate
from api.rates import Rates
from app.parley import open_parley
from app.settings import read_settings
from tests.api.asgi import nothing, waits
from tests.api.conftest import CASE, PATIENCE, Served

HERE, THERE = ("192.0.2.7", 5), ("192.0.2.8", 5)
SHORT = 0.2
"""Seconds in which what nobody reads has to be read."""
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
STREAM = b"GET /v1/events/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY = 60
"""Documents that are more than a system keeps for who does not read them."""


async def statuses_of(narrow: Gate, *asked: tuple[tuple[str, int], str]) -> list[int]:
    """The status of each request, by address and path, that comes before any is answered."""
    found: dict[int, int] = {}
    may_answer = asyncio.Event()

    async def ask(number: int, client: tuple[str, int], path: str) -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                found[number] = message["status"]

        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": client,
            "state": {},
        }
        await narrow({**scope, "may_answer": may_answer}, nothing, send)

    tasks = [asyncio.create_task(ask(number, *each)) for number, each in enumerate(asked)]
    await asyncio.sleep(0)
    may_answer.set()
    await asyncio.gather(*tasks)
    return [found[number] for number in range(len(asked))]


def test_one_address_leaves_room_to_the_others() -> None:
    narrow = Gate(waits, at_once=4, of_one=2, local=False)
    asked = [(HERE, "/v1/version")] * 3 + [(THERE, "/v1/version")]
    assert asyncio.run(statuses_of(narrow, *asked)) == [200, 200, 503, 200]
    assert asyncio.run(statuses_of(narrow, *asked)) == [200, 200, 503, 200]


def test_all_that_are_on_this_machine_share_all_of_it() -> None:
    narrow = Gate(waits, at_once=4, of_one=2, local=True)
    assert asyncio.run(statuses_of(narrow, *[(HERE, "/v1/version")] * 5)) == [200] * 4 + [503]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_there_is_always_room_for_a_sign_of_life(path: str) -> None:
    narrow = Gate(waits, at_once=1, of_one=1, local=False)
    asked = [(HERE, "/v1/version")] * 2 + [(HERE, path)] * 2
    assert asyncio.run(statuses_of(narrow, *asked)) == [200, 503, 200, 200]


def test_a_sign_of_life_takes_no_room() -> None:
    narrow = Gate(waits, at_once=1, local=True)
    asked = [(HERE, "/healthz"), (HERE, "/v1/version")]
    assert asyncio.run(statuses_of(narrow, *asked)) == [200, 200]


@pytest.fixture
def slow(sqlite_database: str) -> Iterator[TestClient]:
    """A client that may ask for two things and then for a long time nothing."""
    with open_parley(read_settings(database_url=sqlite_database)) as parley:
        rates = Rates(reads=Rate(a_second=0.001, at_once=2))
        with TestClient(
            make_application(parley, local=True, rates=rates), "http://localhost"
        ) as client:
            yield client


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json", "/docs"])
def test_the_pages_about_the_api_are_not_given_at_any_rate(slow: TestClient, path: str) -> None:
    assert [slow.get(path).status_code for _ in range(3)] == [200, 200, 429]
    assert slow.get(path).headers["Retry-After"]
    assert slow.get("/healthz").status_code == 200


def test_who_shows_no_key_may_send_less(one: Served) -> None:
    path, body = f"/v1/negotiations/{CASE}/scenarios", b" " * (MAX_OPEN_BODY + 1)
    form = {"Content-Type": "application/json"}
    answer = one.client.post(path, content=body, headers=form)
    assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")
    assert "with a key" in answer.json()["problems"][0]["way_out"]
    assert one.writer.post(path, content=body, headers=form).json()["code"] == "malformed"


def test_who_shows_no_key_has_less_time_to_send_it(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "OPEN_BODY_TIME", SHORT)
    base = one.client.base_url
    asked = f"POST /v1/negotiations/{CASE}/scenarios HTTP/1.1\r\nHost: localhost\r\n"
    asked += "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection((base.host, base.port or 80), timeout=PATIENCE) as raw:
        raw.sendall(asked.encode())
        assert raw.recv(65_536).startswith(b"HTTP/1.1 408 ")


def unread(one: Served) -> socket.socket:
    """A connection on which much was asked for that nobody has read yet."""
    closing = DOCUMENT.replace(b"Host", b"Connection: close\r\nHost")
    return asking(one, DOCUMENT * (MANY - 1) + closing)


def asking(one: Served, asked: bytes) -> socket.socket:
    """A connection of a client that takes little at a time, on which so much was asked for."""
    base = one.client.base_url
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.settimeout(PATIENCE)
    raw.connect((base.host, base.port or 80))
    raw.sendall(asked)
    return raw


def answers_on(raw: socket.socket) -> int:
    """How many answers begin until the connection ends."""
    found = bytearray()
    with suppress(ConnectionError):
        while part := raw.recv(65_536):
            found += part
    return found.count(b"HTTP/1.1 200 OK")


def test_an_answer_that_nobody_reads_ends_the_connection(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "write_time", SHORT)
    ended = ends(monkeypatch)
    with unread(one) as raw:
        wait_for_the_end_of(raw, ended)
        assert answers_on(raw) < MANY


def test_the_last_of_an_answer_is_to_be_read_in_its_time_as_well(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, made = 49_152, Queue[Connection]()
    begin = Connection.connection_made

    def narrow(self: Connection, transport: Transport) -> None:
        begin(self, transport)
        # So that what is left can be stopped at between "little" and "nothing".
        transport.set_write_buffer_limits(high=65_536, low=low)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        made.put(self)

    monkeypatch.setattr(Connection, "connection_made", narrow)
    monkeypatch.setattr(Connection, "write_time", SHORT)
    ended = ends(monkeypatch)
    with unread(one) as raw:
        while (connection := made.get(timeout=PATIENCE)).client != raw.getsockname():
            # Another client has come.
            continue
        transport = connection.transport
        while not (transport.is_closing() and 0 < transport.get_write_buffer_size() <= low):
            assert raw.recv(4_096)
        wait_for_the_end_of(raw, ended)


def ends(monkeypatch: pytest.MonkeyPatch) -> Queue[object]:
    """Where it will be told which clients' connections have ended."""
    ended = Queue[object]()
    lost = Connection.connection_lost

    def tell(self: Connection, exc: Exception | None) -> None:
        lost(self, exc)
        ended.put(self.client)

    monkeypatch.setattr(Connection, "connection_lost", tell)
    return ended


def wait_for_the_end_of(raw: socket.socket, ended: Queue[object]) -> None:
    while ended.get(timeout=PATIENCE) != raw.getsockname():
        # Another client has ended its own.
        continue


def test_the_client_of_a_stream_may_rest_for_longer(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "write_time", SHORT)
    with asking(one, STREAM) as raw:
        time.sleep(5 * SHORT)
        found = b""
        while b"event: caught-up" not in found[-200:]:
            part = raw.recv(65_536)
            assert part, "the stream has ended"
            found += part
        assert found.count(b'\ndata: {"specversion"') == one.parley.ledger.head().size


def test_one_that_rests_for_too_long_has_left(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "stream_write_time", SHORT)
    ended = ends(monkeypatch)
    with asking(one, STREAM) as raw:
        wait_for_the_end_of(raw, ended)


def test_who_reads_slowly_but_reads_has_all_of_it(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "write_time", SHORT)
    monkeypatch.setattr(connections, "WRITE_LEAST", 1)
    with unread(one) as raw:
        assert answers_on(raw) == MANY
