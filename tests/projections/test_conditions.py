"""Conditions: what they come to by themselves, by their parts, and by other things."""

from __future__ import annotations

from itertools import permutations

import pytest

from projections.answers import ConditionItem
from tests.projections.bodies import (
    Body,
    agreement,
    defined,
    made,
    measure,
    part,
    stated,
    step,
)
from tests.projections.telling import Telling, one

DAY = "2025-09-04"
LATER = "2025-09-11"


def met(slug: str, occurred: str = DAY) -> Body:
    return step("condition.met", slug, occurred)


def failed(slug: str, occurred: str = DAY) -> Body:
    return step("condition.failed", slug, occurred)


def waived(slug: str, occurred: str = DAY) -> Body:
    return step("condition.waived", slug, occurred)


def condition(talks: Telling, slug: str, as_of: str = LATER) -> ConditionItem:
    return one(talks.framework(as_of).conditions, slug)


def status(talks: Telling, slug: str, as_of: str = LATER) -> str:
    return condition(talks, slug, as_of).status


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


def test_a_condition_of_which_nothing_is_reported_is_not_reported_met() -> None:
    talks = telling(stated("ceasefire", DAY))

    found = condition(talks, "ceasefire")

    assert (found.status, found.decided_by, found.since) == ("not_reported_met", "itself", DAY)


@pytest.mark.parametrize(
    ("steps", "whole"),
    [
        ([], "not_reported_met"),
        ([met("a")], "met"),
        ([waived("a")], "met"),
        ([failed("a")], "not_reported_met"),
        ([failed("a"), failed("b")], "failed"),
        ([failed("a"), met("b")], "met"),
    ],
)
def test_any_of_is_met_by_one_part_and_fails_only_with_all(steps: list[Body], whole: str) -> None:
    talks = telling(stated("a", DAY), stated("b", DAY), stated("whole", DAY, any_of=["a", "b"]))

    talks.tell_all(*steps)

    assert condition(talks, "whole").decided_by == "any_of"
    assert status(talks, "whole") == whole


@pytest.mark.parametrize(
    ("steps", "whole"),
    [
        ([], "not_reported_met"),
        ([met("a")], "not_reported_met"),
        ([met("a"), waived("b")], "met"),
        ([failed("a")], "failed"),
        ([failed("a"), met("b")], "failed"),
    ],
)
def test_all_of_is_met_by_every_part_and_fails_with_one(steps: list[Body], whole: str) -> None:
    talks = telling(stated("a", DAY), stated("b", DAY), stated("whole", DAY, all_of=["a", "b"]))

    talks.tell_all(*steps)

    assert condition(talks, "whole").decided_by == "all_of"
    assert status(talks, "whole") == whole


def test_conditions_nest_to_any_depth() -> None:
    talks = telling(
        stated("quiet", DAY),
        stated("exchange", DAY),
        stated("peace", DAY),
        stated("ceasefire", DAY, all_of=["quiet", "exchange"]),
        stated("either", DAY, any_of=["ceasefire", "peace"]),
        stated("go", DAY, all_of=["either"]),
    )

    talks.tell(met("quiet", "2025-09-05"))
    half = status(talks, "go")
    talks.tell(met("exchange", "2025-09-06"))

    assert half == "not_reported_met"
    assert status(talks, "go") == "met"
    assert status(talks, "go", "2025-09-05") == "not_reported_met"


@pytest.mark.parametrize("names", list(permutations(["a", "b", "z"])))
def test_a_circle_ends_at_not_reported_met_whatever_its_members_are_called(
    names: tuple[str, str, str],
) -> None:
    first, second, third = names
    talks = telling(
        stated(first, DAY, any_of=[second]),
        stated(second, DAY, all_of=[third]),
        stated(third, DAY, any_of=[first]),
    )

    assert {status(talks, name) for name in names} == {"not_reported_met"}


@pytest.mark.parametrize("names", list(permutations(["a", "b", "z"])))
def test_what_is_met_gets_round_a_circle_whichever_member_is_asked_first(
    names: tuple[str, str, str],
) -> None:
    first, second, third = names
    talks = telling(
        stated("free", DAY),
        stated(first, DAY, any_of=[second, "free"]),
        stated(second, DAY, any_of=[third]),
        stated(third, DAY, any_of=[first]),
        met("free"),
    )

    assert {status(talks, name) for name in names} == {"met"}


def test_what_a_source_says_of_a_condition_goes_before_its_parts() -> None:
    talks = telling(
        stated("a", DAY), stated("whole", DAY, any_of=["a"]), met("a"), failed("whole", LATER)
    )

    found = condition(talks, "whole")

    assert (found.status, found.decided_by, found.since) == ("failed", "itself", LATER)


