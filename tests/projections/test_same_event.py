"""Links: reports of one event count once; what restates or contradicts is shown and kept apart."""

from __future__ import annotations

import pytest

from projections.answers import Item
from tests.projections.bodies import (
    defined,
    issued,
    made,
    part,
    raised,
    said,
    stated,
    step,
    struck,
)
from tests.projections.bodies import (
    talks as meeting,
)
from tests.projections.telling import Telling, one, slugs

DAY = "2025-09-04"
LATER = "2025-09-11"


def reports(item: Item) -> list[tuple[str, bool]]:
    return [(report.stream.rpartition("/")[2], report.perhaps) for report in item.reports]


def test_two_reports_of_one_threat_are_one_threat_with_both_reports() -> None:
    talks = Telling()
    targets, retaliation = talks.tell_all(issued("targets", DAY), issued("retaliation", DAY))

    talks.link(retaliation, "same_event_as", targets)

    threats = talks.framework(LATER).threats
    assert slugs(threats) == ["targets"]
    assert reports(threats[0]) == [("retaliation", False)]
    report = threats[0].reports[0]
    assert (report.summary, report.status) == ("the threat retaliation", "standing")
    assert [cause.position for cause in report.deciding] == [retaliation.position]
    assert [who.source for who in report.according_to] == ["report"]


def test_a_hedged_link_makes_it_one_and_perhaps_the_same() -> None:
    talks = Telling()
    one_, other = talks.tell_all(issued("targets", DAY), issued("retaliation", DAY))

    talks.link(other, "same_event_as", one_, hedge="seems")

    threats = talks.framework(LATER).threats
    assert len(threats) == 1
    assert reports(threats[0]) == [("retaliation", True)]


def test_the_earliest_recorded_report_is_the_one_that_counts() -> None:
    talks = Telling()
    first, second = talks.tell_all(issued("z-first", DAY), issued("a-second", DAY))

    talks.link(first, "same_event_as", second)

    assert slugs(talks.framework(LATER).threats) == ["z-first"]


def test_a_chain_of_links_makes_one_and_is_as_sure_as_its_weakest_link() -> None:
    talks = Telling()
    a, b, c, d = talks.tell_all(*(issued(name, DAY) for name in "abcd"))
    talks.link(c, "same_event_as", b)
    talks.link(b, "same_event_as", a, hedge="seems")
    talks.link(d, "same_event_as", a)

    threats = talks.framework(LATER).threats

    assert slugs(threats) == ["a"]
    assert reports(threats[0]) == [("b", True), ("c", True), ("d", False)]


def test_a_second_way_round_that_is_not_hedged_makes_it_sure() -> None:
    talks = Telling()
    a, b, c = talks.tell_all(*(issued(name, DAY) for name in "abc"))
    talks.link(b, "same_event_as", a, hedge="seems")
    talks.link(c, "same_event_as", a)
    talks.link(b, "same_event_as", c)

    assert reports(talks.framework(LATER).threats[0]) == [("b", False), ("c", False)]


def test_a_retracted_link_no_longer_merges_and_its_return_does() -> None:
    talks = Telling()
    a, b = talks.tell_all(issued("a", DAY), issued("b", DAY))
    link = talks.link(b, "same_event_as", a)

    retraction = talks.retract(link)
    apart = talks.framework(LATER).threats
    talks.retract(retraction)

    assert slugs(apart) == ["a", "b"]
    assert slugs(talks.framework(LATER).threats) == ["a"]
    assert slugs(talks.framework(LATER, known=link.position - 1).threats) == ["a", "b"]


def test_a_corrected_link_is_the_link_it_became() -> None:
    talks = Telling()
    a, b = talks.tell_all(issued("a", DAY), issued("b", DAY))
    link = talks.link(b, "same_event_as", a)

    talks.correct(link, set={"relation": "restates"})

    threats = talks.framework(LATER).threats
    assert slugs(threats) == ["a", "b"]
    assert one(threats, "b").related[0].relation == "restates"


def test_a_report_whose_time_has_not_come_does_not_count_for_the_other() -> None:
    talks = Telling()
    late, early = talks.tell_all(issued("late", "2025-09-10"), issued("early", DAY))
    talks.link(early, "same_event_as", late)

    assert slugs(talks.framework("2025-09-05").threats) == ["early"]
    assert slugs(talks.framework(LATER).threats) == ["late"]


def test_a_report_that_is_retracted_leaves_the_other_by_itself() -> None:
    talks = Telling()
    a, b = talks.tell_all(issued("a", DAY), issued("b", DAY))
    talks.link(b, "same_event_as", a)

    talks.retract(a)

    threats = talks.framework(LATER).threats
    assert slugs(threats) == ["b"]
    assert threats[0].reports == ()


