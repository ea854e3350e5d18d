"""Over HTTP an answer comes with its proof if it is asked for, and can be checked by the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client

from app.accesses import access_page
from app.exporting import export_audit
from app.record import record
from app.sections import SECTIONS
from app.sign_checkpoint import sign_checkpoint
from app.verifying import verify_answer
from audit.policy import parse_policy
from audit.report import Outcome
from audit.source import Folder
from tests.api.conftest import CASE, Served

THERE = f"/v1/negotiations/{CASE}"
ANSWERS = [
    f"{THERE}/framework",
    *(f"{THERE}/{section}" for section in SECTIONS),
    f"{THERE}/pledges/force-26",
    f"{THERE}/actors/ukraine",
    f"{THERE}/pledges?limit=2",
    f"{THERE}/pledges?status=pledged",
    "/v1/events?limit=20",
    f"/v1/events?negotiation={CASE}&kind=pledge.made",
    "/v1/events?order=newest&limit=5",
    "/v1/events?reviewed=false&after=3",
    "/v1/events/17",
]


@pytest.fixture(scope="module")
def export(each: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proved") / "export"
    export_audit(each.parley, folder)
    return folder


def with_proof(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}proof=true"


@pytest.mark.parametrize("address", ANSWERS)
def test_every_answer_can_carry_its_proof(each: Served, export: Path, address: str) -> None:
    plain = each.client.get(address).json()
    answer = each.client.get(with_proof(address))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    carried = answer.json()
    assert carried["answer"].keys() == plain.keys()
    keys = parse_policy(each.client.get("/v1/log/policy").content)
    report = verify_answer("answer.json", answer.content, Folder(export), keys)
    assert (report.outcome, report.findings) == (Outcome.PROVEN, ())
    assert carried["proof"]["checkpoint"] == each.client.get("/v1/log/checkpoint").text


def test_the_next_page_is_linked_with_its_proof(each: Served, export: Path) -> None:
    del export
    answer = each.client.get(f"{THERE}/pledges?limit=2&proof=true")
    link = next(part for part in answer.headers["Link"].split(",") if 'rel="next"' in part)
    following = each.client.get(link.partition("<")[2].partition(">")[0])
    assert "proof" in following.json()


def test_an_answer_with_its_proof_is_known_by_its_etag_until_another_is_signed(
    each: Served, export: Path
) -> None:
    del export
    address = f"{THERE}/framework?as_of=2025-09-11&known_at=20&proof=true"
    answer = each.client.get(address)
    again = each.client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    record(each.parley, CASE, {"kind": "actor.registered", "slug": "newcomer", "name": "New",
                               "type": "state"})  # fmt: skip
    sign_checkpoint(each.parley)
    later = each.client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert later.status_code == 200
    assert later.json()["answer"] == answer.json()["answer"]
    assert later.json()["proof"]["size"] > answer.json()["proof"]["size"]


def test_what_no_checkpoint_covers_is_not_found(each: Served) -> None:
    sign_checkpoint(each.parley)
    head = each.parley.ledger.head().size
    refused = each.client.get(f"{THERE}/framework?known_at={head + 1}&proof=true")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    record(each.parley, CASE, {"kind": "actor.registered", "slug": "another", "name": "Another",
                               "type": "state"})  # fmt: skip
    refused = each.client.get(f"/v1/events/{each.parley.ledger.head().size}?proof=true")
    assert refused.status_code == 404
    assert "does not cover" in refused.json()["detail"]


def test_it_is_written_down_who_took_a_proof_away(each: Served, export: Path) -> None:
    del export
    answer = each.writer.get(f"{THERE}/pledges/force-26?proof=true")
    positions = [entry["position"] for entry in answer.json()["proof"]["entries"]]
    taken = access_page(each.parley).accesses[0]
    assert (taken.what, taken.subject, taken.request) == (
        "proof", "writer", answer.headers["X-Request-ID"])  # fmt: skip
    assert (taken.first, taken.last) == (min(positions), max(positions))


def shape_of(client: Client, path: str) -> Any:  # noqa: ANN401 - a schema.
    document = client.get("/openapi.json").json()
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    return answer["schema"], document["components"]["schemas"]


def test_the_document_tells_of_both_shapes(each: Served) -> None:
    schema, all_of_them = shape_of(each.client, "/v1/negotiations/{negotiation}/framework")
    names = [part["$ref"].rpartition("/")[2] for part in schema["anyOf"]]
    assert names == ["Framework", "ProvenFramework"]
    for name in ("ProvenFramework", "AnswerProof", "EntryProof", "ItemProof", "Pinned"):
        assert all_of_them[name]["additionalProperties"] is False
