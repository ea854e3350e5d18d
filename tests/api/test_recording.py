"""Recording over HTTP: whole or not at all, once for each key, and durable when it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from httpx2 import Client, Response

from api.limits import MAX_REQUEST_BODY
from api.problems import MEDIA_TYPE
from api.recording import REPLAYED
from tests.api.conftest import CASE, Served
from tests.app.bodies import NEGOTIATION, SETTING, Body, pledge, stalled, withdrawn

EVENTS = f"/v1/negotiations/{NEGOTIATION}/events"
PLEDGES = f"/v1/negotiations/{NEGOTIATION}/pledges"
LOG_OPENED: Body = {
    "kind": "log.opened",
    "origin": "example.org/other",
    "leaf": 1,
    "rules": 1,
    "parley": "1.0",
}
_numbers = count(1)


@pytest.fixture(scope="module")
def talks(each: Served) -> Served:
    """A server whose log holds the setting of the talks on a bridge."""
    assert each.writer.post(EVENTS, json=SETTING).status_code == 201
    return each


@pytest.fixture
def slug() -> str:
    """The name of a pledge that nobody has made yet."""
    return f"steel-{next(_numbers)}"


def size(served: Served) -> int:
    return served.parley.ledger.head().size


def recorded(answer: Response, number: int = 1) -> list[dict[str, Any]]:
    assert answer.status_code == 201, answer.text
    entries: list[dict[str, Any]] = answer.json()["recorded"]
    assert len(entries) == number
    return entries


def refused(answer: Response, status: int, code: str) -> list[dict[str, Any]]:
    assert answer.headers["Content-Type"] == MEDIA_TYPE, answer.text
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.text
    problems: list[dict[str, Any]] = told["problems"]
    assert all(each["rule"] and each["way_out"] for each in problems)
    return problems


def fields(problems: list[dict[str, Any]]) -> set[tuple[int | None, str]]:
    return {(each.get("index"), each["field"]) for each in problems}


def make(client: Client, slug: str, **headers: str) -> Response:
    return client.post(EVENTS, json=pledge(slug), headers=headers)


def test_one_event_gets_its_receipt_and_its_address(talks: Served, slug: str) -> None:
    before = size(talks)
    answer = make(talks.writer, slug)
    (entry,) = recorded(answer)
    assert entry["position"] == before + 1 == size(talks)
    assert entry["stream"] == f"{NEGOTIATION}/pledge/{slug}"
    assert len(entry["leaf_hash"]) == 64
    assert (answer.headers["ETag"], answer.headers[REPLAYED]) == ('"1"', "false")
    told = talks.writer.get(answer.headers["Location"]).json()
    assert (told["id"], told["recorded_at"]) == (entry["id"], entry["recorded_at"])


def test_what_is_recorded_is_in_the_next_answer(talks: Served, slug: str) -> None:
    recorded(make(talks.writer, slug))
    story = talks.writer.get(f"{PLEDGES}/{slug}").json()
    assert (story["item"]["rung"], story["version"]) == ("pledged", 1)


def test_the_request_id_and_the_subject_are_kept_with_the_entry(talks: Served, slug: str) -> None:
    (entry,) = recorded(make(talks.writer, slug, **{"X-Request-ID": "by-hand-1"}))
    told = talks.parley.ledger.entry(entry["position"])
    assert (told.request, told.recorded_by) == ("by-hand-1", "writer")
    assert told.auth is not None
    assert told.auth.startswith("key:")


def test_an_array_is_recorded_whole(talks: Served, slug: str) -> None:
    entries = recorded(talks.writer.post(EVENTS, json=[pledge(slug), stalled(slug)]), 2)
    assert [entry["version"] for entry in entries] == [1, 2]


def test_an_array_with_bad_members_is_not_recorded_and_each_is_named(
    talks: Served, slug: str
) -> None:
    before = size(talks)
    bodies = [pledge(slug), {**pledge("other"), "level": "sworn"}, {"kind": "pledge.broken"}, 7]
    problems = refused(talks.writer.post(EVENTS, json=bodies), 422, "invalid-input")
    assert {each["index"] for each in problems} == {1, 2, 3}
    assert size(talks) == before


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 422, "invalid-input", "kind"),
        ([], 422, "invalid-input", "body"),
        (7, 422, "invalid-input", "body"),
        ("text", 422, "invalid-input", "body"),
        ({**pledge("x"), "colour": "red"}, 422, "invalid-input", "colour"),
        ({**pledge("x"), "occurred": "May"}, 422, "invalid-input", "occurred"),
        ({**pledge("x"), "pledgors": ["west"]}, 404, "not-found", "pledgors.0"),
        (stalled("never-made"), 409, "story-conflict", "kind"),
        ({"kind": "log.opened"}, 422, "invalid-input", "origin"),
        (LOG_OPENED, 422, "invalid-input", "kind"),
        ({"kind": "entry.retracted", "entry": "7", "reason": "?"}, 422, "invalid-input", "entry"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_by_its_field(
    talks: Served, body: object, status: int, code: str, field: str
) -> None:
    before = size(talks)
    problems = refused(talks.writer.post(EVENTS, json=body), status, code)
    assert any(each["field"].startswith(field) for each in problems), problems
    assert size(talks) == before


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 400, "malformed"),
        (b"{", {}, 400, "malformed"),
        (b"null", {}, 422, "invalid-input"),
        (b"{} {}", {}, 400, "malformed"),
        (b'{"a": NaN}', {}, 400, "malformed"),
        (b'{"a": 1, "a": 2}', {}, 400, "malformed"),
        (b"\xff\xfe{}", {}, 400, "malformed"),
        (b"[" * 100_000, {}, 400, "malformed"),
        (b'{"kind": ' + b"9" * 100_000 + b"}", {}, 422, "invalid-input"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
        (b"{}", {"Content-Type": ""}, 415, "unsupported-media-type"),
        (
            b"{}",
            {"Content-Type": "application/json; charset=latin-1"},
            415,
            "unsupported-media-type",
        ),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "unsupported-media-type"),
        # What is looked at is refused for what it says, and no longer for its form.
        (b"{}", {"Content-Type": "Application/JSON; profile=x"}, 422, "invalid-input"),
        (b"{}", {"Content-Type": "application/json;charset=UTF-8; x=y"}, 422, "invalid-input"),
        (b"{}", {"Content-Type": 'application/json; x=y; charset="utf-8"'}, 422, "invalid-input"),
        (b"{}", {"Content-Encoding": "Identity"}, 422, "invalid-input"),
        (b"{}", {"Content-Encoding": ""}, 422, "invalid-input"),
        (b"{}", {"Content-Type": "application/jsonl"}, 415, "unsupported-media-type"),
        (b"{}", {"Accept": "text/html"}, 406, "not-acceptable"),
        (b"{}", {"If-Match": "3"}, 400, "malformed"),
        (b"{}", {"If-Match": 'W/"3"'}, 400, "malformed"),
        (b"{}", {"If-None-Match": '"3"'}, 400, "malformed"),
        (b"{}", {"If-None-Match": "*", "If-Match": '"3"'}, 400, "malformed"),
        (b"{}", {"Idempotency-Key": ""}, 422, "invalid-input"),
        (b"{}", {"Idempotency-Key": "k" * 256}, 422, "invalid-input"),
        (b" " * (MAX_REQUEST_BODY + 1), {}, 413, "content-too-large"),
    ],
)
def test_what_is_no_event_in_json_is_refused(
    talks: Served, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    before = size(talks)
    sent = {"Content-Type": "application/json", **headers}
    refused(talks.writer.post(EVENTS, content=content, headers=sent), status, code)
    assert size(talks) == before


@pytest.mark.parametrize("name", ["Idempotency-Key", "If-Match", "If-None-Match"])
def test_a_header_that_is_sent_twice_is_refused(talks: Served, slug: str, name: str) -> None:
    before = size(talks)
    sent = [(name, "*"), (name, "*" if name == "If-None-Match" else '"1"')]
    answer = talks.writer.post(EVENTS, json=pledge(slug), headers=sent)
    (problem,) = refused(answer, 400, "malformed")
    assert (problem["field"], problem["rule"]) == (name, "is sent more than once")
    assert size(talks) == before


def test_a_body_whose_length_nobody_said_is_cut_off_at_the_limit(talks: Served) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(MAX_REQUEST_BODY // 100_000 + 1):
            yield b" " * 100_000

    headers = {"Content-Type": "application/json"}
    refused(talks.writer.post(EVENTS, content=parts(), headers=headers), 413, "content-too-large")


def test_a_key_makes_a_request_count_once(talks: Served, slug: str) -> None:
    key = {"Idempotency-Key": f"key of {slug}"}
    first = make(talks.writer, slug, **key)
    before = size(talks)
    again = make(talks.writer, slug, **key)
    assert recorded(again) == recorded(first)
    assert again.headers[REPLAYED] == "true"
    assert size(talks) == before
    refused(make(talks.writer, f"{slug}-other", **key), 422, "key-conflict")


def test_of_many_requests_with_one_key_one_is_recorded(talks: Served, slug: str) -> None:
    before = size(talks)
    with ThreadPoolExecutor(12) as callers:
        answers = list(
            callers.map(lambda _: make(talks.writer, slug, **{"Idempotency-Key": slug}), range(24))
        )
    assert len({recorded(answer)[0]["id"] for answer in answers}) == 1
    assert sum(answer.headers[REPLAYED] == "false" for answer in answers) == 1
    assert size(talks) == before + 1


def test_a_stream_at_another_version_is_not_written(talks: Served, slug: str) -> None:
    client = talks.writer
    recorded(make(client, slug, **{"If-None-Match": "*"}))
    refused(make(client, slug, **{"If-None-Match": "*"}), 412, "version-conflict")
    step = stalled(slug)
    late = client.post(EVENTS, json=step, headers={"If-Match": '"2"'})
    refused(late, 412, "version-conflict")
    recorded(client.post(EVENTS, json=step, headers={"If-Match": '"1"'}))
    many = client.post(EVENTS, json=[withdrawn(slug)] * 2, headers={"If-Match": '"2"'})
    refused(many, 422, "invalid-input")


def test_a_dry_run_says_what_would_be_different_and_records_nothing(
    talks: Served, slug: str
) -> None:
    before = size(talks)
    answer = talks.writer.post(EVENTS, params={"dry_run": "true"}, json=pledge(slug))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["dry_run"]
    (entry,) = told["recorded"]
    assert (entry["leaf_hash"], entry["recorded_at"]) == (None, None)
    keys = {change["key"]: change["change"] for change in told["changes"]}
    assert keys[f"{NEGOTIATION}/pledge/{slug}"] == "appeared"
    assert size(talks) == before


def test_a_dry_run_of_a_correction_and_a_retraction_says_what_would_be_different(
    talks: Served, slug: str
) -> None:
    client = talks.writer
    (entry,) = recorded(make(client, slug))
    dry: Body = {"params": {"dry_run": "true"}, "headers": {"If-Match": '"1"'}}
    address = f"/v1/events/{entry['position']}"
    changed = client.post(
        f"{address}/corrections", json={"reason": "x", "set": {"level": "committed"}}, **dry
    ).json()["changes"]
    (own,) = [c for c in changed if c["key"] == entry["stream"]]
    assert (own["before"], own["after"]) == ("pledged", "committed")
    gone = client.post(f"{address}/retraction", json={"reason": "x"}, **dry).json()["changes"]
    (own,) = [c for c in gone if c["key"] == entry["stream"]]
    assert own["change"] == "disappeared"
    assert client.get(f"{PLEDGES}/{slug}").json()["version"] == 1


def test_a_dry_run_knows_the_key_and_does_not_use_it_up(talks: Served, slug: str) -> None:
    dry, key = {"dry_run": "true"}, {"Idempotency-Key": f"dry {slug}"}

    def send(body: Body, **params: str) -> Response:
        return talks.writer.post(EVENTS, params=params, json=body, headers=key)

    assert send(pledge(slug), **dry).json()["untold"] is None
    first = recorded(send(pledge(slug)))
    again = send(pledge(slug), **dry)
    assert again.status_code == 200
    told = again.json()
    assert (told["recorded"], told["changes"], told["untold"]) == (first, None, "recorded_before")
    refused(send(pledge(f"{slug}-other"), **dry), 422, "key-conflict")


def test_a_dry_run_in_the_commons_tells_what_would_be_different_in_each_negotiation(
    each: Served,
) -> None:
    asked = {"negotiation": "commons", "kind": "actor.registered"}
    actors = each.client.get("/v1/events", params=asked).json()["entries"]
    dry: Body = {"params": {"dry_run": "true"}, "headers": {"If-Match": "*"}}
    told = [
        each.writer.post(
            f"/v1/events/{actor['position']}/retraction", json={"reason": "x"}, **dry
        ).json()
        for actor in actors
    ]
    assert {(answer["changes"], answer["untold"]) for answer in told} == {(None, None)}
    seen = [there for answer in told for there in answer["negotiations"]]
    assert CASE in {there["negotiation"] for there in seen}
    assert all(there["changes"] for there in seen)


def test_a_dry_run_that_opens_its_negotiation_says_why_it_tells_no_change(talks: Served) -> None:
    opening = {"kind": "negotiation.opened", "slug": "other-talks", "title": "Other talks"}
    answer = talks.writer.post(
        "/v1/negotiations/other-talks/events", params={"dry_run": "true"}, json=opening
    )
    told = answer.json()
    assert (told["changes"], told["untold"]) == (None, "opens_the_negotiation")


def test_a_dry_run_in_the_commons_of_many_negotiations_says_that_it_looks_at_none(
    talks: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.scenarios.MAX_LOOKED_AT", 0)
    body = {"kind": "actor.registered", "slug": "west", "name": "West", "type": "state"}
    told = talks.writer.post(
        "/v1/negotiations/commons/events", params={"dry_run": "true"}, json=body
    ).json()
    assert (told["negotiations"], told["untold"]) == (None, "too_many_negotiations")


def test_a_correction_is_decided_on_a_version(talks: Served, slug: str) -> None:
    client = talks.writer
    (entry,) = recorded(make(client, slug))
    address = f"/v1/events/{entry['position']}/corrections"
    body = {"reason": "It was a commitment.", "set": {"level": "committed"}}
    refused(client.post(address, json=body), 428, "precondition-required")
    refused(client.post(address, json=body, headers={"If-Match": '"7"'}), 412, "version-conflict")
    done = client.post(address, json=body, headers={"If-Match": '"1"'})
    recorded(done)
    assert done.headers["ETag"] == '"2"'
    assert client.get(f"{PLEDGES}/{slug}").json()["item"]["rung"] == "committed"
    then = client.get(f"{PLEDGES}/{slug}", params={"known_at": entry["position"]}).json()
    assert then["item"]["rung"] == "pledged"
    refused(
        client.post(address, json={**body, "sets": {}}, headers={"If-Match": "*"}),
        422,
        "invalid-input",
    )
    wrong = {"reason": 7, "set": {"level": "sworn"}}
    problems = refused(
        client.post(address, json=wrong, headers={"If-Match": "*"}), 422, "invalid-input"
    )
    assert fields(problems) == {(None, "reason")}


def test_a_retraction_takes_back_and_can_be_taken_back(talks: Served, slug: str) -> None:
    client = talks.writer
    (entry,) = recorded(make(client, slug))
    address = f"/v1/events/{entry['position']}/retraction"
    refused(client.post(address, json={"reason": "x"}), 428, "precondition-required")
    (taken,) = recorded(
        client.post(address, json={"reason": "Never said."}, headers={"If-Match": '"1"'})
    )
    assert client.get(f"{PLEDGES}/{slug}").json()["item"] is None
    back = f"/v1/events/{taken['position']}/retraction"
    recorded(client.post(back, json={"reason": "It was."}, headers={"If-Match": "*"}))
    assert client.get(f"{PLEDGES}/{slug}").json()["item"]["rung"] == "pledged"
    none = client.post(
        "/v1/events/999999/retraction", json={"reason": "x"}, headers={"If-Match": "*"}
    )
    refused(none, 404, "not-found")


def test_a_key_is_of_one_verb_and_one_entry(talks: Served, slug: str) -> None:
    client = talks.writer
    first, second = recorded(client.post(EVENTS, json=[pledge(slug), pledge(f"{slug}-b")]), 2)
    headers = {"Idempotency-Key": f"once {slug}", "If-Match": "*"}
    body = {"reason": "x"}
    recorded(client.post(f"/v1/events/{first['position']}/retraction", json=body, headers=headers))
    other = client.post(f"/v1/events/{second['position']}/retraction", json=body, headers=headers)
    refused(other, 422, "key-conflict")


def test_a_scenario_is_answered_and_never_recorded(talks: Served, slug: str) -> None:
    client, before = talks.writer, size(talks)
    supposed = {name: value for name, value in pledge(slug).items() if name != "cite"}
    address = f"/v1/negotiations/{NEGOTIATION}/scenarios"
    answer = client.post(address, json=[supposed], params={"as_of": "2025-12-31"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert slug in {each["slug"] for each in told["framework"]["pledges"]}
    assert told["changes"]
    refused(client.post(address, json=stalled("never-made")), 409, "story-conflict")
    assert size(talks) == before
