"""Elements: the rung that is computed, who stands behind, and what threatens them."""

from __future__ import annotations

import pytest

from projections.answers import ElementItem
from tests.projections.bodies import (
    Body,
    defined,
    issued,
    joined,
    made,
    merged,
    part,
    raised,
    registered,
    step,
)
from tests.projections.telling import Telling, one

DAY = "2025-09-04"
LATER = "2025-09-11"


def force(talks: Telling, as_of: str = LATER) -> ElementItem:
    return one(talks.framework(as_of).elements, "force")


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell(defined("force", description="boots on the ground"))
    talks.tell_all(*bodies)
    return talks


def behind(element: ElementItem) -> list[tuple[str, int, int]]:
    return [(actor.actor, actor.reported, actor.known) for actor in element.behind]


def test_an_element_is_there_at_every_date_and_not_yet_rated_without_a_pledge() -> None:
    talks = telling()

    found = force(talks, "1990")

    assert (found.status, found.certain_status) == ("not_yet_rated", "not_yet_rated")
    assert (found.summary, found.description) == ("The force", "boots on the ground")
    assert (found.actors_reported, found.actors_known) == (0, 0)


def test_the_status_of_an_element_is_the_highest_rung_of_a_pledge_that_names_it() -> None:
    talks = telling(
        made("low", DAY, level="floated", elements=["force"]),
        made("high", LATER, components=[part("ground", element="force")]),
        made("elsewhere", DAY, level="committed"),
    )

    assert force(talks, DAY).status == "floated"
    assert force(talks).status == "pledged"
    assert force(talks).pledges == ("high", "low")


def test_a_stalled_pledge_keeps_its_element_on_the_rung_and_makes_it_inoperative() -> None:
    talks = telling(
        made("promise", DAY, level="committed", elements=["force"]),
        step("pledge.stalled", "promise", "2025-09-06"),
    )

    assert (force(talks).status, force(talks).operative) == ("committed", False)


@pytest.mark.parametrize("end", ["withdrawn", "expired"])
def test_an_ended_pledge_no_longer_carries_its_element(end: str) -> None:
    talks = telling(
        made("promise", DAY, level="committed", elements=["force"]),
        made("idea", DAY, level="floated", elements=["force"]),
        step(f"pledge.{end}", "promise", "2025-09-06"),
    )

    found = force(talks)

    assert (found.status, found.pledges) == ("floated", ("idea",))


@pytest.mark.parametrize("end", ["withdrawn", "expired"])
def test_an_element_all_of_whose_pledges_ended_says_so_and_is_not_unrated(end: str) -> None:
    talks = telling(
        made("promise", DAY, elements=["force"]), step(f"pledge.{end}", "promise", "2025-09-06")
    )

    found = force(talks)

    assert (found.status, found.pledges, found.behind) == (end, (), ())


def test_an_actor_behind_two_pledges_counts_once() -> None:
    talks = telling(
        made("one", DAY, elements=["force"]),
        made("two", DAY, pledgors=["france", "united-kingdom"], elements=["force"]),
    )

    found = force(talks)

    assert [actor.actor for actor in found.behind] == ["france", "united-kingdom"]
    assert (found.actors_reported, found.actors_known) == (2, 2)


def test_a_group_stands_once_with_the_number_that_is_reported_and_the_members_known() -> None:
    talks = telling(
        joined("coalition", "france", "2025-03-01"),
        made("promise", DAY, pledgors=["coalition"], elements=["force"], cardinality_reported=26),
    )

    found = force(talks)

    assert behind(found) == [("coalition", 26, 1)]
    assert found.behind[0].members == ("france",)
    assert (found.actors_reported, found.actors_known) == (26, 1)


def test_a_group_whose_members_nobody_names_has_none_known() -> None:
    talks = telling(made("promise", DAY, pledgors=["coalition"], elements=["force"]))

    assert behind(force(talks)) == [("coalition", 1, 0)]


def test_the_register_gives_the_number_where_the_pledge_gives_none() -> None:
    talks = telling(
        registered("the-26", "umbrella", cardinality_reported=26, members_known=False),
        made("promise", DAY, pledgors=["the-26"], elements=["force"]),
    )

    assert behind(force(talks)) == [("the-26", 26, 0)]


