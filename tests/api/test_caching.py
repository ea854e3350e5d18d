"""A client that has an answer is told so, and may keep for ever what can never be another."""

from __future__ import annotations

from dataclasses import replace
from threading import current_thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Client
from starlette.middleware.gzip import GZipResponder

from api.application import make_application
from api.limits import COMPRESS_ASIDE
from api.reading import ASK_AGAIN, UNCHANGING
from app.moments import MINUTE
from app.record import record
from tests.api.conftest import CASE, Served

FRAMEWORK = f"/v1/negotiations/{CASE}/framework"
PINNED = {"as_of": "2025-09-11", "known_at": "60", "rules": "1"}
REMARK = {"kind": "actor.registered", "name": "A Visitor", "type": "person"}


@pytest.mark.parametrize("path", [FRAMEWORK, "/v1/events", "/v1/kinds", "/v1/events/3"])
def test_an_answer_that_the_client_has_is_not_sent_again(each: Served, path: str) -> None:
    pinned = {"as_of": "2025-09-11"} if path == FRAMEWORK else {}
    first = each.client.get(path, params=pinned)
    again = each.client.get(
        path, params=pinned, headers={"If-None-Match": f'"x", {first.headers["ETag"]}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert set(first.headers.get("Vary", "").split(", ")) <= {
        *again.headers["Vary"].split(", "),
        "",
    }


@pytest.mark.parametrize("path", [FRAMEWORK, "/v1/events", "/v1/kinds", "/v1/events/3"])
def test_a_star_names_any_answer_there_is(client: Client, path: str) -> None:
    again = client.get(path, headers={"If-None-Match": "*"})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"]


@pytest.mark.parametrize("path", ["/v1/events/9999", f"/v1/negotiations/{CASE}/pledges/none"])
def test_a_star_names_nothing_where_there_is_no_answer(client: Client, path: str) -> None:
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == 404


def test_the_tag_of_one_answer_is_that_of_no_other(client: Client) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        (FRAMEWORK, {"as_of": "2025-09-11"}),
        (FRAMEWORK, {"as_of": "2025-09-12"}),
        (FRAMEWORK, {"as_of": "2025-09-11", "certainty": "certain"}),
        (FRAMEWORK, {"as_of": "2025-09-11", "known_at": 60}),
        (FRAMEWORK.replace("framework", "pledges"), {"as_of": "2025-09-11"}),
        ("/v1/events", {}),
        ("/v1/events", {"limit": 2}),
    ]
    tags = [client.get(path, params=params).headers["ETag"] for path, params in asked]
    assert len(set(tags)) == len(asked)
    batch = client.get("/v1/events", headers={"Accept": "application/cloudevents-batch+json"})
    assert batch.headers["ETag"] not in tags


def test_a_new_entry_makes_another_answer(each: Served) -> None:
    asked = {"as_of": "2025-09-11"}
    before = each.client.get(FRAMEWORK, params=asked)
    slug = f"visitor-{each.parley.ledger.head().size}"
    receipt = record(each.parley, CASE, {**REMARK, "slug": slug})
    after = each.client.get(
        FRAMEWORK, params=asked, headers={"If-None-Match": before.headers["ETag"]}
    )
    assert after.status_code == 200
    assert after.headers["Parley-Position"] == str(receipt.receipts[0].position)


@pytest.mark.parametrize("left_out", PINNED)
def test_only_what_is_pinned_in_everything_may_be_kept_for_ever(
    client: Client, left_out: str
) -> None:
    kept = client.get(FRAMEWORK, params=PINNED)
    assert kept.headers["Cache-Control"] == UNCHANGING
    loose = {name: value for name, value in PINNED.items() if name != left_out}
    assert client.get(FRAMEWORK, params=loose).headers["Cache-Control"] == ASK_AGAIN


def test_a_date_of_knowledge_pins_nothing(client: Client) -> None:
    asked = {**PINNED, "known_at": "2999-01-01"}
    assert client.get(FRAMEWORK, params=asked).headers["Cache-Control"] == ASK_AGAIN


def test_an_entry_and_a_page_known_by_position_never_change(client: Client) -> None:
    for path in ("/v1/events/3", "/v1/events?known_at=9"):
        assert client.get(path).headers["Cache-Control"] == UNCHANGING
    assert client.get("/v1/events").headers["Cache-Control"] == ASK_AGAIN


@pytest.mark.parametrize("path", [FRAMEWORK, "/v1/events", "/v1/nothing"])
def test_what_is_asked_by_head_is_the_answer_without_its_body(client: Client, path: str) -> None:
    params = {"as_of": "2025-09-11"} if path == FRAMEWORK else {}
    whole, head = client.get(path, params=params), client.head(path, params=params)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers.get("ETag") == whole.headers.get("ETag")


def test_what_is_so_at_every_minute_is_the_same_answer_a_minute_later(
    one: Served,
) -> None:
    clock = one.parley.clock
    later = replace(one.parley, clock=lambda: clock() + 2 * MINUTE)
    timemap, pledges = (FRAMEWORK.replace("framework", name) for name in ("timemap", "pledges"))
    paths = (timemap, f"{pledges}?as_of=2025-09-11", pledges)
    tags = [one.client.get(path).headers["ETag"] for path in paths]
    client = TestClient(make_application(later, local=True), base_url="http://localhost")
    known = [
        client.get(path, headers={"If-None-Match": tag}).status_code
        for path, tag in zip(paths, tags, strict=True)
    ]
    assert known == [304, 304, 200]


def test_a_long_answer_is_compressed_for_whoever_takes_it(client: Client) -> None:
    packed = client.get(FRAMEWORK, headers={"Accept-Encoding": "gzip"})
    plain = client.get(FRAMEWORK, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json()["pledges"] == plain.json()["pledges"]


def test_what_is_long_is_compressed_beside_the_answers_of_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress = GZipResponder._compress_body  # noqa: SLF001 - what takes the time.
    threads: dict[bool, str] = {}

    def noted(self: GZipResponder, body: bytes, more_body: bool) -> bytes:  # noqa: FBT001
        threads[len(body) >= COMPRESS_ASIDE] = current_thread().name
        return compress(self, body, more_body)

    monkeypatch.setattr(GZipResponder, "_compress_body", noted)
    for path in ("/openapi.json", "/v1/rules", "/v1/events?limit=20"):
        client.get(path, headers={"Accept-Encoding": "gzip"})
    assert threads[True] != threads[False]


def test_every_answer_has_the_id_of_its_request(client: Client) -> None:
    mine = client.get("/v1/rules", headers={"X-Request-ID": "a-b.c_1"})
    odd = client.get("/v1/rules", headers={"X-Request-ID": "a b\tc"})
    assert mine.headers["X-Request-ID"] == "a-b.c_1"
    assert odd.headers["X-Request-ID"] != "a b\tc"
