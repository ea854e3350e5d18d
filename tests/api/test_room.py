"""Who takes much room leaves some to the others: by address, by what they send and do not read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from queue import Queue

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from api import connections, gate
from api.application import make_application
from api.connections import Connection
from api.gate import Gate
from api.limits import MAX_OPEN_BODY, Rate
from api.rates import Rates
from app.parley import open_parley
from app.settings import read_settings
from tests.api.conftest import CASE, PATIENCE, Served

HERE, THERE = ("192.0.2.7", 5), ("192.0.2.8", 5)
SHORT = 0.2
"""Seconds in which what nobody reads has to be read."""
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY = 60
"""Documents that are more than a system keeps for who does not read them."""


async def waits(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers when it is told to."""
    del receive
    await scope["may_answer"].wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


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


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
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
    base = one.client.base_url
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.settimeout(PATIENCE)
    raw.connect((base.host, base.port or 80))
    raw.sendall(DOCUMENT * (MANY - 1))
    raw.sendall(DOCUMENT.replace(b"Host", b"Connection: close\r\nHost"))
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
    ended = Queue[object]()
    lost = Connection.connection_lost

    def tell(self: Connection, exc: Exception | None) -> None:
        lost(self, exc)
        ended.put(self.client)

    monkeypatch.setattr(Connection, "connection_lost", tell)
    with unread(one) as raw:
        while ended.get(timeout=PATIENCE) != raw.getsockname():
            # Another client has ended its own.
            continue
        assert answers_on(raw) < MANY


def test_who_reads_slowly_but_reads_has_all_of_it(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "write_time", SHORT)
    monkeypatch.setattr(connections, "WRITE_LEAST", 1)
    with unread(one) as raw:
        assert answers_on(raw) == MANY