def test_the_higher_of_two_reported_numbers_counts_whatever_the_pledges_are_called() -> None:
    group = {"pledgors": ["coalition"], "elements": ["force"]}
    talks = telling(
        made("a", DAY, cardinality_reported=31, **group),
        made("b", DAY, cardinality_reported=26, **group),
        made("c", DAY, **group),
    )

    assert behind(force(talks)) == [("coalition", 31, 0)]


def test_the_number_reported_with_a_pledge_is_not_given_to_each_of_its_pledgors() -> None:
    talks = telling(
        made(
            "promise",
            DAY,
            pledgors=["coalition", "france"],
            elements=["force"],
            cardinality_reported=26,
        )
    )

    assert behind(force(talks)) == [("coalition", 1, 0), ("france", 1, 1)]


def test_a_member_that_also_pledges_for_itself_is_one_actor() -> None:
    talks = telling(
        joined("coalition", "france", "2025-03-01"),
        joined("coalition", "united-kingdom", "2025-03-01"),
        made("together", DAY, pledgors=["coalition"], elements=["force"], cardinality_reported=26),
        made("alone", DAY, elements=["force"]),
    )

    found = force(talks)

    assert behind(found) == [("coalition", 26, 2), ("france", 1, 1)]
    assert (found.actors_reported, found.actors_known) == (26, 2)


def test_never_fewer_actors_are_counted_than_are_known_by_name() -> None:
    names = ("france", "united-kingdom", "ukraine")
    talks = telling(
        *(joined("coalition", name, "2025-03-01") for name in names),
        made("promise", DAY, pledgors=["coalition"], elements=["force"], cardinality_reported=2),
    )

    found = force(talks)

    assert behind(found) == [("coalition", 2, 3)]
    assert (found.actors_reported, found.actors_known) == (3, 3)


def test_a_member_of_two_groups_counts_once() -> None:
    talks = telling(
        registered("weimar", "state_coalition", cardinality_reported=3),
        joined("coalition", "france", "2025-03-01"),
        joined("weimar", "france", "2025-03-01"),
        made("a", DAY, pledgors=["coalition"], elements=["force"], cardinality_reported=26),
        made("b", DAY, pledgors=["weimar"], elements=["force"]),
    )

    assert (force(talks).actors_reported, force(talks).actors_known) == (28, 1)


def test_what_a_group_pledges_is_not_listed_as_its_members_pledge() -> None:
    talks = telling(
        joined("coalition", "france", "2025-03-01"),
        made("together", DAY, pledgors=["coalition"], elements=["force"]),
    )

    pledge = one(talks.framework(LATER).pledges, "together")

    assert [actor.actor for actor in pledge.pledgors] == ["coalition"]
    assert pledge.pledgors[0].members == ("france",)


def test_members_are_those_of_the_date_asked_for() -> None:
    talks = telling(
        made("together", DAY, pledgors=["coalition"], elements=["force"]),
        joined("coalition", "france", "2025-09-06"),
        step("actor.member_left", "coalition", "2025-09-10", member="france"),
    )

    known = [force(talks, date).actors_known for date in (DAY, "2025-09-06", LATER)]

    assert known == [0, 1, 0]


def test_two_entries_of_one_actor_count_once_when_they_are_merged() -> None:
    talks = telling(
        registered("britain"),
        made("one", DAY, pledgors=["britain"], elements=["force"]),
        made("two", DAY, pledgors=["united-kingdom", "britain"], elements=["force"]),
    )
    before = force(talks)

    merge = talks.tell(merged("britain", "united-kingdom"))
    after = force(talks)
    talks.retract(merge)

    assert behind(before) == [("britain", 1, 1), ("united-kingdom", 1, 1)]
    assert behind(after) == [("united-kingdom", 1, 1)]
    assert behind(force(talks)) == behind(before)
    pledge = one(talks.framework(LATER, known=merge.position).pledges, "two")
    assert [actor.actor for actor in pledge.pledgors] == ["united-kingdom"]


