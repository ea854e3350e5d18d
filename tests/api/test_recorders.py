"""The register of recorders: who did how much, how long after, and for auditors alone."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Client

from app.keys import Role, make_key
from app.record import record
from projections.read_model import ReadModel
from tests.api.conftest import CASE, Served, bearer
from tests.app.bodies import NEGOTIATION, SETTING, pledge

NOBODY_ELSE = {"corrected": 0, "retracted": 0, "endorsed": 0, "linked": 0}


@pytest.fixture(scope="module")
def auditor(each: Served) -> dict[str, str]:
    """What an auditor sends, once somebody with a slash in their name has recorded something."""
    events = f"/v1/negotiations/{CASE}/events"
    entry = each.client.get("/v1/events/44").json()
    assert each.writer.post(events, json=pledge_of_case()).status_code == 201
    done = each.writer.post(events, json={"kind": "entry.endorsed", "entry": entry["id"]})
    assert done.status_code == 201, done.text
    record(each.parley, NEGOTIATION, SETTING, subject="team/zoë")
    for day in ("2025-03-01", "2025-03", "/2025-03-01"):
        record(each.parley, NEGOTIATION, pledge(f"p{len(day)}", day), subject="team/zoë")
    return bearer(make_key(each.parley, "eve", Role.AUDITOR).secret)


def pledge_of_case() -> dict[str, Any]:
    body = pledge("rail", pledgors=["france"], beneficiaries=["ukraine"])
    return {**body, "cite": [{"source": "brookings-pifer-2025-09-11"}]}


def asked(client: Client, path: str, headers: dict[str, str], **params: object) -> dict[str, Any]:
    answer = client.get(f"/v1/recorders{path}", headers=headers, params=params)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["more"] == ("next" in answer.links)
    return found


def test_everybody_who_recorded_is_listed_with_what_they_did(
    each: Served, auditor: dict[str, str]
) -> None:
    listed = asked(each.client, "", auditor)
    local, zoe, writer = listed["recorders"]
    assert [who["subject"] for who in listed["recorders"]] == ["local", "team/zoë", "writer"]
    assert writer | {"last": 0} == {
        "subject": "writer",
        "recorded": 1,
        "last": 0,
        **NOBODY_ELSE,
        "endorsed": 1,
    }
    assert (zoe["recorded"], zoe["last"]) == (8, listed["known_at"]["position"])
    assert local["linked"] > 0
    sums = sum(who[act] for who in listed["recorders"] for act in ("recorded", *NOBODY_ELSE))
    assert sums == listed["known_at"]["position"] - 1, "the log opened itself"


def test_pages_of_recorders_and_of_entries_joined_are_the_whole(
    each: Served, auditor: dict[str, str]
) -> None:
    names = [who["subject"] for who in walked(each.client, "", auditor, "recorders", 1)]
    assert names == ["local", "team/zoë", "writer"]
    own = walked(each.client, "/local", auditor, "entries", 7)
    positions = [each_["entry"]["position"] for each_ in own]
    recorded = each.client.get("/v1/events", params={"limit": 1_000}).json()["entries"]
    assert positions == [
        e["position"] for e in recorded if e["recorded_by"] == "local" and e["stream"] != "log"
    ]
    assert [e["entry"] for e in own] == [e for e in recorded if e["position"] in set(positions)]


def walked(
    client: Client, path: str, headers: dict[str, str], name: str, limit: int
) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/recorders{path}", headers=headers, params={"limit": limit})
    found: list[dict[str, Any]] = []
    while True:
        found += answer.json()[name]
        if "next" not in answer.links:
            return found
        answer = client.get(answer.links["next"]["url"], headers=headers)


def test_a_name_may_hold_a_slash_and_a_delay_counts_from_the_last_minute_it_can_have_begun(
    each: Served, auditor: dict[str, str]
) -> None:
    for path in ("/team/zo%C3%AB", "/team%2Fzo%C3%AB"):
        page = asked(each.client, path, auditor)
        assert page["recorder"]["subject"] == "team/zoë"
    day, month, open_start = (
        (each_["at_least"], each_["at_most"]) for each_ in page["entries"][-3:]
    )
    assert day[1] - day[0] == 24 * 60 - 1
    assert month[1] - month[0] == 31 * 24 * 60 - 1
    assert open_start == (day[0], None)
    assert all(e["at_least"] is None for e in page["entries"][: len(SETTING)])
    delay = page["recorder"]["delay"]
    assert (delay["dated"], delay["least"], delay["most"]) == (3, month[0], day[0])
    assert delay["least"] <= delay["median"] <= delay["most"]


def test_it_says_what_was_known_then(each: Served, auditor: dict[str, str]) -> None:
    early = asked(each.client, "", auditor, known_at=3)
    assert [(who["subject"], who["recorded"]) for who in early["recorders"]] == [("local", 2)]
    answer = each.client.get("/v1/recorders/writer", headers=auditor, params={"known_at": 3})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_where_there_is_no_read_model_the_log_itself_is_counted(
    each: Served, auditor: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("", "/local", "/writer", "/team/zo%C3%AB")
    right = [asked(each.client, path, auditor, limit=2) for path in paths]
    monkeypatch.setattr(ReadModel, "_ask", lambda *_: None)
    assert [asked(each.client, path, auditor, limit=2) for path in paths] == right


@pytest.mark.parametrize("name", ["%00", "%0A", "a" * 300, "%E2%80%AE", "%20"])
def test_a_name_that_nobody_can_have_is_bad_input(
    each: Served, auditor: dict[str, str], name: str
) -> None:
    for path in (f"/v1/recorders/{name}", f"/v1/recorders?after={name}"):
        answer = each.client.get(path, headers=auditor)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input"), path


def test_reading_is_not_enough(each: Served) -> None:
    for path in ("", "/local"):
        told = each.client.get(f"/v1/recorders{path}")
        assert (told.status_code, told.json()["code"]) == (401, "unauthenticated")
        told = each.writer.get(f"/v1/recorders{path}")
        assert (told.status_code, told.json()["code"]) == (403, "forbidden")
