"""Every answer can carry its proof, and follows from the log by the log alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import proving, read
from app.clocks import Asked
from app.exporting import export_audit
from app.pinned import AskedEntry, AskedFramework, AskedLog, AskedSection, AskedThing
from app.proving import SHOWS
from app.record import record
from app.sections import SECTIONS
from app.sign_checkpoint import sign_checkpoint
from app.verifying import verify_answer
from audit.report import Outcome
from audit.source import Folder
from domain.entry import LOG_STREAM
from domain.errors import NotFound
from domain.registry import KINDS
from tests.app.bodies import NEGOTIATION, SETTING
from tests.app.conftest import House
from tests.app.talks import Json, Talks


def test_every_section_on_every_date_follows_from_the_log(talks: Talks) -> None:
    for date in ("2024-06-12", "2024-09-10", "2025-09-11"):
        for certainty in ("possible", "certain"):
            asked = Asked(as_of=date, certainty=certainty)
            report = talks.verify(talks.ask(AskedFramework(), asked))
            assert (report.outcome, report.findings) == (Outcome.PROVEN, ()), date
    for section in SECTIONS:
        report = talks.verify(talks.ask(AskedSection(section=section)))
        assert (report.outcome, report.findings) == (Outcome.PROVEN, ()), section


def test_every_thing_with_its_story_follows_from_the_log(talks: Talks) -> None:
    streams = {entry.stream for entry in talks.parley.ledger.entries()} - {LOG_STREAM}
    for stream in sorted(streams):
        _, sort, slug = stream.split("/")
        report = talks.verify(talks.ask(AskedThing(sort=sort, slug=slug)))
        assert (report.outcome, report.findings) == (Outcome.PROVEN, ()), stream


def test_what_was_public_by_a_date_and_known_at_a_position_follows_too(talks: Talks) -> None:
    asked = Asked(as_of="2025-09-11", known_at="40", published_by="2024")
    carried = talks.ask(AskedFramework(), asked)
    assert carried["proof"]["question"]["known_at"] == 40
    assert talks.verify(carried).outcome is Outcome.PROVEN


def test_a_part_of_a_list_follows_from_the_log(talks: Talks) -> None:
    whole = talks.ask(AskedSection(section="pledges"))["answer"]["pledges"]
    parts = [
        AskedSection(section="pledges", limit=1),
        AskedSection(section="pledges", after=whole[0]["slug"]),
        AskedSection(section="pledges", status=whole[0]["status"]),
        AskedSection(section="pledges", actor=whole[0]["pledgors"][0]["actor"]),
    ]
    for part in parts:
        assert talks.verify(talks.ask(part)).outcome is Outcome.PROVEN, part


def pages(name: str) -> Iterator[AskedLog]:
    yield AskedLog(limit=50)
    yield AskedLog(limit=3, after=5)
    yield AskedLog(limit=1_000)
    yield AskedLog(limit=7, order="newest", before=30)
    yield AskedLog(limit=1_000, order="newest", after=9)
    yield AskedLog(limit=50, negotiation=name)
    yield AskedLog(limit=50, negotiation=name, thing="pledge")
    yield AskedLog(limit=50, actor="nobody")
    yield AskedLog(limit=50, happened_from="2024", happened_to="2024-12")
    yield AskedLog(limit=50, recorded_since="2020")
    yield AskedLog(limit=50, reviewed=True)
    yield AskedLog(limit=5, reviewed=False)
    yield from (AskedLog(limit=50, kind=kind) for kind in KINDS)


def test_every_page_of_the_log_follows_from_it(talks: Talks) -> None:
    for page in pages(talks.name):
        report = talks.verify(talks.ask(page))
        assert (report.outcome, report.findings) == (Outcome.PROVEN, ()), page


def test_an_entry_of_the_log_is_in_it(talks: Talks) -> None:
    carried = talks.ask(AskedEntry(position=17), Asked(known_at="17"))
    (entry,) = carried["proof"]["entries"]
    assert entry["position"] == 17
    assert talks.verify(carried).outcome is Outcome.PROVEN


def test_a_proof_says_what_it_shows_and_names_the_entries_behind_each_item(carried: Json) -> None:
    proof = carried["proof"]
    assert proof["shows"] == SHOWS
    assert "left out" in SHOWS
    assert proof["question"]["as_of"] == "2025-09-11T23:59Z"
    behind = {each["item"]: each["positions"] for each in proof["items"]}
    for pledge in carried["answer"]["pledges"]:
        causes = {cause["position"] for cause in pledge["deciding"]}
        assert causes <= set(behind[f"pledges/{pledge['slug']}"])
    named = {position for positions in behind.values() for position in positions}
    assert [each["position"] for each in proof["entries"]] == sorted(named)


# --- pinned -------------------------------------------------------------------------


def test_without_known_at_it_is_what_was_known_at_the_newest_checkpoint(house: House) -> None:
    with house.opened() as parley:
        with pytest.raises(NotFound, match="not signed any yet"):
            proving.pin(parley, Asked())
        sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        assert proving.pin(parley, Asked())[0].known_at == "1"
        with pytest.raises(NotFound, match="does not cover position 4"):
            proving.pin(parley, Asked(known_at="4"))
        with pytest.raises(NotFound, match="nothing was known then"):
            proving.pin(parley, Asked(known_at="2001-01-01"))
        sign_checkpoint(parley)
        pinned, signed = proving.pin(parley, Asked(known_at="4", published_by="2025-03"))
    assert signed.size == 6
    assert (pinned.as_of, pinned.known_at) == ("2025-06-01T12:00Z", "4")
    assert (pinned.published_by, pinned.rules) == ("2025-03-31T23:59Z", 1)


def test_an_answer_from_before_is_verified_by_a_newer_export_and_not_by_an_older_one(
    house: House, tmp_path: Path
) -> None:
    with house.opened() as parley:
        export_audit(parley, tmp_path / "older")
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)
        pinned, signed = proving.pin(parley, Asked())
        answer = read.framework(parley, NEGOTIATION, pinned)
        question = proving.pinned_question(AskedFramework(), NEGOTIATION, pinned)
        data = proving.prove(parley, answer, question, signed).model_dump_json().encode()
        record(
            parley,
            NEGOTIATION,
            {"kind": "actor.registered", "slug": "east", "name": "East", "type": "state"},
        )
        export_audit(parley, tmp_path / "newer")
    newer = verify_answer("a.json", data, Folder(tmp_path / "newer"))
    assert newer.findings == ()
    assert newer.outcome is Outcome.PROVEN
    older = verify_answer("a.json", data, Folder(tmp_path / "older"))
    assert older.outcome is Outcome.INCONCLUSIVE
    assert "take a newer export" in older.findings[0].message
