"""An answer with its proof is checked by the log alone, and whatever is wrong in it is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import proving, read, read_log
from app.asking import (
    AskedEntry,
    AskedFramework,
    AskedLog,
    AskedSection,
    AskedThing,
    What,
)
from app.checkpointer import sign_checkpoint
from app.exporting import export_audit
from app.imports import import_case
from app.narrowing import Narrowing
from app.parley import Parley, open_parley
from app.proving import SHOWS
from app.read import Asked, read_clocks
from app.read_log import LogAsked
from app.record import record
from app.sections import SECTIONS
from app.settings import read_settings
from app.trusted_keys import policy_of
from app.verifying import verify_answer
from audit.policy import Policy
from audit.report import Check, Outcome, Report
from audit.source import Folder
from domain.entry import LOG_STREAM
from domain.errors import InvalidInput, NotFound
from domain.registry import KINDS
from projections.answers import Answer
from tests.app.bodies import NEGOTIATION, SETTING
from tests.app.conftest import House, new_url
from tests.databases import BOTH

EVERY_KIND = "every-kind"
Json = Any


class Talks:
    """A log with a case in it, its export, and what can be asked of it."""

    def __init__(self, parley: Parley, folder: Path) -> None:
        import_case(parley, EVERY_KIND, keep_good=True)
        # What one has recorded takes another to endorse.
        import_case(parley, EVERY_KIND, subject="second")
        (self.name,) = read.negotiations(parley)
        self.parley, self.folder = parley, folder / "export"
        export_audit(parley, self.folder)
        self.policy = policy_of(parley)

    def ask(self, what: What, asked: Asked | None = None) -> Json:
        """The answer with its proof, as JSON."""
        asked = asked or Asked(as_of="2025-09-11")
        pinned, signed = proving.pin(self.parley, asked)
        whole = None if what.of in {"log", "entry"} else self.name
        question = proving.pinned_question(what, whole, pinned)
        proven = proving.prove(self.parley, self.answer(what, pinned), question, signed)
        return json.loads(proven.model_dump_json())

    def answer(self, what: What, pinned: Asked) -> Answer:
        match what:
            case AskedFramework():
                return read.framework(self.parley, self.name, pinned)
            case AskedSection():
                by = Narrowing(what.status, what.actor, what.element, what.after, what.limit)
                return read.section(self.parley, self.name, what.section, pinned, by)
            case AskedThing():
                return read.thing(self.parley, self.name, what.sort, what.slug, pinned)
            case AskedEntry():
                return read_log.log_entry(self.parley, what.position)
            case AskedLog():
                asked = LogAsked(**what.model_dump(exclude={"of"}))
                clocks = read_clocks(self.parley, pinned)
                return read_log.log_page(self.parley, asked, clocks)

    def verify(self, carried: Json, folder: Path | None = None) -> Report:
        data = json.dumps(carried, indent=1).encode()
        return verify_answer("answer.json", data, Folder(folder or self.folder), self.policy)


@pytest.fixture(scope="module", params=BOTH)
def talks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Talks]:
    folder = tmp_path_factory.mktemp("talks")
    settings = read_settings(
        database_url=new_url(request.param, request, tmp_path_factory),
        signing_key_file=folder / "key",
        guard_file=folder / "guard",
    )
    with open_parley(settings) as parley:
        yield Talks(parley, folder)


@pytest.fixture(scope="module")
def carried(talks: Talks) -> Json:
    """A framework with its proof."""
    return talks.ask(AskedFramework())


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


# --- refused ------------------------------------------------------------------------


def altered(carried: Json, change: Callable[[Json], object]) -> Json:
    other = copy.deepcopy(carried)
    change(other)
    # Two objects with their members in another order are equal to Python.
    assert json.dumps(other) != json.dumps(carried)
    return other


def promote(carried: Json) -> None:
    carried["answer"]["pledges"][0]["status"] = "certainly"


def leave_out_an_item(carried: Json) -> None:
    del carried["answer"]["pledges"][0]


def leave_out_a_cause(carried: Json) -> None:
    item = next(each for each in carried["answer"]["pledges"] if len(each["deciding"]) > 1)
    del item["deciding"][-1]


def by_other_rules(carried: Json) -> None:
    carried["answer"]["question"]["rules"] = 2


def at_another_date(carried: Json) -> None:
    carried["proof"]["question"]["as_of"] = "2025-01-01T00:00Z"


def known_earlier(carried: Json) -> None:
    carried["proof"]["question"]["known_at"] -= 1


def add_a_member(carried: Json) -> None:
    carried["answer"]["note"] = "trust me"


def in_another_order(carried: Json) -> None:
    carried["answer"] = dict(reversed(carried["answer"].items()))


@pytest.mark.parametrize(
    "change",
    [
        promote,
        leave_out_an_item,
        leave_out_a_cause,
        by_other_rules,
        at_another_date,
        known_earlier,
        add_a_member,
        in_another_order,
    ],
)
def test_an_answer_that_does_not_follow_from_the_log_is_refused(
    talks: Talks, carried: Json, change: Callable[[Json], object]
) -> None:
    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.TAMPERED
    assert Check.ANSWER in {finding.check for finding in report.findings}


def test_an_event_left_out_of_a_page_is_refused(talks: Talks) -> None:
    carried = talks.ask(AskedLog(limit=20))
    del carried["answer"]["entries"][7]
    carried["proof"]["entries"] = [e for e in carried["proof"]["entries"] if e["position"] != 8]
    del carried["proof"]["items"][7]
    report = talks.verify(carried)
    assert (report.outcome, report.findings[0].check) == (Outcome.TAMPERED, Check.ANSWER)


def test_the_place_where_an_answer_differs_is_named(talks: Talks, carried: Json) -> None:
    report = talks.verify(altered(carried, promote))
    assert "answer.pledges[0].status is " in report.findings[0].message
    assert 'status is "certainly", and from the log it is' in report.findings[0].message


def test_rules_that_nobody_here_knows_are_inconclusive(talks: Talks, carried: Json) -> None:
    def change(carried: Json) -> None:
        carried["proof"]["question"]["rules"] = carried["answer"]["question"]["rules"] = 99

    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.INCONCLUSIVE
    assert "this Parley knows the rules" in report.findings[0].message


def forge_a_step(carried: Json) -> None:
    carried["proof"]["entries"][0]["proof"][0] = "00" * 32


def forge_a_hash(carried: Json) -> None:
    carried["proof"]["entries"][0]["leaf_hash"] = "00" * 32


def forge_an_id(carried: Json) -> None:
    carried["proof"]["entries"][0]["id"] = "01972b5c-ee00-7000-9dc9-2c66d9bb6648"


def no_hex(carried: Json) -> None:
    carried["proof"]["entries"][0]["proof"][0] = "zz"


def leave_out_a_proof(carried: Json) -> None:
    del carried["proof"]["entries"][0]


def leave_out_what_is_behind(carried: Json) -> None:
    del carried["proof"]["items"][0]


def prove_the_same_twice(carried: Json) -> None:
    carried["proof"]["entries"].append(carried["proof"]["entries"][0])


@pytest.mark.parametrize(
    "change",
    [
        forge_a_step,
        forge_a_hash,
        forge_an_id,
        no_hex,
        leave_out_a_proof,
        leave_out_what_is_behind,
        prove_the_same_twice,
    ],
)
def test_a_proof_that_does_not_show_what_it_is_for_is_refused(
    talks: Talks, carried: Json, change: Callable[[Json], object]
) -> None:
    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.TAMPERED
    assert {finding.check for finding in report.findings} == {Check.INCLUSION}


def test_a_checkpoint_of_another_log_is_refused(
    talks: Talks, carried: Json, house: House, tmp_path: Path
) -> None:
    with house.opened() as other:
        record(other, NEGOTIATION, SETTING)
        export_audit(other, tmp_path / "other")
        keys = Policy((*talks.policy.logs, *policy_of(other).logs))
    other_note = (tmp_path / "other/checkpoint").read_text("utf-8")
    data = json.dumps(carried).encode()
    by_the_other = verify_answer("a.json", data, Folder(tmp_path / "other"), keys)
    assert by_the_other.outcome is Outcome.TAMPERED
    assert "of another log" in by_the_other.findings[0].message
    swapped = altered(carried, lambda each: each["proof"].update(checkpoint=other_note))
    for judge in (talks.policy, keys):
        report = verify_answer("a.json", json.dumps(swapped).encode(), Folder(talks.folder), judge)
        assert report.outcome is not Outcome.PROVEN
        assert report.findings[0].check in {Check.SIGNATURES, Check.CHECKPOINTS}


def test_a_size_or_root_that_the_checkpoint_does_not_have_is_refused(
    talks: Talks, carried: Json
) -> None:
    for name, value in (("size", 3), ("root", "00" * 32), ("origin", "elsewhere")):
        swapped = altered(carried, lambda each: each["proof"].update({name: value}))  # noqa: B023
        report = talks.verify(swapped)
        assert (report.outcome, report.findings[0].check) == (Outcome.TAMPERED, Check.CHECKPOINTS)


def test_a_log_that_is_not_proven_proves_no_answer(
    talks: Talks, carried: Json, tmp_path: Path
) -> None:
    report = talks.verify(carried, tmp_path)
    assert report.outcome is Outcome.INCONCLUSIVE
    assert "answer.json: the log itself is not proven" in report.not_checked


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"answer": 1, "proof": {}}',
        b'{"answer": {}, "answer": {}}',
        b'{"answer": NaN}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_file_that_holds_no_answer_is_bad_input(talks: Talks, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no answer with a proof"):
        verify_answer("answer.json", data, Folder(talks.folder), talks.policy)


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
