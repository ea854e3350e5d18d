"""Everything that can be asked is answered, by the same words as on the command line."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx2 import Client

from app import read
from app.clocks import Asked
from app.narrowing import ACTORS, ELEMENTS, Narrowing
from app.record import record
from app.sections import SECTIONS
from domain.errors import InvalidInput
from tests.api.conftest import CASE, PATIENCE, Served

BASE = f"/v1/negotiations/{CASE}"
CLOCKED = (
    *("framework", "totals", "actors", "sources", *SECTIONS),
    *("pledges/force-26", "actors/russia"),
)
POSITIONS_OF_HEGSETH = "united-states/element/nato-article-5 united-states/topic/us-troops"


def got(client: Client, path: str, **parameters: str | int) -> Any:  # noqa: ANN401 - JSON.
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("path", CLOCKED)
def test_what_is_answered_states_both_clocks_the_position_and_the_rules(
    each: Served, path: str
) -> None:
    answer = each.client.get(f"{BASE}/{path}", params={"as_of": "2025-09-11", "known_at": "60"})

    question = answer.json()["question"]
    assert question["as_of"] == "2025-09-11T23:59Z"
    assert (question["known_at"]["position"], question["known_at"]["closed"]) == (60, True)
    assert (question["rules"], question["certainty"]) == (1, "possible")
    assert answer.headers["Parley-Position"] == "60"


def test_the_framework_is_the_one_that_the_record_gives(each: Served) -> None:
    asked = Asked("2025-09-11", "@80", certainty="certain")
    ours = read.framework(each.parley, CASE, asked).model_dump(mode="json")
    clocks = {"as_of": "2025-09-11", "known_at": "@80", "certainty": "certain"}
    assert got(each.client, f"{BASE}/framework", **clocks) == ours


def test_published_by_is_answered_by_the_reference(each: Served) -> None:
    early = got(each.client, f"{BASE}/framework", as_of="2025-09-11", published_by="2025-01-01")
    assert early["question"]["published_by"] == "2025-01-01T23:59Z"
    assert early["empty_because"] is not None


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_that_of_the_framework(each: Served, section: str) -> None:
    clocks = {"as_of": "2025-09-11"}
    whole = got(each.client, f"{BASE}/framework", **clocks)
    assert got(each.client, f"{BASE}/{section}", **clocks)[section] == whole[section]


@pytest.mark.parametrize("section", sorted(set(SECTIONS) - {"attacks"}))
def test_a_list_is_narrowed_and_taken_page_by_page(each: Served, section: str) -> None:
    as_of = {"as_of": "2025-09-11"}
    whole = got(each.client, f"{BASE}/{section}", **as_of)
    assert whole["more"] is False
    items = whole[section]
    assert [item["slug"] for item in items] == sorted(item["slug"] for item in items)
    found, answer = [], each.client.get(f"{BASE}/{section}", params={**as_of, "limit": 1})
    while answer.status_code == 200:
        found += answer.json()[section]
        assert answer.json()["more"] == (answer.links.get("next") is not None)
        if "next" not in answer.links:
            break
        answer = each.client.get(answer.links["next"]["url"])
    assert found == items
    for status in {item["status"] for item in items}:
        same = got(each.client, f"{BASE}/{section}", status=status, **as_of)[section]
        assert same == [item for item in items if item["status"] == status]
    assert got(each.client, f"{BASE}/{section}", status="no-such", **as_of)[section] == []


@pytest.mark.parametrize(
    ("section", "by", "name", "slugs"),
    [
        ("pledges", "status", "pledged", "coalition-aid force-26 guarantees-26"),
        ("elements", "actor", "united-states", "us-backstop"),
        ("pledges", "actor", "united-states", "us-air-power us-help"),
        ("threats", "actor", "russia", "putin-legitimate-targets"),
        ("statements", "actor", "macron", "macron-announcement"),
        ("positions", "actor", "hegseth", POSITIONS_OF_HEGSETH),
        ("issues", "actor", "europe", "costs-for-russia"),
        ("measures", "actor", "russian-central-bank", "reserves-confiscation"),
        ("consultations", "actor", "us-officials", "us-european-support-talks"),
        ("agreements", "actor", "ukraine", ""),
        ("pledges", "element", "reassurance-force", "force-26"),
        ("threats", "element", "reassurance-force", "putin-legitimate-targets"),
        ("statements", "element", "nato-article-5", "hegseth-no-article-5"),
        ("positions", "element", "nato-article-5", "united-states/element/nato-article-5"),
        ("issues", "element", "funding", "military-funding"),
    ],
)
def test_an_item_is_listed_under_whom_and_what_it_names(
    each: Served, section: str, by: str, name: str, slugs: str
) -> None:
    asked = {"as_of": "2025-09-11", by: name}
    found = got(each.client, f"{BASE}/{section}", **asked)[section]
    assert [item["slug"] for item in found] == slugs.split()
    nobody = got(each.client, f"{BASE}/{section}", **{**asked, by: "nobody"})
    assert nobody[section] == []
    reason = nobody["empty_because"]
    assert (reason is not None and name in reason) == bool(slugs)


def test_where_nothing_of_a_list_is_asked_for_it_says_why_and_what_there_is(each: Served) -> None:
    def reason(**asked: str) -> str | None:
        found = got(each.client, f"{BASE}/pledges", as_of="2025-09-11", **asked)["empty_because"]
        return None if found is None else str(found)

    assert reason(status="pledged") is None
    assert reason(status="pledgd") == (
        "there are no pledges with the status 'pledgd'; there are some of floated, offered, pledged"
    )
    assert reason(status="floated", element="aid") == (
        "there are no pledges that name the element 'aid'; there are some of us-backstop"
    )
    assert reason(status="pledged", after="z") == (
        "nothing comes after 'z': the last of these pledges is 'guarantees-26'"
    )


def test_every_list_that_can_be_narrowed_by_a_name_is(each: Served) -> None:
    for section in SECTIONS:
        for name, takes in (("actor", ACTORS), ("element", ELEMENTS)):
            answer = each.client.get(f"{BASE}/{section}", params={name: "nobody"})
            assert answer.status_code == (200 if section in takes else 422), (section, name)


def test_what_a_section_cannot_be_narrowed_by_is_refused(each: Served) -> None:
    for path in ("conditions?actor=france", "attacks?limit=3", "agreements?element=force"):
        answer = each.client.get(f"{BASE}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


def test_a_list_is_never_left_whole_by_a_name_that_its_items_cannot_hold(each: Served) -> None:
    with pytest.raises(InvalidInput, match="actor: is nothing that conditions name"):
        read.section(each.parley, CASE, "conditions", Asked(), Narrowing(actor="france"))


def test_every_thing_that_is_listed_can_be_shown_with_its_story(each: Served) -> None:
    for section in SECTIONS:
        things = got(each.client, f"{BASE}/{section}")[section]
        if section not in {"attacks", "positions"}:
            for thing in things[:2]:
                story = got(each.client, f"{BASE}/{section}/{thing['slug']}")
                assert story["stream"] == thing["stream"]
                assert story["steps"]


def test_the_registers_say_what_things_are_called_by_then(each: Served) -> None:
    actors = {a["slug"]: a["name"] for a in got(each.client, f"{BASE}/actors")["actors"]}
    assert actors["russia"] == "Russia"
    early = got(each.client, f"{BASE}/actors", known_at=3)["actors"]
    assert {actor["slug"] for actor in early} < set(actors)
    assert all(s["title"] for s in got(each.client, f"{BASE}/sources")["sources"])


def test_a_negotiation_is_listed_by_its_title_and_only_once_it_is_known(each: Served) -> None:
    found = got(each.client, "/v1/negotiations")["negotiations"]
    assert [(n["slug"], n["status"]) for n in found] == [(CASE, "open")]
    assert got(each.client, "/v1/negotiations", known_at=2)["negotiations"] == []


def test_a_difference_tells_knowledge_from_the_world(each: Served) -> None:
    diff = got(each.client, f"{BASE}/diff", **{"from": "2025-08-31", "to": "2025-09-06"})
    ours = read.diff(each.parley, CASE, Asked("2025-08-31"), Asked("2025-09-06"))
    assert diff == json.loads(ours.model_dump_json())
    learnt = got(each.client, f"{BASE}/diff", to="2025-09-06", known_from=40, known_to=80)
    assert learnt["world"] == []
    assert learnt["knowledge"] != []


def test_a_search_goes_on_after_the_last_hit(each: Served) -> None:
    all_of_them = got(each.client, "/v1/search", q="force")["hits"]
    first = each.client.get("/v1/search", params={"q": "force", "limit": 2})
    second = each.client.get(first.links["next"]["url"])
    assert first.json()["hits"] + second.json()["hits"] == all_of_them[:4]


def test_every_kind_is_described_with_its_schema_and_an_example_that_fits(client: Client) -> None:
    listed = got(client, "/v1/kinds")["kinds"]
    assert len(listed) == 60
    for kind in listed:
        described = got(client, f"/v1/kinds/{kind['kind']}")
        assert described["json_schema"]["type"] == "object"
        if kind["recorded_by_hand"]:
            assert described["example"]["kind"] == kind["kind"]
            assert set(kind["required"]) <= set(described["example"])


def test_the_rules_and_the_version_are_told(each: Served) -> None:
    (rules,) = got(each.client, "/v1/rules")["rules"]
    version = got(each.client, "/v1/version")
    assert (rules["number"], rules["newest"]) == (1, True)
    assert version["position"] == each.parley.ledger.head().size


def test_who_waits_for_what_is_there_is_answered(each: Served) -> None:
    size = each.parley.ledger.head().size
    assert got(each.client, f"{BASE}/framework", wait_for=size)["elements"]


def test_what_is_recorded_while_somebody_waits_is_in_their_answer(each: Served) -> None:
    size = each.parley.ledger.head().size
    newcomer = {"kind": "actor.registered", "slug": f"new-{size}", "name": "New", "type": "person"}
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(got, each.client, f"{BASE}/actors", wait_for=size + 1)
        record(each.parley, CASE, newcomer)
        actors = {actor["slug"] for actor in waiting.result(PATIENCE)["actors"]}
    assert newcomer["slug"] in actors


def test_the_server_says_that_it_is_ready_and_how_far_the_read_model_has_come(
    each: Served,
) -> None:
    got(each.client, f"{BASE}/framework")
    ready = got(each.client, "/readyz")
    assert (ready["behind"], ready["is_current"]) == (0, True)
    assert got(each.client, "/healthz") == {"status": "alive"}
