"""What changed: the world and our knowledge apart, and together the whole difference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.answers import Answer, Framework, Item, WindowCount
from projections.changes import UNDER_IT, Change, Diff, FieldValue, Part, changes_between
from projections.framework import SECTIONS
from tests.projections.bodies import Body, cited, defined, made, said, step, struck
from tests.projections.long_story import DATES, long_story
from tests.projections.telling import Telling

BEFORE, AFTER = "2025-08-31", "2025-09-11"


def telling(*bodies: Body) -> Telling:
    talks = Telling()
    talks.tell_all(*bodies)
    return talks


def told(changes: Sequence[Change]) -> list[tuple[str, str, str | None, str | None]]:
    return [(c.key.rpartition("talks/")[2], c.change, c.before, c.after) for c in changes]


def test_what_begins_between_two_dates_is_a_change_of_the_world() -> None:
    talks = telling(made("force", "2025-09-04"))

    diff = talks.diff(BEFORE, AFTER)

    assert told(diff.world) == [("pledge/force", "appeared", None, "pledged")]
    assert diff.world[0].summary == "the pledge force"
    assert diff.knowledge == ()


def test_what_is_only_learnt_between_two_positions_is_a_change_of_knowledge() -> None:
    talks = Telling()
    known = talks.now
    talks.tell(made("force", "2025-08-20"))

    diff = talks.diff(BEFORE, AFTER, known)

    assert told(diff.knowledge) == [("pledge/force", "appeared", None, "pledged")]
    assert diff.world == ()


def test_what_happened_later_and_was_learnt_later_is_a_change_of_the_world_alone() -> None:
    talks = Telling()
    known = talks.now
    talks.tell(made("force", "2025-09-04"))

    diff = talks.diff(BEFORE, AFTER, known)

    assert diff.knowledge == ()
    assert told(diff.world) == [("pledge/force", "appeared", None, "pledged")]


def test_a_correction_is_knowledge_and_the_later_step_is_the_world() -> None:
    talks = Telling()
    force = talks.tell(made("force", "2025-08-20"))
    known = talks.now
    talks.correct(force, set={"level": "offered"})
    talks.tell(step("pledge.strengthened", "force", "2025-09-04", level="committed"))

    diff = talks.diff(BEFORE, AFTER, known)

    assert told(diff.knowledge) == [("pledge/force", "changed", "pledged", "offered")]
    assert told(diff.world) == [("pledge/force", "changed", "offered", "committed")]
    fields = {field.field: (field.before, field.after) for field in diff.world[0].fields}
    assert fields["rung"] == ("offered", "committed")
    assert fields["operative"] == (False, True)
    assert fields["since"] == ("2025-08-20", "2025-09-04")


def test_a_retraction_makes_an_item_disappear_from_what_is_known() -> None:
    talks = Telling()
    force = talks.tell(made("force", "2025-08-20"))
    known = talks.now
    talks.retract(force)

    diff = talks.diff(BEFORE, AFTER, known)

    assert told(diff.knowledge) == [("pledge/force", "disappeared", "pledged", None)]
    assert diff.world == ()


def test_going_back_in_time_is_told_backwards() -> None:
    talks = telling(made("force", "2025-09-04"))

    assert told(talks.diff(AFTER, BEFORE).world) == [
        ("pledge/force", "disappeared", "pledged", None)
    ]


def test_a_further_citation_alone_is_no_change() -> None:
    talks = Telling()
    force = talks.tell(made("force", "2025-08-20"))
    known = talks.now
    talks.correct(force, set={"cite": cited("report", exact="we will")})

    assert talks.diff(BEFORE, BEFORE, known).knowledge == ()


def test_an_element_changes_with_the_pledges_that_name_it() -> None:
    talks = telling(defined("force"), made("promise", "2025-09-04", elements=["force"]))

    changes = {change.key: change for change in talks.diff(BEFORE, AFTER).world}

    element = changes["talks/element/force"]
    assert (element.section, element.before, element.after) == (
        "elements",
        "not_yet_rated",
        "pledged",
    )


def test_a_change_of_position_is_told_under_its_own_key() -> None:
    talks = telling(
        said("yes", "2025-08-20", "supports", issues=["size"]),
        said("no", "2025-09-04", "opposes", issues=["size"]),
    )

    positions = [c for c in talks.diff(BEFORE, AFTER).world if c.section == "positions"]

    assert told(positions) == [("stance/france/issue/size", "changed", "supports", "opposes")]


def test_attacks_are_told_as_a_change_of_their_count() -> None:
    talks = telling(struck("a", "2025-09-01"), struck("b", "[2025-09-06..2025-09-20]"))

    changes = talks.diff(BEFORE, AFTER).world

    assert told(changes) == [
        ("attacks", "changed", "0 certain, 0 possible", "1 certain, 1 possible")
    ]


def test_figures_that_rise_are_a_change_though_the_count_stays() -> None:
    talks = telling(struck("a", "2025-08-20", 500))
    figures = {"munitions": [{"model": "drone", "launched": 810}]}
    talks.tell(step("attack.reassessed", "a", "2025-09-06", **figures))

    changes = talks.diff(BEFORE, AFTER).world

    assert [(change.section, change.change) for change in changes] == [("attacks", "changed")]
    fields = {field.field: (field.before, field.after) for field in changes[0].fields}
    assert fields["launched"] == (500, 810)


def test_that_time_goes_by_is_no_change_for_attacks() -> None:
    talks = telling(struck("a", "2025-08-20", 500))

    assert talks.diff(BEFORE, AFTER).world == ()


def test_the_diff_repeats_both_questions() -> None:
    talks = telling(made("force", "2025-09-04"))

    diff = talks.diff(BEFORE, AFTER, 3)

    assert (diff.before.as_of, diff.before.known_at.position) == ("2025-08-31T23:59Z", 3)
    assert (diff.after.as_of, diff.after.known_at.position) == ("2025-09-11T23:59Z", talks.now)


# --- Properties, of a telling with something of everything ----------------------------------

STORY = long_story()
POSITIONS = st.integers(0, STORY.now)


@cache
def asked(as_of: str, known: int) -> Framework:
    return STORY.framework(as_of, known)


def shown(framework: Framework) -> dict[tuple[str, str], dict[str, Any]]:
    """What an answer says of each item, by section and key, but for how it is known."""
    return {
        (section, item.stream): {
            name: value
            for name, value in item.model_dump(mode="json").items()
            if name not in UNDER_IT
        }
        for section in SECTIONS
        for item in getattr(framework, section)
    }


def apply(
    items: dict[tuple[str, str], dict[str, Any]],
    changes: Sequence[Change],
    target: dict[tuple[str, str], dict[str, Any]],
) -> dict[tuple[str, str], dict[str, Any]]:
    """The items after the changes; what appears is taken from the target."""
    items = {key: dict(item) for key, item in items.items()}
    for change in changes:
        key = change.section, change.key
        if change.section == "attacks":
            continue
        if change.change == "disappeared":
            del items[key]
        elif change.change == "appeared":
            items[key] = target[key]
        else:
            for field in (each.model_dump(mode="json") for each in change.fields):
                assert items[key][field["field"]] == field["before"]
                items[key][field["field"]] = field["after"]
    return items


@pytest.mark.parametrize("item", [*Item.__subclasses__(), WindowCount], ids=lambda c: c.__name__)
def test_every_field_of_an_item_is_of_a_type_that_a_change_can_tell(item: type[Answer]) -> None:
    told, parts = get_args(FieldValue), get_args(Part)
    for name, hint in get_type_hints(item).items():
        if name not in {*UNDER_IT, "model_config"}:
            for sort in get_args(hint) if isinstance(hint, UnionType) else (hint,):
                listed = get_origin(sort) is tuple and get_args(sort)[0] in parts
                assert listed or sort in told or get_origin(sort) is Literal, name


@pytest.mark.parametrize("as_of", DATES)
def test_equal_questions_differ_in_nothing(as_of: str) -> None:
    assert STORY.diff(as_of, as_of) == Diff(
        before=STORY.question(as_of), after=STORY.question(as_of), knowledge=(), world=()
    )


@settings(max_examples=60)
@given(st.sampled_from(DATES), st.sampled_from(DATES), POSITIONS, POSITIONS)
def test_the_two_steps_together_lead_from_one_answer_to_the_other(
    before: str, after: str, known: int, known_then: int
) -> None:
    old, middle, new = asked(before, known), asked(before, known_then), asked(after, known_then)
    knowledge, world = list(changes_between(old, middle)), list(changes_between(middle, new))

    better = apply(shown(old), knowledge, shown(middle))

    assert better == shown(middle)
    assert apply(better, world, shown(new)) == shown(new)


@settings(max_examples=60)
@given(st.sampled_from(DATES), st.sampled_from(DATES), POSITIONS, POSITIONS)
def test_no_change_is_told_twice(before: str, after: str, known: int, known_then: int) -> None:
    old, middle, new = asked(before, known), asked(before, known_then), asked(after, known_then)
    knowledge, world = list(changes_between(old, middle)), list(changes_between(middle, new))

    twice = [change for change in knowledge if change in world]
    keys = [(change.section, change.key) for change in knowledge]

    assert twice == []
    assert len(keys) == len(set(keys))


@settings(max_examples=30)
@given(st.sampled_from(DATES), POSITIONS, POSITIONS)
def test_where_the_date_stays_nothing_is_said_to_have_happened(
    as_of: str, known: int, known_then: int
) -> None:
    middle = asked(as_of, known_then)

    assert list(changes_between(middle, asked(as_of, known_then))) == []
    assert STORY.diff(as_of, as_of, known, known_then).world == ()


@settings(max_examples=30)
@given(st.sampled_from(DATES), st.sampled_from(DATES), POSITIONS)
def test_where_the_position_stays_nothing_is_said_to_be_known_better(
    before: str, after: str, known: int
) -> None:
    assert STORY.diff(before, after, known, known).knowledge == ()