def test_a_member_that_is_merged_is_one_member() -> None:
    talks = telling(
        registered("britain"),
        joined("coalition", "britain", "2025-03-01"),
        joined("coalition", "united-kingdom", "2025-03-01"),
        made("together", DAY, pledgors=["coalition"], elements=["force"]),
        merged("britain", "united-kingdom"),
    )

    assert force(talks).behind[0].members == ("united-kingdom",)


def test_actors_merged_in_a_circle_still_get_an_answer() -> None:
    talks = telling(
        registered("britain"),
        merged("britain", "united-kingdom"),
        merged("united-kingdom", "britain"),
        made("promise", DAY, pledgors=["britain"], elements=["force"]),
    )

    assert force(talks).actors_known == 1


def test_a_standing_threat_is_named_by_what_it_aims_at() -> None:
    talks = telling(
        made("promise", DAY, elements=["force"]),
        issued("targets", DAY, against={"elements": ["force"], "pledges": ["promise"]}),
        issued("idle", DAY),
    )

    answer = talks.framework(LATER)

    assert one(answer.elements, "force").threats == ("targets",)
    assert one(answer.pledges, "promise").threatened_by == ("targets",)
    threat = one(answer.threats, "targets")
    assert (threat.against_elements, threat.against_pledges) == (("force",), ("promise",))


def test_a_threat_stands_until_it_is_withdrawn_and_again_when_it_is_repeated() -> None:
    talks = telling(
        issued("targets", DAY, against={"elements": ["force"]}),
        step("threat.withdrawn", "targets", "2025-09-06"),
        step("threat.repeated", "targets", "2025-09-10"),
    )

    standing = [bool(force(talks, date).threats) for date in (DAY, "2025-09-06", LATER)]

    assert standing == [True, False, True]
    assert one(talks.framework("2025-09-06").threats, "targets").status == "withdrawn"


def test_a_threat_that_was_carried_out_no_longer_stands() -> None:
    talks = telling(issued("targets", DAY, against={"elements": ["force"]}))
    strike = talks.tell(
        {
            "kind": "attack.carried_out",
            "slug": "strike",
            "occurred": "2025-09-06",
            "perpetrator": "russia",
            "target_country": "ukraine",
            "modes": ["missile"],
            "summary": "it was done",
        }
    )

    talks.tell(step("threat.carried_out", "targets", "2025-09-06", by=strike.slug))

    assert force(talks).threats == ()
    assert one(talks.framework(LATER).threats, "targets").status == "carried_out"


def test_open_issues_are_named_by_the_elements_they_are_about() -> None:
    talks = telling(
        raised("size", DAY, elements=["force"]),
        raised("mandate", DAY, elements=["force"]),
        raised("weather", DAY),
        step("issue.narrowed", "size", "2025-09-05", text="How many, if not 50,000?"),
        step("issue.settled", "mandate", "2025-09-06", answer="To deter"),
    )

    answer = talks.framework(LATER)

    assert one(answer.elements, "force").issues == ("size",)
    assert one(answer.issues, "size").text == "How many, if not 50,000?"
    mandate = one(answer.issues, "mandate")
    assert (mandate.status, mandate.answer) == ("settled", "To deter")


def test_a_question_reopened_has_no_answer_any_more() -> None:
    talks = telling(
        raised("size", DAY, elements=["force"]),
        step("issue.settled", "size", "2025-09-06", answer="26,000"),
        step("issue.reopened", "size", "2025-09-08"),
    )

    found = one(talks.framework(LATER).issues, "size")

    assert (found.status, found.answer, found.since) == ("open", None, "2025-09-08")


def test_a_redefinition_holds_at_every_date_once_it_is_known() -> None:
    talks = telling()
    before = talks.now

    body = {"title": "The reassurance force", "element_type": "force"}
    talks.tell({"kind": "element.redefined", "slug": "force", **body})

    assert one(talks.framework("1990", known=before).elements, "force").summary == "The force"
    assert force(talks, "1990").summary == "The reassurance force"


def test_what_is_perhaps_withdrawn_is_certainly_still_pledged() -> None:
    talks = telling(
        made("promise", DAY, elements=["force"]),
        step("pledge.withdrawn", "promise", "[2025-09-06..2025-09-20]"),
    )

    found = force(talks)

    assert (found.status, found.certain_status) == ("withdrawn", "pledged")
