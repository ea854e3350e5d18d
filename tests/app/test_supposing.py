"""Scenarios: what is supposed is held against the log as a record is, and never recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import scenarios
from app.clocks import Asked
from app.parley import Parley
from app.record import record
from domain.errors import InvalidInput, NotFound, ParleyError, StoryConflict
from projections.read_model import ReadModel
from projections.scenario import Scenario
from tests.app.bodies import NEGOTIATION, OPENED, Body, pledge, stalled, statement

HERE = 7
"""The position of the pledge that the log holds."""
NOW = Asked(as_of="2025-12-31")
SUPPOSED_ID = "0198f0c2-0000-7000-8000-00000000aaaa"


@pytest.fixture
def talks(parley: Parley) -> Parley:
    record(parley, NEGOTIATION, pledge())
    return parley


def suppose(parley: Parley, *bodies: Body) -> Scenario:
    size = parley.ledger.head().size
    try:
        return scenarios.scenario(parley, NEGOTIATION, bodies, NOW)
    finally:
        assert parley.ledger.head().size == size


def uncited(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "cite"}


def corrected(parley: Parley, entry: str = "", **more: object) -> Body:
    target = entry or str(parley.ledger.entry(HERE).id)
    body = {"kind": "entry.corrected", "entry": target, "schema": 1, "reason": "What if?"}
    return {**body, **more}


def level(scenario: Scenario, slug: str) -> str | None:
    return next(each.rung for each in scenario.framework.pledges if each.slug == slug)


def test_a_recorded_entry_can_be_supposed_to_be_corrected(talks: Parley) -> None:
    supposed = suppose(talks, corrected(talks, set={"level": "committed"}))
    assert level(supposed, "steel") == "committed"


def test_a_supposed_entry_without_a_citation_can_be_corrected(talks: Parley) -> None:
    made = uncited(pledge("stone", id=SUPPOSED_ID))
    supposed = suppose(talks, made, corrected(talks, SUPPOSED_ID, set={"level": "committed"}))
    assert level(supposed, "stone") == "committed"


def test_a_corrected_date_moves_the_supposed_entry(talks: Parley) -> None:
    moved = suppose(talks, corrected(talks, set={"occurred": "2026"}))
    assert "steel" not in {each.slug for each in moved.framework.pledges}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"set": {"slug": "stone"}}, "set.slug"),
        ({"set": {"colour": "red"}}, "set.colour"),
        ({"set": {"occurred": "May"}}, "set.occurred"),
        ({"unset": ["summary"]}, "unset.summary"),
        ({"unset": ["cite"]}, "unset.cite"),
    ],
)
def test_a_correction_that_could_not_be_recorded_cannot_be_supposed(
    talks: Parley, change: Body, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        suppose(talks, corrected(talks, **change))
    assert [(p.index, p.field) for p in refused.value.problems] == [(0, field)]


def test_a_mixed_refusal_is_of_its_heaviest_sort_with_every_problem(talks: Parley) -> None:
    bodies = (
        {**pledge("b"), "level": "sworn"},
        {**pledge("c"), "pledgors": ["west"]},
        {**stalled(), "kind": "pledge.resumed"},
    )
    with pytest.raises(ParleyError) as refused:
        suppose(talks, *bodies)
    assert type(refused.value) is InvalidInput
    assert [p.index for p in refused.value.problems] == [0, 1, 2]
    with pytest.raises(NotFound):
        suppose(talks, *bodies[1:])
    with pytest.raises(StoryConflict):
        suppose(talks, *bodies[2:])


def test_what_is_supposed_names_no_entry_of_another_negotiation(talks: Parley) -> None:
    record(talks, "other", [{**OPENED, "slug": "other"}, pledge("boat", id=SUPPOSED_ID)])
    with pytest.raises(InvalidInput, match="belongs to the negotiation 'other'"):
        suppose(talks, uncited(statement(after=[SUPPOSED_ID])))


def test_alternative_measures_can_be_supposed_together(talks: Parley) -> None:
    def measure(slug: str, other: str) -> Body:
        return {
            "kind": "measure.considered",
            "slug": slug,
            "occurred": "2025",
            "instrument": "trade",
            "by": ["north"],
            "summary": slug,
            "any_of": [other],
        }

    supposed = suppose(talks, measure("ban", "fine"), measure("fine", "ban"))
    assert {each.slug for each in supposed.framework.measures} == {"ban", "fine"}
    with pytest.raises(NotFound):
        suppose(talks, measure("ban", "fine"))
    with pytest.raises(InvalidInput, match="is the measure itself"):
        suppose(talks, measure("ban", "ban"))


def test_nothing_recorded_later_is_known_to_a_scenario_of_then(talks: Parley) -> None:
    record(talks, NEGOTIATION, stalled())
    then = Asked(as_of="2025-12-31", known_at=str(HERE))
    again = scenarios.scenario(talks, NEGOTIATION, [uncited(stalled())], then)
    assert again.hypothetical == ("pledge.stalled steel (2025-04-01)",)


class Behind(ReadModel):
    """One that cannot be brought along, as where the database takes no writes."""

    def bring_to(self, position: int) -> None:
        del position


def test_a_stance_is_supposed_on_top_of_all_that_is_known_where_the_read_model_is_behind(
    talks: Parley,
) -> None:
    stand: Body = {"topics": ["toll"], "stance": "supports"}
    record(talks, NEGOTIATION, {**statement(), **stand})
    behind = replace(talks, read_model=Behind(talks.ledger))
    other = {**statement("toll-after-all", "2025-06-01"), **stand, "stance": "opposes"}
    for parley in (behind, talks):
        (position,) = suppose(parley, other).framework.positions
        assert position.status == "opposes"
        assert position.replaced is not None
        assert position.replaced.stance == "supports"
