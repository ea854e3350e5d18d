"""Input with very many mistakes: a refusal names the first of them, and costs no more for the rest.

A megabyte of fields that nobody knows was once answered with nineteen.
"""

from __future__ import annotations

import pytest

from app.bodies import MAX_MEMBERS, MAX_VALUES
from app.parley import Parley
from app.record import record
from domain import event
from domain.errors import MAX_NAMED, InvalidInput, Problem
from domain.event import Event
from tests.app.bodies import NEGOTIATION, NORTH, Body, pledge


def with_unknown(number: int, **more: object) -> Body:
    return {**NORTH, **{f"x{each}": 1 for each in range(number)}, **more}


def refusal_of(parley: Parley, bodies: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        record(parley, NEGOTIATION, bodies)  # type: ignore[arg-type]
    return refused.value


def test_of_many_problems_the_first_are_named_and_the_others_counted(parley: Parley) -> None:
    told = refusal_of(parley, with_unknown(MAX_NAMED + 7))
    assert len(told.named) == MAX_NAMED
    assert told.more == 7
    assert "7 more rules" in told.problems[-1].rule
    assert str(told).endswith(str(told.problems[-1]))


def test_what_can_be_named_is_named_and_nothing_counted(parley: Parley) -> None:
    told = refusal_of(parley, with_unknown(MAX_NAMED))
    assert (len(told.problems), told.more) == (MAX_NAMED, 0)


def test_an_array_names_no_more_than_one_body_does(parley: Parley) -> None:
    told = refusal_of(parley, [with_unknown(60, slug=f"a{each}") for each in range(5)])
    assert [problem.index for problem in told.named] == [0] * 60 + [1] * 40
    assert told.more == 5 * 60 - MAX_NAMED


def test_an_array_counts_what_its_members_left_unnamed(parley: Parley) -> None:
    told = refusal_of(parley, [with_unknown(150, slug=f"a{each}") for each in range(2)])
    assert (len(told.named), told.more) == (MAX_NAMED, 200)


def test_what_is_not_named_is_not_put_into_words_either(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = 0

    def counted(*_: object) -> Problem:
        nonlocal said
        said += 1
        return Problem("field", "rule", "way out")

    monkeypatch.setattr(event, "_problem", counted)
    refusal_of(parley, with_unknown(MAX_MEMBERS - len(NORTH)))
    assert said == MAX_NAMED


@pytest.mark.parametrize(
    "body",
    [
        with_unknown(MAX_MEMBERS),
        {**NORTH, "names": [1] * (MAX_MEMBERS + 1)},
        {**NORTH, "names": [{"x": [1] * 100}] * (MAX_VALUES // 100)},
        {"kind": "entry.corrected", "set": {"names": [[]] * 100_000}},
    ],
    ids=["fields", "list", "values", "new value"],
)
def test_a_body_of_too_many_values_is_refused_before_they_are_judged(
    parley: Parley, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(*_: object, **__: object) -> Event:
        pytest.fail("its values were judged")

    monkeypatch.setattr("app.bodies.read_event", judge)
    (told,) = refusal_of(parley, body).problems
    assert str(MAX_MEMBERS) in told.rule or str(MAX_VALUES) in told.rule


def test_lists_that_are_too_short_and_wrong_are_told_of_once(parley: Parley) -> None:
    told = refusal_of(parley, {**pledge(), "pledgors": [5], "beneficiaries": []})
    assert [problem.field for problem in told.problems] == ["pledgors.0", "beneficiaries"]
