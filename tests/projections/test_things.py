"""The story of one thing: every entry about it, what became of it, and what was said of it."""

from __future__ import annotations

from typing import get_args

import pytest

from projections.answers import Item
from projections.things import AnyItem, Remark, Step, ThingStory
from tests.projections.bodies import (
    Body,
    agreement,
    cited,
    defined,
    issued,
    made,
    measure,
    opened,
    raised,
    said,
    source,
    stated,
    step,
    struck,
)
from tests.projections.bodies import (
    talks as meeting,
)
from tests.projections.telling import Telling

DAY = "2025-09-04"


def shown(story: ThingStory) -> list[tuple[str, bool, str | None]]:
    return [(step_.kind, step_.folded, step_.status) for step_ in story.steps]


def remarks(step_: Step) -> list[tuple[str, str | None, bool]]:
    return [(_short(remark), remark.text, remark.stands) for remark in step_.remarks]


def _short(remark: Remark) -> str:
    return remark.kind.removeprefix("entry.")


def test_a_story_is_in_the_order_of_the_world_with_the_status_after_each_step() -> None:
    talks = Telling()
    talks.tell(made("force", DAY))
    talks.tell(step("pledge.stalled", "force", "2025-09-10"))
    talks.tell(step("pledge.strengthened", "force", "2025-09-06", level="committed"))

    story = talks.story("pledge/force")

    assert shown(story) == [
        ("pledge.made", True, "pledged"),
        ("pledge.strengthened", True, "committed"),
        ("pledge.stalled", True, "stalled"),
    ]
    assert story.item is not None
    assert (story.item.slug, story.item.status) == ("force", "stalled")
    assert story.steps[0].begins == ("2025-09-04T00:00Z", "2025-09-04T23:59Z")
    assert story.steps[0].recorded_by == "recorder-1"
    assert story.steps[0].body.body()["level"] == "pledged"


def test_a_step_that_had_not_begun_is_there_and_not_folded() -> None:
    talks = Telling()
    talks.tell_all(made("force", DAY), step("pledge.withdrawn", "force", "2025-09-10"))

    story = talks.story("pledge/force", "2025-09-05")

    assert shown(story) == [("pledge.made", True, "pledged"), ("pledge.withdrawn", False, None)]
    assert story.item is not None
    assert story.item.status == "pledged"


def test_before_it_begins_a_thing_has_a_story_and_no_item() -> None:
    talks = Telling()
    talks.tell(made("force", DAY))

    story = talks.story("pledge/force", "2025-01-01")

    assert story.item is None
    assert shown(story) == [("pledge.made", False, None)]


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        ("element/a", defined("a")),
        ("pledge/a", made("a", DAY)),
        ("condition/a", stated("a", DAY)),
        ("issue/a", raised("a", DAY)),
        ("statement/a", said("a", DAY)),
        ("threat/a", issued("a", DAY)),
        ("attack/a", struck("a", DAY)),
        ("measure/a", measure("considered", "a", DAY)),
        ("agreement/a", agreement("reached", "a", DAY)),
        ("consultation/a", meeting("held", "a", DAY)),
    ],
)
def test_every_sort_of_thing_that_happens_has_an_item(stream: str, body: Body) -> None:
    talks = Telling()
    talks.tell(body)

    item = talks.story(stream).item

    assert item is not None
    assert item.stream == f"talks/{stream}"


@pytest.mark.parametrize(
    "stream", ["commons/actor/france", "commons/source/report", "talks/negotiation/talks"]
)
def test_the_register_has_stories_and_no_items(stream: str) -> None:
    story = Telling().story(stream)

    assert story.item is None
    assert [step_.begins for step_ in story.steps] == [(None, None)]
    assert story.steps[0].folded


def test_a_thing_that_nothing_is_recorded_of_has_an_empty_story() -> None:
    story = Telling().story("pledge/unheard-of")

    assert (story.item, story.steps) == (None, ())


def test_a_corrected_entry_is_shown_as_corrected_with_the_reason() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    talks.correct(force, set={"level": "offered"}, reason="the text says offer")

    first = talks.story("pledge/force").steps[0]

    assert (first.status, first.body.body()["level"]) == ("offered", "offered")
    assert remarks(first) == [("corrected", "the text says offer", True)]
    before = talks.story("pledge/force", known=force.position).steps[0]
    assert (before.status, before.remarks) == ("pledged", ())


