"""A bad body is told what is wrong with it; a stored body is read for ever."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.leaf import format_canonical, parse_canonical
from domain.dates import parse_occurred
from domain.errors import InvalidInput, Problem
from domain.event import Event
from domain.registry import KINDS, read_event, upcast
from domain.story import corrected_event
from domain.text import Text
from domain.things.condition import ConditionEvent, ConditionWaived
from tests.domain.samples.bad_bodies import (
    ACTOR,
    ATTACK,
    BAD,
    CONDITION,
    CORRECTION,
    ID,
    PLEDGE,
    SOURCE,
    without,
)
from tests.domain.samples.make_samples import FOLDER, leaf_of, path_of, read_leaf


def refusals(body: object) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        read_event(body)  # type: ignore[arg-type] # anything can be handed in
    return list(caught.value.problems)


# --- bad bodies: the field, the rule, the way out ---------------------------------------


@pytest.mark.parametrize(("body", "field", "rule", "way_out"), BAD.values(), ids=BAD.keys())
def test_a_bad_body_is_told_the_field_the_rule_and_the_way_out(
    body: object, field: str, rule: str, way_out: str
) -> None:
    (problem,) = refusals(body)
    assert problem.field == field
    assert rule in problem.rule
    assert way_out in problem.way_out


def test_every_broken_rule_of_a_body_is_told_at_once() -> None:
    bad = PLEDGE | {"slug": "Guard", "level": "sure", "colour": "red", "summary": " "}
    assert {problem.field for problem in refusals(bad)} == {"slug", "level", "colour", "summary"}
    bare = without(without(PLEDGE, "occurred"), "cite")
    assert [problem.field for problem in refusals(bare)] == ["occurred", "cite"]


def test_a_decimal_of_a_correction_is_kept_as_its_text() -> None:
    event = read_event(CORRECTION | {"set": {"components": [{"key": "a", "quantity": 2.5}]}})
    assert event.data()["set"] == {"components": [{"key": "a", "quantity": "2.5"}]}


# --- hostile bodies ---------------------------------------------------------------------

NAMES = {name for cls in KINDS.values() for name in cls.attributes()}
ENVELOPE = ("kind", "slug", "id", "occurred", "cite", "source", "key")
WORDS = st.sampled_from([*sorted(NAMES), *ENVELOPE, "$sealed", "2025", ID, "\ud800"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(WORDS, st.text()), inner, max_size=4)
    ),
    max_leaves=12,
)
GOOD = [ACTOR, SOURCE, PLEDGE, ATTACK, CONDITION, CORRECTION | {"unset": ["iso"]}]


def read_or_refused(body: object) -> None:
    """What is read can stand in a leaf, and what is not is refused with every reason given."""
    event: Event | None = None
    told: tuple[Problem, ...] = ()
    try:
        event = read_event(body)  # type: ignore[arg-type] # anything can be handed in
    except InvalidInput as refused:
        told = refused.problems
    assert (event is None) == bool(told)
    assert all(problem.field and problem.rule and problem.way_out for problem in told)
    if event is not None:
        format_canonical({**event.data(), "cite": event.citations()})


@given(JSON)
@example({"kind": "entry.corrected", "\ud800": 1})
@example({1: 2})
def test_any_json_value_is_an_event_or_refused(body: object) -> None:
    read_or_refused(body)


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(WORDS, JSON, max_size=6))
def test_any_fields_of_any_kind_are_an_event_or_refused(kind: str, fields: dict[str, Any]) -> None:
    read_or_refused({**fields, "kind": kind})


@given(st.sampled_from(GOOD), WORDS, JSON)
def test_a_good_body_with_one_field_changed_is_an_event_or_refused(
    body: dict[str, Any], name: str, value: object
) -> None:
    read_or_refused({**copy.deepcopy(body), name: value})


# --- stored samples: what is out there in logs is read for ever --------------------------

STORED = [(kind, n) for kind, cls in KINDS.items() for n in range(1, cls.class_version + 1)]


def test_every_kind_has_a_stored_sample_of_every_schema_number_it_ever_had() -> None:
    wanted = {path_of(kind, number).name for kind, number in STORED}
    assert {path.name for path in FOLDER.glob("*.json")} == wanted
    assert len(wanted) >= 60


@pytest.mark.parametrize(("kind", "number"), STORED)
def test_a_stored_sample_is_read_and_written_again_to_the_same_bytes(
    kind: str, number: int
) -> None:
    stored = path_of(kind, number).read_bytes().removesuffix(b"\n")
    leaf = parse_canonical(stored)
    assert (leaf["v"], leaf["kind"], leaf["schema"]) == (1, kind, number)
    entry = read_leaf(stored)
    if entry.event.occurred is not None:
        assert entry.span is not None
        assert entry.span.bounds == parse_occurred(entry.event.occurred).bounds
    if number == KINDS[kind].class_version:
        assert leaf_of(entry) == stored


# --- upcasting: a kind that once had another shape ---------------------------------------


class WaivedAnew(ConditionEvent):
    """condition.waived as it may look one day: `note` has become the list `notes`."""

    TOPIC: ClassVar[str] = "condition.waived"
    class_version: ClassVar[int] = 2
    kind: Literal["condition.waived"] = "condition.waived"
    notes: tuple[Text, ...] = ()

    @staticmethod
    def upcast_v1_v2(data: dict[str, Any]) -> None:
        if "note" in data:
            data["notes"] = [data.pop("note")]


@pytest.fixture
def waived(monkeypatch: pytest.MonkeyPatch) -> Event:
    """The stored sample of the old shape, read once the kind has its new one."""
    monkeypatch.setitem(KINDS, "condition.waived", WaivedAnew)
    return read_leaf(path_of("condition.waived", 1).read_bytes().removesuffix(b"\n")).event


def test_an_old_sample_is_brought_up_to_the_newest_shape(waived: Event) -> None:
    assert isinstance(waived, WaivedAnew)
    assert waived.data() == {"notes": ["Alfa no longer asks for it."]}


@pytest.mark.parametrize(
    ("schema", "new"), [(1, {"note": "No longer asked."}), (2, {"notes": ["No longer asked."]})]
)
def test_a_correction_is_brought_up_from_the_schema_it_was_written_in(
    waived: Event, schema: int, new: dict[str, Any]
) -> None:
    correction = read_event(CORRECTION | {"schema": schema, "set": new})
    corrected = corrected_event(waived, correction)
    assert corrected.data() == {"notes": ["No longer asked."]}


def test_a_partial_body_without_the_old_attribute_is_left_as_it_is() -> None:
    assert upcast(WaivedAnew, 1, {"occurred_phrase": "in May"}) == {"occurred_phrase": "in May"}
    assert upcast(WaivedAnew, 2, {"notes": ["A"]}) == {"notes": ["A"]}


def test_upcasting_leaves_what_was_handed_in_untouched() -> None:
    data = {"note": "A"}
    assert upcast(WaivedAnew, 1, data) == {"notes": ["A"]}
    assert data == {"note": "A"}


@pytest.mark.parametrize("schema", [0, 2, 7])
def test_a_schema_number_there_is_not_is_refused(schema: int) -> None:
    with pytest.raises(InvalidInput, match=r"schema numbers 1 to 1, not \d"):
        upcast(ConditionWaived, schema, {})
