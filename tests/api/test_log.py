"""The log page by page, line by line and as CloudEvents; nothing is lost between two pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Client

from projections.read_model import ReadModel
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
    {"reviewed": True},
    {"reviewed": False},
    {"reviewed": True, "thing": "actor", "actor": "russia"},
    {"reviewed": False, "known_at": 40, "thing": "statement"},
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


@pytest.fixture(scope="module", autouse=True)
def endorsed(each: Served) -> list[int]:
    """Entries that the writer has endorsed; the last of them no more."""
    chosen = [2, 3, 30, 31, 44, 45, 46, 47, 48, 49, 50]
    found = [each.client.get(f"/v1/events/{position}").json() for position in chosen]
    for entry in found:
        owner = entry["stream"].partition("/")[0]
        at = f"/v1/negotiations/{CASE if owner == 'commons' else owner}/events"
        done = each.writer.post(at, json={"kind": "entry.endorsed", "entry": entry["id"]})
        assert done.status_code == 201, done.text
    (last,) = done.json()["recorded"]
    taken_back = each.writer.post(
        f"/v1/events/{last['position']}/retraction",
        json={"reason": "Looked at the wrong page."},
        headers={"If-Match": "*"},
    )
    assert taken_back.status_code == 201, taken_back.text
    return chosen[:-1]


def test_what_a_second_person_endorsed_is_told_from_the_rest_as_it_was_known(
    each: Served, endorsed: list[int]
) -> None:
    whole = walked(each.client, 1_000, {})
    assert walked(each.client, 3, {"reviewed": True}) == endorsed
    rest = walked(each.client, 1_000, {"reviewed": False})
    assert rest == [position for position in whole if position not in endorsed]
    # What was known before anybody looked, and before the last was taken back.
    size = whole[-1]
    assert walked(each.client, 50, {"reviewed": True, "known_at": size - 12}) == []
    known = walked(each.client, 50, {"reviewed": True, "known_at": size - 1})
    assert known == [*endorsed, 50]


def test_the_rest_is_looked_for_no_further_than_is_quick(
    each: Served, endorsed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reviewed.SEARCHED", 4)
    monkeypatch.setattr("app.reviewed.LOT", 2)
    whole = walked(each.client, 1_000, {})
    for order in ("oldest", "newest"):
        asked: dict[str, Any] = {"order": order}
        reviewed = walked(each.client, 3, {**asked, "reviewed": True})
        rest = walked(each.client, 3, {**asked, "reviewed": False})
        assert sorted(reviewed) == endorsed
        assert sorted([*reviewed, *rest]) == whole


def test_where_there_is_no_read_model_the_log_itself_says_what_was_reviewed(
    each: Served, endorsed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReadModel, "_ask", lambda *_: None)
    assert walked(each.client, 3, {"reviewed": True}) == endorsed
    assert not set(walked(each.client, 1_000, {"reviewed": False})) & set(endorsed)


def test_the_steps_of_a_story_say_whether_they_were_reviewed(
    each: Served, endorsed: list[int]
) -> None:
    thing = each.client.get("/v1/events/44").json()["stream"].split("/")
    story = each.client.get(f"/v1/negotiations/{CASE}/{thing[1]}s/{thing[2]}").json()
    told = {step["event"]["position"]: step["reviewed"] for step in story["steps"]}
    assert told[44]
    assert {at for at, reviewed in told.items() if reviewed} <= set(endorsed)


def test_an_entry_says_by_which_key_and_in_which_request_it_came(
    each: Served, endorsed: list[int]
) -> None:
    del endorsed
    newest = each.client.get("/v1/events", params={"order": "newest", "limit": 1})
    (entry,) = newest.json()["entries"]
    leaf = each.client.get(
        f"/v1/events/{entry['position']}", headers={"Accept": "application/cloudevents+json"}
    ).json()["data"]
    assert entry["auth"].startswith("key:")
    assert (entry["auth"], entry["request"]) == (leaf["auth"], leaf["request"])
    first = each.client.get("/v1/events/2").json()
    assert (first["auth"], first["request"]) == (None, None)


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
