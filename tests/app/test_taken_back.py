"""What was retracted makes nothing known any more, and whoever named it is told of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import scenarios
from app.clocks import Asked
from app.correct import correct
from app.parley import Parley
from app.record import record
from app.retract import retract
from domain.entry import Entry
from domain.errors import NotFound, ParleyError
from tests.app.bad_bodies import CONDITION
from tests.app.bodies import (
    ELEMENT,
    NEGOTIATION,
    NORTH,
    OPENED,
    SETTING,
    SOURCE,
    Body,
    pledge,
    statement,
)
from tests.app.conftest import House

GATED = pledge(components=[{"key": "steel", "gates": ["peace"]}])
THINGS: dict[str, tuple[Body, Body, str]] = {
    "an actor": (NORTH, pledge(), "pledgors.0"),
    "a source": (SOURCE, pledge(), "cite.0.source"),
    "an element": (ELEMENT, pledge(elements=["toll"]), "elements.0"),
    "a condition": (CONDITION, GATED, "components.0.gates.0"),
    "the negotiation": (OPENED, pledge(), "negotiation"),
    "a thing by its stream": (
        ELEMENT,
        {**CONDITION, "slug": "b", "met_by": {"thing": f"{NEGOTIATION}/element/toll"}},
        "met_by.thing",
    ),
}


@pytest.fixture
def talks(house_on_each: House) -> Iterator[Parley]:
    """The setting with a condition beside it, on each database."""
    with house_on_each.opened() as parley:
        record(parley, NEGOTIATION, [*SETTING, CONDITION])
        yield parley


def opening(parley: Parley, body: Body) -> Entry:
    return next(e for e in parley.ledger.entries() if (e.kind, e.slug) == spelled(body))


def spelled(body: Body) -> tuple[str, str]:
    return body["kind"], body["slug"]


@pytest.mark.parametrize("name", THINGS)
def test_what_was_retracted_cannot_be_named_until_it_is_brought_back(
    talks: Parley, name: str
) -> None:
    opened, body, field = THINGS[name]
    gone = retract(talks, opening(talks, opened).id, reason="A mistake.").receipts[0].position
    size = talks.ledger.head().size
    with pytest.raises(NotFound, match="was retracted") as refused:
        record(talks, NEGOTIATION, body)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert problem.way_out == f"retract the retraction @{gone}, or register it again"
    assert talks.ledger.head().size == size
    retract(talks, gone, reason="It was none.")
    record(talks, NEGOTIATION, body)


@pytest.mark.parametrize("name", THINGS)
def test_what_was_retracted_can_be_registered_again(talks: Parley, name: str) -> None:
    opened, body, _ = THINGS[name]
    retract(talks, opening(talks, opened).id, reason="A mistake.")
    record(talks, NEGOTIATION, opened)
    record(talks, NEGOTIATION, body)


def test_what_an_array_takes_back_cannot_be_named_later_in_it(parley: Parley) -> None:
    gone = {"kind": "entry.retracted", "entry": str(parley.ledger.entry(2).id), "reason": "r"}
    with pytest.raises(NotFound, match="'north' was retracted") as refused:
        record(parley, NEGOTIATION, [gone, pledge()])
    assert [(p.index, p.field) for p in refused.value.problems] == [(1, "pledgors.0")]
    assert "@" not in refused.value.problems[0].way_out
    record(parley, NEGOTIATION, [gone, NORTH, pledge()])


def test_an_actor_that_was_renamed_and_corrected_still_stands(parley: Parley) -> None:
    record(parley, NEGOTIATION, {"kind": "actor.renamed", "slug": "north", "name": "Up"})
    correct(parley, 2, set={"name": "The North"}, reason="Its full name.")
    retract(parley, 7, reason="It was not.")
    record(parley, NEGOTIATION, pledge())


def test_a_correction_may_not_begin_to_name_what_was_retracted(parley: Parley) -> None:
    record(parley, NEGOTIATION, statement())
    retract(parley, 6, reason="A mistake.")
    with pytest.raises(NotFound, match="the element 'toll' was retracted") as refused:
        correct(parley, 7, set={"elements": ["toll"]}, reason="r")
    assert refused.value.problems[0].field == "set.elements.0"


def test_a_scenario_cannot_name_what_was_retracted_by_then(parley: Parley) -> None:
    retract(parley, 2, reason="A mistake.")
    with pytest.raises(NotFound, match="'north' was retracted"):
        scenarios.scenario(parley, NEGOTIATION, [pledge()], Asked(known_at="@7"))
    scenarios.scenario(parley, NEGOTIATION, [pledge()], Asked(known_at="@6"))


def test_a_retracted_opening_tells_of_the_standing_entries_that_name_the_thing(
    talks: Parley,
) -> None:
    north, toll = opening(talks, NORTH), opening(talks, ELEMENT)
    made = record(talks, NEGOTIATION, pledge()).entries[0]
    said = record(talks, NEGOTIATION, statement()).entries[0]
    rumour = record(talks, NEGOTIATION, pledge("stone")).entries[0]
    retract(talks, rumour.id, reason="A rumour.")
    correct(talks, said.id, set={"elements": ["toll"]}, reason="It is about the toll.")
    other = record(talks, "ferry", [{**OPENED, "slug": "ferry"}, pledge("boat")]).entries[1]

    gone = retract(talks, north.id, reason="A mistake.")
    assert [(d.id, d.names) for d in gone.dependants] == [(made.id, north.id), (other.id, north.id)]
    assert talks.ledger.head().size == gone.receipts[0].position
    gone = retract(talks, toll.id, reason="A mistake.")
    assert [(d.id, d.names) for d in gone.dependants] == [(said.id, toll.id)]
    source = opening(talks, SOURCE)
    cited = {d.id for d in retract(talks, source.id, reason="A mistake.").dependants}
    assert cited == {made.id, said.id, other.id, opening(talks, CONDITION).id}


def test_a_thing_that_was_opened_twice_tells_only_of_the_last_retraction(parley: Parley) -> None:
    def measure(kind: str) -> Body:
        body = {"kind": kind, "slug": "ban", "occurred": "2025", "instrument": "trade"}
        return {**body, "by": ["north"], "summary": "A ban.", "cite": [{"source": "courier"}]}

    bodies = [
        measure("measure.considered"),
        measure("measure.adopted"),
        {**measure("measure.considered"), "slug": "fine", "any_of": ["ban"]},
    ]
    _, adopted, fine = record(parley, NEGOTIATION, bodies).entries
    assert retract(parley, 7, reason="A rumour.").dependants == ()
    gone = retract(parley, adopted.id, reason="A rumour.")
    assert [(d.id, d.names) for d in gone.dependants] == [(fine.id, adopted.id)]


@pytest.mark.parametrize("kind", ["actor.renamed", "actor.office_taken"])
def test_a_retracted_actor_takes_no_further_step(parley: Parley, kind: str) -> None:
    retract(parley, 2, reason="A mistake.")
    steps: dict[str, Body] = {
        "actor.renamed": {"name": "Up"},
        "actor.office_taken": {
            "occurred": "2025",
            "office": "mayor",
            "of": "south",
            "cite": [{"source": "courier"}],
        },
    }
    with pytest.raises(ParleyError):
        record(parley, NEGOTIATION, {"kind": kind, "slug": "north", **steps[kind]})
