"""Pledges: pending, operative, overdue."""

from __future__ import annotations

import pytest

from projections.answers import PledgeItem
from tests.projections.bodies import Body, defined, made, part, stated, step
from tests.projections.telling import Telling, one

DAY = "2025-09-04"
LATER = "2025-09-11"
MET = step("condition.met", "ceasefire", "2025-09-06")


def pledge(talks: Telling, as_of: str = LATER) -> PledgeItem:
    return one(talks.framework(as_of).pledges, "force")


def gated(level: str = "committed", *more: Body) -> Telling:
    """A pledge of ground troops that wait for a ceasefire, and of advice that does not."""
    talks = Telling()
    talks.tell_all(
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            level=level,
            components=[part("ground", gates=["ceasefire"]), part("advice")],
        ),
        *more,
    )
    return talks


@pytest.mark.parametrize(
    ("level", "operative"),
    [("floated", False), ("offered", False), ("pledged", False), ("committed", True)],
)
def test_only_what_is_at_least_committed_is_operative(level: str, operative: bool) -> None:  # noqa: FBT001 - a row of the table.
    talks = Telling()

    talks.tell(made("force", DAY, level=level))

    assert pledge(talks).operative is operative


@pytest.mark.parametrize(("verb", "more"), [("allocated", {}), ("delivered", {"complete": True})])
def test_a_rung_above_committed_is_operative_too(verb: str, more: Body) -> None:
    talks = Telling()
    talks.tell(made("force", DAY, components=[part("ground")]))

    talks.tell(step(f"pledge.{verb}", "force", LATER, components=[part("ground")], **more))

    assert pledge(talks).operative


@pytest.mark.parametrize("side", ["stalled", "withdrawn", "expired"])
def test_a_pledge_set_aside_keeps_its_rung_and_is_not_operative(side: str) -> None:
    talks = Telling()
    talks.tell_all(made("force", DAY, level="committed"), step(f"pledge.{side}", "force", LATER))

    found = pledge(talks)

    assert (found.status, found.rung, found.operative) == (side, "committed", False)
    assert pledge(talks, "2025-09-10").operative


def test_a_stalled_pledge_is_operative_again_once_resumed() -> None:
    talks = Telling()
    talks.tell_all(
        made("force", DAY, level="committed"),
        step("pledge.stalled", "force", "2025-09-05"),
        step("pledge.resumed", "force", "2025-09-07"),
    )

    assert [pledge(talks, d).operative for d in (DAY, "2025-09-06", LATER)] == [True, False, True]


def test_a_gate_holds_back_the_component_behind_it_and_no_other() -> None:
    talks = gated()

    found = pledge(talks)

    assert [(c.key, c.gates_met, c.operative) for c in found.components] == [
        ("ground", False, False),
        ("advice", True, True),
    ]
    assert found.conditional_pending
    assert not found.operative


def test_a_gate_that_is_met_makes_the_pledge_operative_without_an_event_of_its_own() -> None:
    talks = gated("committed", MET)

    before, after = pledge(talks, "2025-09-05"), pledge(talks)

    assert (before.operative, after.operative) == (False, True)
    assert not after.conditional_pending
    assert before.deciding == after.deciding


def test_a_waived_gate_is_as_good_as_a_met_one() -> None:
    talks = gated("committed", step("condition.waived", "ceasefire", "2025-09-06"))

    assert pledge(talks).operative


def test_a_gate_that_failed_holds_back() -> None:
    talks = gated("committed", step("condition.failed", "ceasefire", "2025-09-06"))

    assert not pledge(talks).operative


def test_a_met_gate_alone_does_not_make_a_mere_pledge_operative() -> None:
    talks = gated("pledged", MET)

    before = pledge(talks)
    talks.tell(step("pledge.strengthened", "force", "2025-09-08", level="committed"))

    assert not before.operative
    assert not before.conditional_pending
    assert pledge(talks).operative


def test_a_set_aside_pledge_waits_for_nothing() -> None:
    talks = gated("committed", step("pledge.withdrawn", "force", "2025-09-06"))

    assert not pledge(talks).conditional_pending


def test_an_element_is_operative_by_the_component_that_is_for_it() -> None:
    talks = Telling()
    talks.tell_all(
        defined("boots"),
        defined("intelligence", "monitoring"),
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            level="committed",
            components=[
                part("ground", element="boots", gates=["ceasefire"]),
                part("satellites", element="intelligence"),
            ],
        ),
    )

    elements = talks.framework(LATER).elements

    assert one(elements, "intelligence").operative
    assert not one(elements, "boots").operative


def test_an_element_named_by_the_pledge_as_a_whole_has_its_unassigned_components() -> None:
    talks = Telling()
    talks.tell_all(
        defined("boots"),
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            level="committed",
            elements=["boots"],
            components=[part("ground", gates=["ceasefire"])],
        ),
    )

    before = one(talks.framework(LATER).elements, "boots")
    talks.tell(MET)

    assert not before.operative
    assert one(talks.framework(LATER).elements, "boots").operative


