"""Four eyes: an entry is reviewed while it reads as somebody else endorsed it."""

from __future__ import annotations

import pytest

from app.clocks import Asked, read_clocks
from app.correct import correct
from app.endorse import endorse
from app.parley import Parley
from app.read import thing
from app.read_log import LogAsked, log_page
from app.record import Recorded, record
from app.retract import retract
from domain.entry import Entry
from domain.errors import InvalidInput
from projections.endorsements import reviewed_in
from tests.app.bodies import NEGOTIATION, pledge


@pytest.fixture
def made(parley: Parley) -> Entry:
    return only(record(parley, NEGOTIATION, pledge(), subject="ann"))


def only(recorded: Recorded) -> Entry:
    (entry,) = recorded.entries
    return entry


def is_reviewed(parley: Parley, entry: Entry) -> bool:
    """As the log's filter, the story and the reference say it alike."""
    clocks = read_clocks(parley, Asked())
    listed = log_page(parley, LogAsked(reviewed=True), clocks).entries
    others = log_page(parley, LogAsked(reviewed=False), clocks).entries
    step = thing(parley, NEGOTIATION, "pledge", "steel", clocks).steps[0]
    answers = {
        entry.position in {e.position for e in listed},
        entry.position not in {e.position for e in others},
        entry.position in reviewed_in(parley.ledger.entries(), clocks.known.position),
        step.reviewed,
    }
    assert len(answers) == 1
    return answers.pop()


def endorsed(parley: Parley, entry: Entry, subject: str = "bob") -> Entry:
    return only(endorse(parley, entry.id, subject=subject))


def corrected(parley: Parley, entry: Entry, subject: str, summary: str = "Two bridges.") -> Entry:
    more = {"set": {"summary": summary}, "reason": "Misread."}
    return only(correct(parley, entry.id, subject=subject, **more))  # type: ignore[arg-type]


def taken_back(parley: Parley, entry: Entry, subject: str) -> Entry:
    return only(retract(parley, entry.id, reason="Hasty.", subject=subject))


def rule_of(refused: pytest.ExceptionInfo[InvalidInput]) -> str:
    return refused.value.problems[0].rule


def test_an_endorsement_that_was_taken_back_is_given_again_by_its_endorser_alone(
    parley: Parley, made: Entry
) -> None:
    endorsement = endorsed(parley, made)
    away = taken_back(parley, endorsement, "bob")
    for other in ("ann", "eve"):
        with pytest.raises(InvalidInput) as refused:
            taken_back(parley, away, other)
        assert rule_of(refused) == "took back an endorsement by bob, who alone can give it again"
    assert not is_reviewed(parley, made)
    again = taken_back(parley, away, "bob")
    assert is_reviewed(parley, made)
    # Anybody may doubt it, which only the endorser can clear up.
    doubt = taken_back(parley, again, "ann")
    assert not is_reviewed(parley, made)
    with pytest.raises(InvalidInput, match="who alone can give it again"):
        taken_back(parley, doubt, "ann")
    taken_back(parley, doubt, "bob")
    assert is_reviewed(parley, made)


def test_what_is_rewritten_after_it_was_endorsed_is_no_longer_reviewed(
    parley: Parley, made: Entry
) -> None:
    endorsed(parley, made)
    correction = corrected(parley, made, "ann")
    assert not is_reviewed(parley, made)
    # Endorsed by itself, it is a checked change of what was checked.
    endorsed(parley, correction, "eve")
    assert is_reviewed(parley, made)
    corrected(parley, made, "ann", "Three bridges.")
    assert not is_reviewed(parley, made)
    endorsed(parley, made)
    assert is_reviewed(parley, made)


def test_what_is_brought_back_to_what_nobody_endorsed_is_not_reviewed(
    parley: Parley, made: Entry
) -> None:
    correction = corrected(parley, made, "ann")
    endorsed(parley, made)
    assert is_reviewed(parley, made)
    away = taken_back(parley, correction, "ann")
    assert not is_reviewed(parley, made)
    taken_back(parley, away, "ann")
    assert is_reviewed(parley, made)


def test_a_correction_that_is_taken_back_leaves_what_was_endorsed(
    parley: Parley, made: Entry
) -> None:
    endorsed(parley, made)
    taken_back(parley, corrected(parley, made, "ann"), "ann")
    assert is_reviewed(parley, made)


def test_who_corrected_an_entry_does_not_endorse_it_as_it_reads(
    parley: Parley, made: Entry
) -> None:
    correction = corrected(parley, made, "bob")
    with pytest.raises(InvalidInput) as refused:
        endorsed(parley, made)
    assert rule_of(refused) == "reads as bob corrected it, who cannot endorse it"
    taken_back(parley, correction, "ann")
    endorsed(parley, made)
    assert is_reviewed(parley, made)


def test_an_endorser_who_then_corrects_needs_somebody_else_to_endorse_that(
    parley: Parley, made: Entry
) -> None:
    endorsed(parley, made)
    correction = corrected(parley, made, "bob")
    assert not is_reviewed(parley, made)
    endorsed(parley, correction, "ann")
    assert is_reviewed(parley, made)
