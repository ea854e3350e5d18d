"""Webhooks over HTTP: an admin makes, shows, stops and removes them, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

import pytest
from httpx2 import Client

from app.keys import Role, make_key
from tests.api.conftest import PATIENCE, Served, bearer

URL = "https://hooks.example.org/parley"
WEBHOOKS = "/v1/webhooks"


@pytest.fixture(scope="module")
def admin(one: Served) -> Iterator[Client]:
    headers = bearer(make_key(one.parley, "admin", Role.ADMIN).secret)
    base = one.client.base_url
    with Client(base_url=base, timeout=PATIENCE, headers=headers) as client:
        yield client


def test_a_webhook_is_made_shown_stopped_and_removed(admin: Client) -> None:
    wanted = {"kind": "pledge.made", "from": "2025-03-01"}
    sent = {"url": URL, "filter": wanted, "note": "the desk"}
    made = admin.post(WEBHOOKS, json=sent)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["secret"].startswith("whsec_")
    where = made.headers["Location"]
    shown = admin.get(where)
    assert shown.json() == told["webhook"]
    assert (shown.json()["url"], shown.json()["behind"]) == (URL, 0)
    assert shown.json()["filter"].items() >= wanted.items()
    assert shown.json()["created_by"] == "admin"
    assert told["secret"] not in admin.get(WEBHOOKS).text

    assert admin.post(f"{where}/pause").json()["state"] == "paused"
    assert admin.post(f"{where}/rotate", params={"overlap": 0}).json()["secret"] != told["secret"]
    assert admin.get(f"{where}/attempts").json() == {"attempts": []}

    assert admin.delete(where).status_code == 204
    assert admin.get(where).status_code == 404
    assert admin.delete(where).status_code == 404
    assert admin.get(WEBHOOKS).json() == {"webhooks": []}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        ({"url": "http://example.org/"}, 422),
        ({"url": URL, "filter": {"kind": "pledge.broken"}}, 422),
        ({"url": URL, "filter": {"slug": "\ud800"}}, 422),
        ({"url": URL, "filter": {"from_": "2025-03-01"}}, 422),
        ({"url": URL, "filter": {"from": "yesterday"}}, 422),
        ({"url": "https://10.0.0.1/"}, 422),
        ({"url": URL, "note": "\u0000"}, 422),
        ({"url": URL, "after": "x"}, 422),
        ({"url": URL, "after": "9.1"}, 404),
        ({"url": URL, "after": "800000"}, 404),
        ({"url": URL, "more": 1}, 422),
        ([], 422),
    ],
)
def test_what_cannot_be_made_is_refused(admin: Client, sent: object, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = admin.post(WEBHOOKS, content=dumps(sent), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["problems"]
    assert admin.get(WEBHOOKS).json() == {"webhooks": []}


@pytest.mark.parametrize("verb", ["", "/pause", "/resume", "/rotate"])
def test_a_key_that_would_count_for_nothing_is_refused(admin: Client, verb: str) -> None:
    address = f"{WEBHOOKS}/0123456789ab{verb}" if verb else WEBHOOKS
    answer = admin.post(address, json={"url": URL}, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["field"] == "Idempotency-Key"
    assert admin.get(WEBHOOKS).json() == {"webhooks": []}


def test_nobody_else_sees_or_makes_any(one: Served) -> None:
    for client, status in ((one.client, 401), (one.writer, 403)):
        assert client.get(WEBHOOKS).status_code == status
        assert client.post(WEBHOOKS, json={"url": URL}).status_code == status
