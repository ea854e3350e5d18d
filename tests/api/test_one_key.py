"""One key in many hands: two callers, two bodies, and requests sent one behind another."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import parse_headers
from itertools import count
from typing import Any, BinaryIO

import pytest
from httpx2 import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.problems import MEDIA_TYPE
from app.keys import Role, make_key
from ledger.wholeness import verify
from tests.api.conftest import PATIENCE, Served, bearer
from tests.app.bodies import NEGOTIATION, SETTING, Body, pledge

EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"
_numbers = count(1)


@pytest.fixture(scope="module")
def talks(each: Served) -> Iterator[Served]:
    """A server whose log holds the setting of the talks on a bridge, and is whole at the end."""
    assert each.writer.post(EVENTS, json=SETTING).status_code == 201
    yield each
    assert verify(each.parley.ledger.engine).size == size(each)


@pytest.fixture(scope="module")
def other(talks: Served) -> Iterator[Client]:
    """Somebody else with a key of their own."""
    secret = make_key(talks.parley, "somebody-else", Role.RECORDER).secret
    address = talks.client.base_url
    with Client(base_url=address, timeout=PATIENCE, headers=bearer(secret)) as client:
        yield client


@pytest.fixture
def slug() -> str:
    return f"beam-{next(_numbers)}"


def size(served: Served) -> int:
    return served.parley.ledger.head().size


def test_two_callers_may_choose_one_key_and_neither_is_told_the_others_answer(
    talks: Served, other: Client, slug: str
) -> None:
    key = {"Idempotency-Key": slug}
    mine = talks.writer.post(EVENTS, json=pledge(slug), headers=key)
    theirs = other.post(EVENTS, json=pledge(f"{slug}-b"), headers=key)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["recorded"] != theirs.json()["recorded"]
    again = other.post(EVENTS, json=pledge(f"{slug}-b"), headers=key)
    assert again.json() == theirs.json()
    assert talks.writer.post(EVENTS, json=pledge(f"{slug}-b"), headers=key).status_code == 422


def test_of_two_bodies_with_one_key_at_once_one_is_recorded(talks: Served, slug: str) -> None:
    before = size(talks)

    def send(number: int) -> int:
        body = pledge(f"{slug}-{number % 2}")
        return talks.writer.post(EVENTS, json=body, headers={"Idempotency-Key": slug}).status_code

    with ThreadPoolExecutor(8) as callers:
        found = Counter(callers.map(send, range(16)))
    assert found == {201: 8, 422: 8}
    assert size(talks) == before + 1


@dataclass(frozen=True)
class Got:
    """One of the answers on a connection."""

    status: int
    form: str
    replayed: str | None
    body: Any


def request_of(body: bytes, key: str, secret: str) -> bytes:
    head = (
        f"POST {EVENTS} HTTP/1.1",
        "Host: localhost",
        f"Authorization: {secret}",
        "Content-Type: application/json",
        f"Idempotency-Key: {key}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def answers_on(served: Served, sent: bytes, number: int) -> list[Got]:
    """What comes back on one connection when everything is sent before anything is read."""
    base = served.client.base_url
    with (
        socket.create_connection((base.host, base.port or 80), timeout=PATIENCE) as raw,
        raw.makefile("rb") as answers,
    ):
        raw.sendall(sent)
        return [_read(answers) for _ in range(number)]


def _read(answers: BinaryIO) -> Got:
    status = int(answers.readline().split()[1])
    headers = parse_headers(answers)
    body = answers.read(int(headers["Content-Length"]))
    form = headers["Content-Type"]
    return Got(status, form, headers["Idempotent-Replayed"], json.loads(body))


sent_bodies = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["one", "two", "broken", "refused"])),
    min_size=1,
    max_size=8,
)


@given(sent=sent_bodies)
@example(sent=[("a", "one")] * 5)
@example(sent=[("a", "broken"), ("a", "refused"), ("a", "one"), ("a", "two"), ("a", "one")])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_requests_one_behind_another_are_answered_in_their_order_and_count_once_a_key(
    talks: Served, sent: Sequence[tuple[str, str]]
) -> None:
    before, name = size(talks), f"pipe-{next(_numbers)}"
    bodies: dict[str, Body] = {each: pledge(f"{name}-{each}") for each in ("one", "two")}
    contents = {each: json.dumps(body).encode() for each, body in bodies.items()}
    contents |= {"broken": b'{"kind": ', "refused": b'{"kind": "pledge.sworn"}'}
    secret = talks.writer.headers["Authorization"]
    raw = b"".join(request_of(contents[what], f"{name}-{key}", secret) for key, what in sent)
    answers = answers_on(talks, raw, len(sent))
    told: dict[str, Any] = {}
    made: set[str] = set()
    for (key, what), answer in zip(sent, answers, strict=True):
        assert answer.status < 500
        if answer.status >= 400:
            assert answer.form == MEDIA_TYPE
        if what == "broken":
            assert answer.status == 400
        elif what == "refused" and key not in told:
            assert answer.status == 422
        elif key in told:
            # The key stands for its first body; another one is refused.
            same = told[key][0] == what
            assert answer.status == (201 if same else 422)
            assert not same or (answer.replayed, answer.body) == ("true", told[key][1])
        elif what in made:
            assert (answer.status, answer.body["code"]) == (409, "story-conflict")
        else:
            assert (answer.status, answer.replayed) == (201, "false")
            told[key] = (what, answer.body)
            made.add(what)
    assert size(talks) == before + len(made)
