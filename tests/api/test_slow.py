"""Bytes that come slowly, not at all, too many or all at once: each has its answer and its end."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api import gate
from api.connections import Connection
from api.limits import MAX_REQUEST_BODY
from app.keys import Role, make_key, revoke_key
from tests.api.conftest import PATIENCE, Served
from tests.api.test_metrics import REQUESTS, measured, value
from tests.app.bodies import NEGOTIATION

EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"
SHORT = 0.2
"""Seconds in which what never comes has to come."""


@contextmanager
def connected(one: Served) -> Iterator[socket.socket]:
    base = one.client.base_url
    with socket.create_connection((base.host, base.port or 80), timeout=PATIENCE) as raw:
        yield raw


def rest_of(raw: socket.socket) -> bytes:
    """All that comes until the server ends the connection; it has to."""
    found = b""
    while part := raw.recv(65_536):
        found += part
    return found


def head(one: Served, *more: str, key: bool = True, path: str = EVENTS) -> bytes:
    """The head of a request to record."""
    shown = one.writer.headers["Authorization"]
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *more]
    lines += [f"Authorization: {shown}"] if key else []
    return "\r\n".join((*lines, "", "")).encode()


@pytest.mark.parametrize("sent", [b"", b"GET /v1/version HTTP/1.1\r\nHost: loc"])
def test_a_head_that_does_not_come_ends_the_connection(
    one: Served, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "head_time", SHORT)
    with connected(one) as raw:
        raw.sendall(sent)
        assert rest_of(raw) == b""


def test_a_head_that_comes_bit_by_bit_has_no_more_time_for_that(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "head_time", SHORT)

    def send_for_ever(raw: socket.socket) -> None:
        while True:
            raw.sendall(b"G")
            time.sleep(SHORT / 10)

    with connected(one) as raw, pytest.raises(ConnectionError):
        send_for_ever(raw)


def test_a_body_that_does_not_come_is_refused(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_TIME", SHORT)
    with connected(one) as raw:
        raw.sendall(head(one, "Content-Length: 1000") + b"[")
        said, _, body = rest_of(raw).partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["code"] == "too-slow"


def test_a_body_that_nobody_reads_ends_the_connection_all_the_same(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "body_time", SHORT)
    with connected(one) as raw:
        raw.sendall(head(one, "Content-Length: 1000", key=False) + b"[")
        assert rest_of(raw).startswith(b"HTTP/1.1 401 ")


def test_a_body_without_a_length_is_refused_when_it_gets_too_long(
    one: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MAX_REQUEST_BODY", 1_000)
    monkeypatch.setattr(Connection, "body_time", SHORT)
    with connected(one) as raw:
        raw.sendall(head(one, "Transfer-Encoding: chunked") + b"800\r\n" + b" " * 0x800 + b"\r\n")
        said, _, body = rest_of(raw).partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["code"] == "content-too-large"


def test_a_key_that_is_revoked_while_the_body_comes_records_nothing(one: Served) -> None:
    made = make_key(one.parley, "leaver", Role.RECORDER)
    body = {"kind": "actor.registered", "slug": "late", "name": "Late", "type": "person"}
    sent = json.dumps(body).encode()
    more = (f"Authorization: Bearer {made.secret}", f"Content-Length: {len(sent)}")
    before = one.parley.ledger.head().size
    with connected(one) as raw:
        path = "/v1/negotiations/commons/events"
        raw.sendall(
            head(one, *more, "Expect: 100-continue", "Connection: close", key=False, path=path)
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        revoke_key(one.parley, made.key.id)
        raw.sendall(sent)
        said, _, told = rest_of(raw).partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 401 ")
    assert json.loads(told)["code"] == "unauthenticated"
    assert one.parley.ledger.head().size == before


def test_a_client_that_leaves_in_the_middle_is_no_defect(
    one: Served, caplog: pytest.LogCaptureFixture
) -> None:
    labels = {"method": "POST", "status": "0"}
    labels["route"] = "/v1/negotiations/{negotiation}/events"
    before = value(measured(one.client), REQUESTS, **labels)
    with caplog.at_level(logging.INFO, "parley.http"):
        with connected(one) as raw:
            raw.sendall(head(one, "Content-Length: 1000", "Expect: 100-continue"))
            assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
            raw.sendall(b"[")
        while value(measured(one.client), REQUESTS, **labels) == before:
            time.sleep(0.01)
    assert "defect" not in {record.message for record in caplog.records}


def test_who_sends_too_much_to_its_end_reads_why_and_may_ask_on(one: Served) -> None:
    length = MAX_REQUEST_BODY + 1
    with connected(one) as raw:
        raw.sendall(head(one, f"Content-Length: {length}") + b" " * length)
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answers = rest_of(raw).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"413", b"200"]


def test_requests_that_come_at_once_are_answered_in_their_order(one: Served) -> None:
    asked = ["/healthz", "/v1/version", "/nowhere", "/v1/rules"]
    sent = b"".join(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: r{number}\r\n"
        f"Connection: {'close' if path == asked[-1] else 'keep-alive'}\r\n\r\n".encode()
        for number, path in enumerate(asked)
    )
    with connected(one) as raw:
        raw.sendall(sent)
        answers = rest_of(raw).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"200", b"404", b"200"]
    for number, answer in enumerate(answers):
        assert f"x-request-id: r{number}\r\n".encode() in answer.lower()


def test_records_that_come_at_once_with_one_key_count_once(one: Served) -> None:
    path = EVENTS.replace(NEGOTIATION, "pipelined")
    opening = {"kind": "negotiation.opened", "slug": "pipelined", "title": "Talks in a pipe"}
    body = json.dumps(opening).encode()
    length = f"Content-Length: {len(body)}"
    keyed = "Idempotency-Key: in a pipe"
    with connected(one) as raw:
        raw.sendall(head(one, length, keyed, path=path) + body)
        raw.sendall(head(one, length, keyed, "Connection: close", path=path) + body)
        answers = rest_of(raw).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"201", b"201"]
    assert [b"idempotent-replayed: true" in answer.lower() for answer in answers] == [False, True]
