"""Corrections, retractions, endorsements, links: never refused for a story, always told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.correct import correct
from app.endorse import endorse
from app.entries import find_entry
from app.link import link
from app.parley import Parley
from app.record import Recorded, record
from app.retract import retract
from domain.dates import parse_occurred
from domain.entries import EntryCorrected, EntryLinked
from domain.entry import Entry
from domain.errors import KeyConflict, VersionConflict
from domain.story import amend
from tests.app.bodies import NEGOTIATION, cited, pledge, stalled, statement


def only(recorded: Recorded) -> Entry:
    (entry,) = recorded.entries
    return entry


def known(parley: Parley, entry: Entry) -> Entry:
    """The entry with all that was said about it written in."""
    amended, _ = amend(parley.ledger.stream(entry.stream))
    return next(each for each in amended if each.id == entry.id)


def resumed(occurred: str) -> dict[str, Any]:
    return cited(kind="pledge.resumed", slug="steel", occurred=occurred)


def test_a_correction_lives_on_the_stream_of_its_entry(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    correction = only(correct(parley, made.position, set={"level": "offered"}, reason="Misread."))
    assert (correction.stream, correction.version) == (made.stream, 2)
    assert known(parley, made).event.body()["level"] == "offered"


def test_an_entry_is_named_by_position_or_by_id(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    for which in (made.position, str(made.position), f"@{made.position}", made.id, str(made.id)):
        assert find_entry(parley, which).id == made.id


def test_an_entry_of_the_commons_is_corrected_as_any_other(parley: Parley) -> None:
    north = only(correct(parley, 2, set={"name": "The North"}, reason="Its full name."))
    assert north.stream == "commons/actor/north"


def test_a_correction_is_kept_as_the_record_writes_it(parley: Parley) -> None:
    components = [{"key": "steel", "quantity": 2.5}]
    made = only(record(parley, NEGOTIATION, pledge(components=components, elements=["toll"])))
    changed = {"components": [{"key": "steel", "quantity": 7.5, "gates": []}], "elements": []}
    correction = only(correct(parley, made.id, set=changed, reason="Misread.", key="k"))
    assert isinstance(correction.event, EntryCorrected)
    assert correction.event.set == {"components": [{"key": "steel", "quantity": "7.5"}]}
    assert correction.event.unset == ("elements",)
    assert "elements" not in known(parley, made).event.body()


def test_a_correction_of_the_date_carries_the_new_bounds(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    correction = only(correct(parley, made.id, set={"occurred": "2025-02"}, reason="Misread."))
    assert correction.span is not None
    assert correction.span.bounds == parse_occurred("2025-02").bounds
    kept = parley.ledger.entry(correction.position)
    assert kept.span == correction.span
    other = only(correct(parley, made.id, set={"level": "offered"}, reason="Misread."))
    assert other.span is None


def test_a_correction_of_an_order_constraint_carries_the_narrowed_start(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    said = only(record(parley, NEGOTIATION, statement(occurred="2025")))
    correction = only(
        correct(parley, said.id, set={"after": [str(made.id)]}, reason="It says after.")
    )
    assert correction.span is not None
    assert made.span is not None
    assert correction.span.narrowed_lo == made.span.start_lo
    assert known(parley, said).span == correction.span
    back = only(correct(parley, said.id, unset=["after"], reason="It does not."))
    assert back.span is not None
    assert back.span.narrowed_lo is None
    assert known(parley, said).span == back.span


def test_a_constraint_by_a_retracted_entry_narrows_no_more(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    said = only(record(parley, NEGOTIATION, statement(occurred="2025", after=[str(made.id)])))
    retract(parley, made.id, reason="A rumour.")
    correction = only(correct(parley, said.id, set={"occurred": "2025-02"}, reason="Misread."))
    assert correction.span is not None
    assert correction.span.narrowed_lo is None


def test_a_correction_tells_the_anomaly_it_causes_and_is_recorded(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    stall = only(record(parley, NEGOTIATION, stalled(occurred="2025-04-01")))
    again = only(record(parley, NEGOTIATION, resumed("2025-05-01")))
    told = correct(parley, stall.id, set={"occurred": "2025-06-01"}, reason="Misread.")
    assert [(a.code, a.entry) for a in told.anomalies] == [("not_stalled", again.id)]
    assert parley.ledger.head().size == told.receipts[0].position
    gone = retract(parley, made.id, reason="A rumour.", dry_run=True)
    assert "not_opened" in {anomaly.code for anomaly in gone.anomalies}


def test_a_moved_entry_tells_whom_it_had_narrowed(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    said = only(record(parley, NEGOTIATION, statement(occurred="2025", after=[str(made.id)])))
    placed = only(record(parley, NEGOTIATION, statement("late", occurred="2025")))
    correct(parley, placed.id, set={"before": [str(made.id)]}, reason="It says before.")
    freed = only(record(parley, NEGOTIATION, statement("b", after=[str(made.id)])))
    correct(parley, freed.id, unset=["after"], reason="It does not.")
    gone = only(record(parley, NEGOTIATION, statement("c", after=[str(made.id)])))
    retract(parley, gone.id, reason="A rumour.")

    plain = correct(parley, made.id, set={"summary": "North pays."}, reason="Shorter.")
    assert plain.dependants == ()
    moved = correct(parley, made.id, set={"occurred": "2025-02"}, reason="Misread.")
    assert {(d.id, d.names) for d in moved.dependants} == {
        (said.id, made.id),
        (placed.id, made.id),
    }
    back = retract(parley, moved.receipts[0].position, reason="Read well after all.")
    assert {d.id for d in back.dependants} == {said.id, placed.id}


def test_a_record_of_another_kind_takes_the_place_of_one_in_one_array(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    new = str(uuid4())
    recorded = record(
        parley,
        NEGOTIATION,
        [
            {
                "kind": "entry.retracted",
                "entry": str(made.id),
                "reason": "A threat, not a pledge.",
                "replaced_by": new,
            },
            pledge(id=new, occurred="2025-02-01"),
        ],
    )
    assert [e.version for e in recorded.entries] == [2, 3]
    assert recorded.anomalies == ()


def test_a_correction_holds_to_an_expected_version(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    correct(parley, made.id, set={"level": "offered"}, reason="Misread.", expected_version=1)
    with pytest.raises(VersionConflict):
        retract(parley, made.id, reason="A rumour.", expected_version=1)


def test_a_correction_with_a_key_counts_once(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    first = correct(parley, made.id, set={"level": "offered"}, reason="Misread.", key="k")
    again = correct(parley, made.id, set={"level": "offered"}, reason="Misread.", key="k")
    assert again.receipts == first.receipts


def test_a_key_stands_for_the_action_and_its_target_too(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    said = only(record(parley, NEGOTIATION, statement()))
    endorsed = endorse(parley, made.id, subject="bob", note="Read.", key="e")
    again = endorse(parley, f"@{made.position}", subject="bob", note="Read.", key="e")
    assert again.receipts == endorsed.receipts
    linked = link(parley, made.id, relation="restates", to=said.id, key="l")
    again = link(parley, made.position, relation="restates", to=said.position, key="l")
    assert again.receipts == linked.receipts
    with pytest.raises(KeyConflict):
        link(parley, said.id, relation="restates", to=made.id, key="l")
    with pytest.raises(KeyConflict):
        retract(parley, made.id, reason="Read.", subject="bob", key="e")
    body = {"kind": "entry.endorsed", "entry": str(made.id), "note": "Read."}
    with pytest.raises(KeyConflict):
        record(parley, NEGOTIATION, body, subject="bob", key="e")


def test_a_retraction_with_a_key_can_be_repeated(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    first = retract(parley, made.id, reason="A rumour.", key="k")
    assert retract(parley, made.id, reason="A rumour.", key="k").receipts == first.receipts


def test_a_second_person_endorses_and_links(parley: Parley) -> None:
    made = only(record(parley, NEGOTIATION, pledge()))
    said = only(record(parley, NEGOTIATION, statement()))
    endorsed = only(endorse(parley, made.id, subject="bob", note="Read it too."))
    assert (endorsed.stream, endorsed.recorded_by) == (made.stream, "bob")
    hedges = [{"hedge": "seems", "cue": "it seems"}]
    linked = only(link(parley, made.id, relation="restates", to=said.position, hedges=hedges))
    assert isinstance(linked.event, EntryLinked)
    assert linked.event.to == said.id
    relinked = only(correct(parley, linked.id, set={"relation": "contradicts"}, reason="Misread."))
    assert relinked.stream == made.stream
