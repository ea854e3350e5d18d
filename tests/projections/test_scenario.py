"""What if: the answer with hypothetical events, and what would be different."""

from __future__ import annotations

import pytest

from domain.errors import StoryConflict
from tests.projections.bodies import made, part, stated, step
from tests.projections.telling import Telling, one

DAY = "2025-09-04"
THEN = "2025-12-31"
CEASEFIRE = step("condition.met", "ceasefire", "2025-12-01")
COMMITTED = step("pledge.strengthened", "force", "2025-12-01", level="committed")


def telling() -> Telling:
    """A force that waits for a ceasefire or a peace agreement, and is not committed."""
    talks = Telling()
    talks.tell_all(
        stated("ceasefire", DAY),
        stated("peace", DAY),
        stated("either", DAY, any_of=["ceasefire", "peace"]),
        made("force", DAY, components=[part("ground", gates=["either"])]),
    )
    return talks


def test_a_ceasefire_alone_meets_the_gate_and_makes_nothing_operative() -> None:
    scenario = telling().suppose(CEASEFIRE, as_of=THEN)

    assert one(scenario.framework.conditions, "either").status == "met"
    force = one(scenario.framework.pledges, "force")
    assert (force.conditional_pending, force.operative) == (False, False)


def test_a_commitment_alone_still_waits() -> None:
    scenario = telling().suppose(COMMITTED, as_of=THEN)

    force = one(scenario.framework.pledges, "force")
    assert (force.rung, force.conditional_pending, force.operative) == ("committed", True, False)


def test_with_both_it_is_operative() -> None:
    scenario = telling().suppose(CEASEFIRE, COMMITTED, as_of=THEN)

    assert one(scenario.framework.pledges, "force").operative
    assert scenario.hypothetical == ("condition.met ceasefire", "pledge.strengthened force")


def test_before_the_supposed_date_nothing_is_different() -> None:
    scenario = telling().suppose(CEASEFIRE, COMMITTED, as_of="2025-11-30")

    assert scenario.changes == ()


def test_the_changes_are_the_difference_to_the_answer_without_them() -> None:
    scenario = telling().suppose(CEASEFIRE, as_of=THEN)

    changed = {change.key: (change.before, change.after) for change in scenario.changes}

    assert changed == {
        "talks/condition/ceasefire": ("not_reported_met", "met"),
        "talks/condition/either": ("not_reported_met", "met"),
        "talks/pledge/force": ("pledged", "pledged"),
    }
    pledge = one(scenario.changes, "talks/pledge/force")
    assert {field.field for field in pledge.fields} == {"components", "conditional_pending"}


def test_nothing_supposed_is_recorded() -> None:
    talks = telling()
    before, log = talks.framework(THEN), list(talks.log)

    talks.suppose(CEASEFIRE, COMMITTED, as_of=THEN)

    assert talks.log == log
    assert talks.framework(THEN) == before


def test_what_the_story_cannot_hold_cannot_be_supposed_either() -> None:
    talks = telling()

    with pytest.raises(StoryConflict, match="resumes"):
        talks.suppose(step("pledge.resumed", "force", "2025-12-01"), as_of=THEN)