def test_a_condition_met_by_its_parts_is_not_said_to_be_so_since_it_was_stated() -> None:
    talks = telling(stated("a", DAY), stated("whole", DAY, any_of=["a"]), met("a", LATER))

    assert condition(talks, "whole", "2025-09-10").since == DAY
    assert condition(talks, "whole").since is None


def test_a_part_that_nobody_stated_is_not_reported_met() -> None:
    talks = telling(stated("whole", DAY, any_of=["unheard-of"]))

    assert status(talks, "whole") == "not_reported_met"


@pytest.mark.parametrize(
    ("steps", "whole"),
    [
        ([], "not_reported_met"),
        ([agreement("reached", "truce", DAY)], "not_reported_met"),
        ([agreement("entered_into_force", "truce", DAY)], "met"),
        (
            [agreement("entered_into_force", "truce", DAY), agreement("ended", "truce", LATER)],
            "not_reported_met",
        ),
    ],
)
def test_met_by_asks_for_the_status_of_another_thing(steps: list[Body], whole: str) -> None:
    by = {"thing": "talks/agreement/truce", "status": "in_force"}
    talks = telling(stated("quiet", DAY, met_by=by))

    talks.tell_all(*steps)

    found = condition(talks, "quiet")
    assert (found.status, found.decided_by) == (whole, "met_by")
    assert found.met_by is not None
    assert found.met_by.thing == "talks/agreement/truce"


def test_an_agreement_in_force_has_been_reached_as_well() -> None:
    by = {"thing": "talks/agreement/truce", "status": "reached"}
    talks = telling(stated("quiet", DAY, met_by=by), agreement("reached", "truce", DAY))

    talks.tell(agreement("entered_into_force", "truce", LATER))

    assert status(talks, "quiet", "2025-09-10") == "met"
    assert status(talks, "quiet") == "met"


def test_met_by_without_a_status_asks_only_that_the_thing_is_there() -> None:
    talks = telling(stated("listed", DAY, met_by={"thing": "talks/measure/sanctions"}))

    talks.tell(measure("considered", "sanctions", LATER))

    assert status(talks, "listed", "2025-09-10") == "not_reported_met"
    assert status(talks, "listed") == "met"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], "met"),
        ([step("pledge.allocated", "help", LATER, components=[part("air")])], "met"),
        (
            [step("pledge.delivered", "help", LATER, components=[part("air")], complete=False)],
            "met",
        ),
        ([step("pledge.stalled", "help", LATER)], "not_reported_met"),
        ([step("pledge.withdrawn", "help", LATER)], "not_reported_met"),
    ],
)
def test_a_rung_higher_than_the_one_asked_for_meets_it_too(
    later: list[Body], expected: str
) -> None:
    by = {"thing": "talks/pledge/help", "status": "committed"}
    talks = telling(
        stated("backed", DAY, met_by=by),
        made("help", DAY, level="committed", components=[part("air")]),
    )

    talks.tell_all(*later)

    assert status(talks, "backed") == expected


def test_met_by_sees_an_element_and_a_condition_as_the_answer_shows_them() -> None:
    talks = telling(
        defined("backstop", "backstop"),
        stated("a", DAY),
        stated("either", DAY, any_of=["a"]),
        stated("if-either", DAY, met_by={"thing": "talks/condition/either", "status": "met"}),
        stated("if-backed", DAY, met_by={"thing": "talks/element/backstop", "status": "pledged"}),
    )

    talks.tell_all(met("a"), made("help", LATER, elements=["backstop"]))

    assert status(talks, "if-either") == "met"
    assert status(talks, "if-backed", "2025-09-10") == "not_reported_met"
    assert status(talks, "if-backed") == "met"


def test_a_condition_that_waits_for_its_own_failure_still_gets_an_answer() -> None:
    own = {"thing": "talks/condition/paradox", "status": "not_reported_met"}
    talks = telling(stated("paradox", DAY, met_by=own))

    assert status(talks, "paradox") in {"met", "not_reported_met"}


def test_a_condition_names_the_components_it_gates() -> None:
    talks = telling(
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            components=[part("ground", gates=["ceasefire"]), part("advice")],
        ),
    )

    gates = condition(talks, "ceasefire").gates

    assert [(gate.pledge, gate.component) for gate in gates] == [("force", "ground")]


def test_a_condition_perhaps_met_is_certainly_only_not_reported_met() -> None:
    talks = telling(stated("quiet", DAY), met("quiet", "[2025-09-06..2025-09-20]"))

    found = condition(talks, "quiet")

    assert (found.status, found.certain_status) == ("met", "not_reported_met")