def test_a_retracted_entry_is_set_aside_and_says_why() -> None:
    talks = Telling()
    talks.tell(made("force", DAY))
    wrong = talks.tell(step("pledge.withdrawn", "force", "2025-09-06"))
    talks.retract(wrong, "it was another pledge")

    story = talks.story("pledge/force")

    assert shown(story) == [("pledge.made", True, "pledged"), ("pledge.withdrawn", False, None)]
    assert remarks(story.steps[1]) == [("retracted", "it was another pledge", True)]


def test_retractions_nest_and_each_remark_says_whether_it_stands() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    first = talks.retract(force, "first")
    second = talks.retract(first, "second")

    restored = talks.story("pledge/force").steps[0]
    talks.retract(second, "third")
    gone = talks.story("pledge/force").steps[0]

    assert restored.folded
    assert remarks(restored) == [("retracted", "first", False), ("retracted", "second", True)]
    assert not gone.folded
    assert remarks(gone) == [
        ("retracted", "first", True),
        ("retracted", "second", False),
        ("retracted", "third", True),
    ]


def test_a_retracted_correction_no_longer_stands_and_the_original_does() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    fix = talks.correct(force, set={"level": "offered"}, reason="misread")
    talks.retract(fix, "it was right")

    first = talks.story("pledge/force").steps[0]

    assert (first.status, first.body.body()["level"]) == ("pledged", "pledged")
    assert remarks(first) == [("corrected", "misread", False), ("retracted", "it was right", True)]
    assert [remark.about for remark in first.remarks] == [force.position, fix.position]


def test_a_disputing_entry_is_shown_beside_the_story() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    talks.tell(step("pledge.withdrawn", "force", "2025-09-06", contradicts=[str(force.id)]))

    story = talks.story("pledge/force")

    assert shown(story) == [("pledge.made", True, "pledged"), ("pledge.withdrawn", False, None)]
    assert story.item is not None
    assert len(story.item.disputed_by) == 1


def test_endorsements_and_links_are_remarks() -> None:
    talks = Telling()
    other, force = talks.tell_all(made("other", DAY), made("force", DAY))
    talks.endorse(force, "read with the source beside it")
    link = talks.link(force, "restates", other, note="the same in other words")
    talks.retract(link, "not the same")

    assert remarks(talks.story("pledge/force").steps[0]) == [
        ("endorsed", "read with the source beside it", True),
        ("linked", "the same in other words", False),
        ("retracted", "not the same", True),
    ]


def test_remarks_are_those_known_at_the_position() -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY))
    talks.endorse(force)
    known = talks.now
    talks.retract(force)

    before = talks.story("pledge/force", known=known).steps[0]

    assert [_short(remark) for remark in before.remarks] == ["endorsed"]
    assert before.folded


def test_a_step_that_comes_after_another_cannot_begin_before_it() -> None:
    talks = Telling()
    talks.tell(made("force", "2025-08"))
    stalled = talks.tell(step("pledge.stalled", "force", "2025-09-04"))
    talks.tell(step("pledge.resumed", "force", "[2025-09-01..2025-09-30]", after=[str(stalled.id)]))

    begins = {step_.kind: step_.begins for step_ in talks.story("pledge/force").steps}

    assert begins["pledge.resumed"] == ("2025-09-04T00:00Z", "2025-09-30T23:59Z")


def test_an_unknown_beginning_is_shown_as_unknown() -> None:
    talks = Telling()
    talks.tell(made("force", "[..2025-09-11]"))

    assert talks.story("pledge/force").steps[0].begins == (None, "2025-09-11T23:59Z")


def test_a_date_that_a_correction_took_away_leaves_no_bounds() -> None:
    talks = Telling()
    talks.negotiation = "others"
    opening = talks.tell(opened("others", occurred="2025-03-01"))
    talks.correct(opening, unset=["occurred"])

    story = talks.story("negotiation/others")

    assert story.steps[0].begins == (None, None)
    assert story.steps[0].folded


def test_what_was_not_public_by_then_is_in_the_story_and_not_folded() -> None:
    talks = Telling()
    talks.tell(source("memoir", "2026-01-15"))
    talks.tell(made("force", DAY))
    talks.tell(step("pledge.withdrawn", "force", "2025-09-06", cite=cited("memoir")))

    story = talks.story("pledge/force", published_by="2025-12-31")

    assert shown(story) == [("pledge.made", True, "pledged"), ("pledge.withdrawn", False, None)]


def test_what_is_written_of_a_thing_holds_all_that_is_said_of_its_sort() -> None:
    assert set(get_args(AnyItem)) == set(Item.__subclasses__())
