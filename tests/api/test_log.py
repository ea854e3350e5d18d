"""The log page by page, line by line and as CloudEvents; nothing is lost between two pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Client

from tests.api.conftest import CASE, Served

EVENT = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
FILTERS: list[dict[str, Any]] = [
    {},
    {"negotiation": CASE},
    {"negotiation": "commons", "thing": "actor"},
    {"kind": "pledge.made"},
    {"thing": "statement"},
    {"thing": "actor", "slug": "russia"},
    {"thing": "pledge", "slug": "force-26", "negotiation": CASE},
    {"thing": "log"},
    {"actor": "russia"},
    {"from": "2025-08-01", "to": "2025-09-04"},
    {"since": "2020-01-01"},
    {"since": "2999-01-01"},
    {"known_at": 40},
    {"after": 80},
]


def pages(client: Client, limit: int, asked: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The pages of the log, by the links between them."""
    answer = client.get("/v1/events", params={**asked, "limit": limit})
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page["entries"]
        assert page["more"] == ("next" in answer.links)
        if not page["more"]:
            return
        answer = client.get(answer.links["next"]["url"])


def walked(client: Client, limit: int, asked: dict[str, Any]) -> list[int]:
    return [entry["position"] for page in pages(client, limit, asked) for entry in page]


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_small_pages_hold_together_what_one_large_one_holds(
    each: Served, asked: dict[str, Any]
) -> None:
    whole = walked(each.client, 1_000, asked)
    assert walked(each.client, 7, asked) == whole
    assert whole == sorted(set(whole))
    newest = walked(each.client, 7, {**asked, "order": "newest"})
    assert newest == whole[::-1]


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_the_lines_are_the_entries(each: Served, asked: dict[str, Any]) -> None:
    answer = each.client.get("/v1/events.jsonl", params=asked)
    assert answer.headers["Content-Type"] == "application/jsonl"
    entries = [entry for page in pages(each.client, 1_000, asked) for entry in page]
    assert [json.loads(line) for line in answer.text.splitlines()] == entries


def test_the_first_lines_are_no_more_than_a_page_and_the_rest_follow(
    each: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = each.client.get("/v1/events.jsonl").text
    monkeypatch.setattr("app.read_log.PAGE", 5)
    assert each.client.get("/v1/events.jsonl").text == whole


def test_an_entry_is_the_same_by_itself_as_on_its_page(each: Served) -> None:
    for entry in next(pages(each.client, 5, {"after": 20})):
        assert each.client.get(f"/v1/events/{entry['position']}").json() == entry


def test_a_cloud_event_holds_the_leaf_byte_for_byte(each: Served) -> None:
    (leaf,) = each.parley.ledger.leaves(29, 30)
    answer = each.client.get("/v1/events/30", headers={"Accept": EVENT})
    assert answer.headers["Content-Type"] == EVENT
    assert b'"data":' + leaf.data + b"}" in answer.content
    told, kept = answer.json(), json.loads(leaf.data)
    assert told["type"] == f"org.parley.{kept['kind']}.v1"
    assert (told["id"], told["subject"], told["time"]) == (
        kept["id"],
        kept["stream"],
        kept["recorded_at"],
    )
    assert (told["specversion"], told["sequence"]) == ("1.0", "30")
    (first,) = each.parley.ledger.leaves(0, 1)
    assert told["source"] == json.loads(first.data)["data"]["origin"]


def test_a_batch_is_the_page_as_cloud_events(each: Served) -> None:
    asked: dict[str, Any] = {"kind": "statement.made", "limit": 3}
    page = each.client.get("/v1/events", params=asked)
    batch = each.client.get("/v1/events", params=asked, headers={"Accept": BATCH})
    assert batch.headers["Content-Type"] == BATCH
    entries = page.json()["entries"]
    assert [e["sequence"] for e in batch.json()] == [str(e["position"]) for e in entries]
    assert batch.links["next"]["url"] == page.links["next"]["url"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (BATCH, BATCH),
        (f"application/json;q=0.5, {BATCH}", BATCH),
        (f"{BATCH};q=0.1, */*;q=0.9", "application/json"),
        ("text/html, application/*;q=0.2", "application/json"),
    ],
)
def test_the_form_is_the_one_that_the_client_would_rather_have(
    client: Client, accept: str, form: str
) -> None:
    answer = client.get("/v1/events", params={"limit": 1}, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == form
