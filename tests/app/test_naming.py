"""What an event may name: what is its own negotiation's, and what is in the commons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from uuid import uuid4

import pytest

from app.correct import correct
from app.link import link
from app.parley import Parley
from app.record import record
from app.retract import retract
from domain.errors import InvalidInput, NotFound
from tests.app.bodies import NEGOTIATION, OPENED, Body, cited, pledge, statement

OTHER = "ferry-talks"
HERE, THERE = 7, 10
"""The positions of a pledge in this negotiation, and in the other one."""
THERE_ID = str(uuid4())
CONDITION = cited(
    kind="condition.stated",
    slug="peace",
    occurred="2025",
    text="There is peace.",
    condition_type="precondition",
)
Act: TypeAlias = Callable[[Parley], object]

ACROSS: dict[str, tuple[Act, str]] = {
    "after": (lambda p: record(p, NEGOTIATION, statement(after=[THERE_ID])), "after.0"),
    "before": (lambda p: record(p, NEGOTIATION, statement(before=[THERE_ID])), "before.0"),
    "contradicts": (
        lambda p: record(p, NEGOTIATION, statement(contradicts=[THERE_ID])),
        "contradicts.0",
    ),
    "met by": (
        lambda p: record(
            p,
            NEGOTIATION,
            {**CONDITION, "met_by": {"thing": f"{OTHER}/pledge/boat", "status": "delivered"}},
        ),
        "met_by.thing",
    ),
    "a link": (lambda p: link(p, HERE, relation="restates", to=THERE), "to"),
    "a replacement": (lambda p: retract(p, HERE, reason="r", replaced_by=THERE), "replaced_by"),
    "a correction": (
        lambda p: correct(p, HERE, set={"after": [THERE_ID]}, reason="r"),
        "set.after.0",
    ),
    "the commons": (
        lambda p: record(p, NEGOTIATION, office(after=[THERE_ID])),
        "after.0",
    ),
}


def office(**more: object) -> Body:
    body = cited(
        kind="actor.office_taken", slug="north", occurred="2025", office="mayor", of="south"
    )
    return {**body, **more}


def measure(slug: str, *alternatives: str) -> Body:
    return cited(
        kind="measure.considered",
        slug=slug,
        occurred="2025",
        instrument="trade",
        by=["north"],
        summary=f"North may have a {slug}.",
        any_of=list(alternatives),
    )


@pytest.fixture
def talks(parley: Parley) -> Parley:
    """Two negotiations with a pledge each, and an event of the commons."""
    record(parley, NEGOTIATION, pledge())
    record(parley, NEGOTIATION, office())
    record(parley, OTHER, [{**OPENED, "slug": OTHER}, pledge("boat", id=THERE_ID)])
    return parley


@pytest.mark.parametrize("name", ACROSS)
def test_a_name_across_negotiations_is_refused(talks: Parley, name: str) -> None:
    act, field = ACROSS[name]
    size = talks.ledger.head().size
    with pytest.raises(InvalidInput, match="belongs to the negotiation 'ferry-talks'") as refused:
        act(talks)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert "the commons" in problem.way_out
    assert talks.ledger.head().size == size


def test_an_entry_of_the_commons_may_be_named_from_any_negotiation(talks: Parley) -> None:
    commons = str(talks.ledger.entry(HERE + 1).id)
    record(talks, NEGOTIATION, statement(after=[commons]))
    record(talks, OTHER, pledge("raft", before=[commons], occurred="2024"))
    link(talks, THERE, relation="restates", to=commons)


def test_what_was_wrongly_said_for_all_is_replaced_by_an_entry_of_one(talks: Parley) -> None:
    said = record(talks, OTHER, statement()).entries[0]
    gone = retract(talks, HERE + 1, reason="It was no office.", replaced_by=said.id)
    assert gone.entries[0].negotiation == "commons"


def test_two_measures_of_one_array_may_name_each_other(parley: Parley) -> None:
    bodies = [measure("ban", "fine"), measure("fine", "ban")]
    assert len(record(parley, NEGOTIATION, bodies).entries) == 2


def test_a_correction_may_name_a_known_measure_and_not_its_own(parley: Parley) -> None:
    record(parley, NEGOTIATION, measure("ban"))
    with pytest.raises(NotFound, match="no measure is known by the name 'fine'"):
        correct(parley, 7, set={"any_of": ["fine"]}, reason="They are alternatives.")
    with pytest.raises(InvalidInput, match="is the measure itself"):
        correct(parley, 7, set={"any_of": ["ban"]}, reason="They are alternatives.")


def test_a_correction_may_name_a_measure_that_comes_later_in_its_array(parley: Parley) -> None:
    ban = record(parley, NEGOTIATION, measure("ban")).entries[0]
    correction = {
        "kind": "entry.corrected",
        "entry": str(ban.id),
        "schema": 1,
        "reason": "They are alternatives.",
        "set": {"any_of": ["fine"]},
    }
    record(parley, NEGOTIATION, [correction, measure("fine", "ban")])


def test_a_measure_is_not_blamed_for_a_bad_alternative(parley: Parley) -> None:
    bodies = [measure("ban", "fine"), {**measure("fine", "ban"), "by": ["west"]}]
    with pytest.raises(NotFound) as refused:
        record(parley, NEGOTIATION, bodies)
    assert [(p.index, p.field) for p in refused.value.problems] == [(1, "by.0")]