def test_an_element_is_operative_by_one_of_its_components_whatever_the_others_wait_for() -> None:
    talks = Telling()
    talks.tell_all(
        defined("boots"),
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            level="committed",
            elements=["boots"],
            components=[
                part("ground", gates=["ceasefire"]),
                part("advisers"),
                part("jets", element="air", gates=["ceasefire"]),
            ],
        ),
    )

    answer = talks.framework(LATER)

    assert one(answer.elements, "boots").operative
    assert not one(answer.pledges, "force").operative


def test_an_element_whose_pledge_is_for_others_in_detail_waits_for_the_whole() -> None:
    talks = Telling()
    talks.tell_all(
        defined("boots"),
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            level="committed",
            elements=["boots"],
            components=[
                part("jets", element="air", gates=["ceasefire"]),
                part("ships", element="sea"),
            ],
        ),
    )

    before = one(talks.framework(LATER).elements, "boots").operative
    talks.tell(MET)

    assert not before
    assert one(talks.framework(LATER).elements, "boots").operative


def test_an_unassigned_component_is_for_the_element_of_the_pledge() -> None:
    talks = Telling()
    talks.tell_all(
        defined("boots"),
        stated("ceasefire", DAY),
        made(
            "force",
            DAY,
            level="committed",
            elements=["boots"],
            components=[part("ground"), part("jets", element="air", gates=["ceasefire"])],
        ),
    )

    assert one(talks.framework(LATER).elements, "boots").operative


def test_what_is_perhaps_withdrawn_is_not_certainly_operative() -> None:
    talks = Telling()
    talks.tell_all(
        defined("boots"),
        made("force", DAY, level="committed", elements=["boots"]),
        step("pledge.withdrawn", "force", "[2025-09-06..2025-09-20]"),
    )

    answer = talks.framework(LATER)
    found, element = one(answer.pledges, "force"), one(answer.elements, "boots")

    assert (found.status, found.certain_status) == ("withdrawn", "committed")
    assert (found.operative, found.certainly_operative) == (False, False)
    assert (element.operative, element.certainly_operative) == (False, False)


def test_what_is_perhaps_committed_is_operative_and_not_certainly_so() -> None:
    talks = Telling()
    talks.tell(made("force", DAY))

    talks.tell(step("pledge.strengthened", "force", "2025-09-06?", level="committed"))

    found = pledge(talks)
    assert (found.rung, found.certain_rung) == ("committed", "pledged")
    assert (found.operative, found.certainly_operative) == (True, False)


@pytest.mark.parametrize(
    ("due", "as_of", "overdue"),
    [
        ("2025-09-11", "2025-09-11T23:59Z", False),
        ("2025-09-11", "2025-09-12T00:00Z", True),
        ("2025-09", "2025-09-30T23:59Z", False),
        ("2025-09", "2025-10-01T00:00Z", True),
        ("2025-09-05/2025-09-11", "2025-09-11", False),
        ("2025-09-05/2025-09-11", "2025-09-12", True),
        ("[..2025-09-11]", "2025-09-12", True),
    ],
)
def test_a_pledge_is_overdue_from_the_minute_after_the_last_one_it_was_due_in(
    due: str,
    as_of: str,
    overdue: bool,  # noqa: FBT001 - a row of the table.
) -> None:
    talks = Telling()

    talks.tell(made("force", DAY, due=due))

    assert pledge(talks, as_of).overdue is overdue


@pytest.mark.parametrize(
    ("end", "overdue"),
    [
        (step("pledge.delivered", "force", LATER, components=[part("a")], complete=True), False),
        (step("pledge.delivered", "force", LATER, components=[part("a")], complete=False), True),
        (step("pledge.withdrawn", "force", LATER), False),
        (step("pledge.expired", "force", LATER), False),
        (step("pledge.stalled", "force", LATER), True),
    ],
)
def test_what_is_delivered_or_ended_is_not_overdue(end: Body, overdue: bool) -> None:  # noqa: FBT001 - a row of the table.
    talks = Telling()

    talks.tell_all(made("force", DAY, due="2025-09", components=[part("a")]), end)

    assert pledge(talks, "2025-12-31").overdue is overdue


def test_a_due_date_put_off_is_the_one_that_counts() -> None:
    talks = Telling()
    talks.tell(made("force", DAY, due="2025-09"))

    talks.tell(step("pledge.amended", "force", "2025-10-05", set={"due": "2025-12"}))

    assert pledge(talks, "2025-10-04").overdue
    assert not pledge(talks, "2025-10-05").overdue


def test_a_component_says_what_was_last_allocated_and_delivered_of_it_in_its_own_unit() -> None:
    talks = Telling()
    euros = {"unit": "billion", "currency": "EUR"}
    talks.tell_all(
        made("force", DAY, components=[part("funds", quantity="2.5", **euros)]),
        step("pledge.allocated", "force", "2025-09-05", components=[part("funds", quantity="1")]),
        step(
            "pledge.delivered",
            "force",
            "2025-09-06",
            components=[part("funds", quantity="1.1", unit="billion", currency="USD")],
            complete=False,
        ),
    )

    funds = one(pledge(talks).components, "funds")

    assert funds.allocated is not None
    assert funds.delivered is not None
    assert funds.allocated.model_dump() == {"quantity": "1", **euros}
    assert (funds.delivered.quantity, funds.delivered.currency) == ("1.1", "USD")