@pytest.mark.parametrize(
    ("relation", "seen_from_there"),
    [
        ("restates", "restated_by"),
        ("contradicts", "contradicts"),
        ("duplicate_of", "duplicate_of"),
    ],
)
def test_other_relations_are_shown_on_both_ends_and_never_merged(
    relation: str, seen_from_there: str
) -> None:
    talks = Telling()
    guarantees, force = talks.tell_all(made("guarantees", DAY), made("force", DAY))

    talks.link(force, relation, guarantees, hedge="might", note="in other words")

    pledges = talks.framework(LATER).pledges
    assert slugs(pledges) == ["force", "guarantees"]
    here, there = (one(pledges, name).related[0] for name in ("force", "guarantees"))
    assert (here.relation, here.to, here.perhaps) == (relation, "talks/pledge/guarantees", True)
    assert (there.relation, there.to) == (seen_from_there, "talks/pledge/force")
    assert here.note == there.note == "in other words"
    assert all(pledge.reports == () for pledge in pledges)


def test_a_statement_and_a_pledge_that_are_the_same_event_are_shown_as_related() -> None:
    talks = Telling()
    speech, pledge = talks.tell_all(said("speech", DAY), made("force", DAY))

    talks.link(speech, "same_event_as", pledge)

    answer = talks.framework(LATER)
    assert slugs(answer.statements) == ["speech"]
    assert slugs(answer.pledges) == ["force"]
    assert answer.statements[0].related[0].to == "talks/pledge/force"
    assert answer.pledges[0].related[0].relation == "same_event_as"


def test_an_element_and_a_total_count_a_pledge_once_however_many_report_it() -> None:
    talks = Telling()
    talks.tell(defined("force"))
    body = {
        "elements": ["force"],
        "components": [part("ground", quantity="1000", unit="soldiers")],
    }
    first, second = talks.tell_all(
        made("first", DAY, **body), made("second", DAY, level="committed", **body)
    )
    apart = talks.totals(LATER)

    talks.link(second, "same_event_as", first, hedge="seems")

    element = one(talks.framework(LATER).elements, "force")
    assert (element.pledges, element.status) == (("first",), "pledged")
    assert [row.pledged for row in apart.rows] == ["2000"]
    assert [row.pledged for row in talks.totals(LATER).rows] == ["1000"]


def test_nothing_points_at_a_report_that_has_no_item_of_its_own() -> None:
    talks = Telling()
    talks.tell_all(defined("force"), stated("ceasefire", DAY))
    aim = {"against": {"elements": ["force"], "pledges": ["p1"]}}
    question = {"elements": ["force"]}
    body = {"elements": ["force"], "components": [part("ground", gates=["ceasefire"])]}
    for make, more in ((issued, aim), (raised, question), (made, body)):
        first, second = (talks.tell(make(f"{make.__name__[0]}{n}", DAY, **more)) for n in (1, 2))
        talks.link(second, "same_event_as", first)
    talks.tell(made("p1", DAY))

    answer = talks.framework(LATER)

    element = one(answer.elements, "force")
    assert (element.threats, element.issues, element.pledges) == (("i1",), ("r1",), ("m1",))
    assert [gate.pledge for gate in one(answer.conditions, "ceasefire").gates] == ["m1"]
    assert one(answer.pledges, "p1").threatened_by == ("i1",)


def test_two_reports_of_one_attack_are_one_attack_in_every_window() -> None:
    talks = Telling()
    a, b = talks.tell_all(struck("a", "2025-09-06", 805), struck("b", "2025-09-07", 823))

    talks.link(b, "same_event_as", a)

    attacks = talks.framework(LATER).attacks
    assert {window.certain for window in attacks.windows} == {1}
    assert attacks.largest is not None
    assert (attacks.largest.slug, attacks.largest.launched) == ("a", 805)
    assert reports(attacks.largest) == [("b", False)]


def test_meetings_linked_across_things_of_the_same_sort_only() -> None:
    talks = Telling()
    a, b = talks.tell_all(meeting("held", "paris", DAY), meeting("held", "elysee", DAY))

    talks.link(b, "same_event_as", a)

    found = talks.framework(LATER).consultations
    assert slugs(found) == ["paris"]
    assert reports(found[0]) == [("elysee", False)]


def test_a_thing_that_is_a_further_report_names_the_one_that_counts() -> None:
    talks = Telling()
    a, b = talks.tell_all(issued("a", DAY), issued("b", DAY))
    talks.link(b, "same_event_as", a, hedge="seems")

    item = talks.story("threat/b").item

    assert item is not None
    assert item.slug == "b"
    assert reports(item) == [("a", True)]


def test_links_between_steps_of_two_things_link_the_things() -> None:
    talks = Telling()
    talks.tell_all(made("a", DAY), made("b", DAY))
    up = talks.tell(step("pledge.strengthened", "a", "2025-09-06", level="committed"))
    same = talks.tell(step("pledge.strengthened", "b", "2025-09-06", level="committed"))

    talks.link(same, "restates", up)

    assert one(talks.framework(LATER).pledges, "b").related[0].to == "talks/pledge/a"
