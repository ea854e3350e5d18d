"""Whatever is sent, the answer keeps its form, and the log holds what was acknowledged, no more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import count
from typing import Any, cast

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import reading
from api.problems import CODES, MEDIA_TYPE
from app.imports import import_case
from domain.registry import read_event
from ledger.wholeness import verify
from tests.api.conftest import INSIDE, Served
from tests.api.drawn_requests import Headers, Json, contents, headers, queries, recorded_bodies
from tests.domain.samples import every_kind

FACTOR = int(os.environ.get("PARLEY_FUZZ", "1"))
"""How many times more is drawn than in the default run."""
NAMES = count(1)
EVENTS = f"/v1/negotiations/{every_kind.NAME}/events"
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def log(each: Served) -> Iterator[Served]:
    """A log in which every kind occurs besides the sample; nothing is waited for."""
    # Nobody endorses what they recorded themselves, so that the one endorsement is left out.
    import_case(each.parley, every_kind.NAME, keep_good=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MAX_WAIT", 0.0)
        yield each
    assert verify(each.parley.ledger.engine).size == size(each)


def size(served: Served) -> int:
    return served.parley.ledger.head().size


def check_form(answer: Response) -> None:
    """An answer, or a refusal that shows nothing of the inside."""
    assert answer.status_code < 500, answer.text
    assert answer.headers["X-Request-ID"]
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == MEDIA_TYPE, answer.text
        told = answer.json()
        assert CODES[told["code"]].status == answer.status_code == told["status"]
        assert all(each["field"] and each["rule"] and each["way_out"] for each in told["problems"])
    for word in INSIDE:
        assert word not in answer.text


def check_kept(served: Served, before: int, answer: Response, sent: object = None) -> None:
    """The log holds what was acknowledged and nothing else; its entries say what was sent."""
    told = answer.json()["recorded"] if answer.status_code == 201 else []
    if answer.headers.get("Idempotent-Replayed") == "true":
        assert size(served) == before
    else:
        assert size(served) == before + len(told)
    members: list[Any] = sent if isinstance(sent, list) else [sent]
    for number, entry in enumerate(told):
        (leaf,) = served.parley.ledger.leaves(entry["position"] - 1, entry["position"])
        assert leaf.leaf_hash.hex() == entry["leaf_hash"]
        read = served.client.get(f"/v1/events/{entry['position']}").json()
        for name in ("position", "id", "stream", "version", "recorded_at"):
            assert read[name] == entry[name]
        if sent is not None:
            event = {n: v for n, v in read["event"].items() if n != "id"}
            assert read_event(event) == read_event({**members[number], "id": None})


def send(served: Served, address: str, content: bytes, more: Headers) -> Response:
    """A POST with a good key and JSON, unless the headers say otherwise."""
    sent = {"content-type": b"application/json", **{n.lower(): v for n, v in more.items()}}
    return served.writer.post(address, content=content, headers=cast("Any", sent))


def test_a_field_that_is_named_by_half_a_character_is_refused_by_its_name(log: Served) -> None:
    answer = send(log, EVENTS, b'{"kind": "pledge.made", "\\ud800": {"$sealed": 1}}', {})
    check_form(answer)
    assert "\\ud800" in {each["field"] for each in answer.json()["problems"]}


@given(content=contents(), more=headers, dry=st.booleans())
@settings(max_examples=40 * FACTOR, suppress_health_check=CHECKS)
@pytest.mark.timeout(7_200)
def test_any_body_is_recorded_whole_or_refused_by_its_rule(
    log: Served, content: bytes, more: Headers, *, dry: bool
) -> None:
    before = size(log)
    answer = send(log, f"{EVENTS}?dry_run=true" if dry else EVENTS, content, more)
    check_form(answer)
    if dry:
        assert answer.status_code != 201
    check_kept(log, before, answer)


@given(body=st.sampled_from(recorded_bodies()), key=st.text("abc", min_size=1, max_size=2))
@settings(max_examples=30 * FACTOR, suppress_health_check=CHECKS)
@pytest.mark.timeout(7_200)
def test_what_is_answered_is_what_the_log_holds(log: Served, body: Json, key: str) -> None:
    before = size(log)
    content = json.dumps({**body, "slug": f"n-{next(NAMES)}"} if "slug" in body else body)
    answer = send(log, EVENTS, content.encode(), {"Idempotency-Key": key.encode()})
    check_form(answer)
    replayed = answer.headers.get("Idempotent-Replayed") == "true"
    check_kept(log, before, answer, None if replayed else json.loads(content))


@given(content=contents(), more=headers, position=st.integers(-1, 200), verb=st.booleans())
@settings(max_examples=30 * FACTOR, suppress_health_check=CHECKS)
@pytest.mark.timeout(7_200)
def test_any_correction_and_retraction_is_recorded_or_refused(
    log: Served, content: bytes, more: Headers, position: int, *, verb: bool
) -> None:
    before = size(log)
    address = f"/v1/events/{position}/{'corrections' if verb else 'retraction'}"
    answer = send(log, address, content, {"If-Match": b"*", **more})
    check_form(answer)
    check_kept(log, before, answer)


@given(
    position=st.integers(1, 150),
    changes=st.dictionaries(
        st.sampled_from(["occurred", "summary", "level", "cite", "name", "components", "x", "id"]),
        st.sampled_from(["2025-01-01", "2025/..", "floated", [], {}, 7, None, "e\u0301", True]),
        max_size=2,
    ),
    unset=st.lists(st.sampled_from(["due", "elements", "occurred", "kind", "note"]), max_size=2),
)
@settings(max_examples=30 * FACTOR, suppress_health_check=CHECKS)
@pytest.mark.timeout(7_200)
def test_any_entry_is_corrected_and_the_correction_taken_back_or_both_refused(
    log: Served, position: int, changes: dict[str, Any], unset: list[str]
) -> None:
    before = size(log)
    body = json.dumps({"reason": "x", "set": changes, "unset": unset}).encode()
    answer = send(log, f"/v1/events/{position}/corrections", body, {"If-Match": b"*"})
    check_form(answer)
    check_kept(log, before, answer)
    check_form(log.client.get(f"/v1/negotiations/{every_kind.NAME}/framework"))
    if answer.status_code == 201:
        (entry,) = answer.json()["recorded"]
        address = f"/v1/events/{entry['position']}/retraction"
        back = send(log, address, b'{"reason": "x"}', {"If-Match": answer.headers["ETag"].encode()})
        assert back.status_code == 201, back.text
        check_kept(log, before + 1, back)


@given(content=contents(), more=headers, query=queries())
@settings(max_examples=20 * FACTOR, suppress_health_check=CHECKS)
@pytest.mark.timeout(7_200)
def test_any_scenario_is_answered_or_refused_and_nothing_is_recorded(
    log: Served, content: bytes, more: Headers, query: tuple[str, list[tuple[str, str]]]
) -> None:
    before = size(log)
    clocks = {n: v for n, v in query[1] if n in {"as_of", "known_at", "published_by"}}
    sent = {"content-type": b"application/json", **{n.lower(): v for n, v in more.items()}}
    check_form(
        log.client.post(
            f"/v1/negotiations/{every_kind.NAME}/scenarios",
            params=clocks,
            content=content,
            headers=cast("Any", sent),
        )
    )
    assert size(log) == before


@given(query=queries(), more=headers, method=st.sampled_from(["GET", "GET", "HEAD"]))
@settings(max_examples=60 * FACTOR, suppress_health_check=CHECKS)
@pytest.mark.timeout(7_200)
def test_any_question_is_answered_or_refused_by_its_rule(
    log: Served, query: tuple[str, list[tuple[str, str]]], more: Headers, method: str
) -> None:
    address, parameters = query
    answer = log.client.request(
        method, address, params=cast("Any", parameters), headers=cast("Any", more)
    )
    if method == "GET" or answer.status_code >= 500:
        check_form(answer)
