"""Storey one: the rectangles of a story say at every minute and position what the rule says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.projections.in_memory import mistakes, rows_of, unlike_the_reference
from tests.projections.long_histories import long_histories
from tests.projections.planted import Room
from tests.story.histories import History, histories

SHORT, LONG = 60, 3_000
"""How many histories are drawn in the short form and in the long one; each is asked six times."""
ROOM = Room()
MEMORIES = pytest.mark.parametrize("forgetful", [False, True], ids=["kept", "read anew"])


def overlaps(one: Any, other: Any) -> bool:  # noqa: ANN401 - rows of a room.
    return bool(
        max(one.valid_from, other.valid_from) < min(one.valid_to, other.valid_to)
        and max(one.known_from, other.known_from) < min(one.known_to, other.known_to)
    )


def touch(one: Any, other: Any) -> bool:  # noqa: ANN401 - rows of a room.
    """Whether two rectangles that say the same could have been one."""
    if (one.payload, one.there, one.shelf) != (other.payload, other.there, other.shelf):
        return False
    valid, known = (one.valid_from, one.valid_to), (one.known_from, one.known_to)
    other_valid = (other.valid_from, other.valid_to)
    other_known = (other.known_from, other.known_to)
    beside = known == other_known and (valid[1] == other_valid[0] or other_valid[1] == valid[0])
    above = valid == other_valid and (known[1] == other_known[0] or other_known[1] == known[0])
    return beside or above


def faults(rows: Sequence[Any]) -> list[tuple[str, object]]:
    """Rectangles without an inside, two that overlap, and two that should be one."""
    empty = [r for r in rows if not (r.valid_from < r.valid_to and r.known_from < r.known_to)]
    found: list[tuple[str, object]] = [("empty", row) for row in empty]
    told: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        told[row.story, row.facet].append(row)
    for together in told.values():
        for pair in combinations(together, 2):
            found += [(how.__name__, pair) for how in (overlaps, touch) if how(*pair)]
    return found


@MEMORIES
@settings(max_examples=SHORT)
@given(history=histories())
@pytest.mark.timeout(600)
def test_the_rectangles_tell_what_the_oracle_and_the_reference_tell(
    history: History, *, forgetful: bool
) -> None:
    assert mistakes(ROOM, history, forgetful=forgetful) == []


@MEMORIES
@settings(max_examples=SHORT // 2)
@given(history=long_histories())
def test_the_rectangles_of_long_stories_tell_what_the_reference_tells(
    history: History, *, forgetful: bool
) -> None:
    assert unlike_the_reference(ROOM, history, forgetful=forgetful) == []


@settings(max_examples=SHORT)
@given(st.one_of(histories(), long_histories()))
def test_rectangles_never_overlap_and_are_as_few_as_can_say_it(history: History) -> None:
    assert faults(rows_of(ROOM, history.log)) == []


@settings(max_examples=SHORT // 2)
@given(st.one_of(histories(), long_histories()))
def test_what_is_forgotten_and_read_anew_makes_the_same_rectangles(history: History) -> None:
    assert rows_of(ROOM, history.log, forgetful=True) == rows_of(ROOM, history.log)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@MEMORIES
@settings(max_examples=LONG, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.one_of(histories(), long_histories()))
def test_the_rectangles_tell_it_of_many_more(history: History, *, forgetful: bool) -> None:
    assert mistakes(ROOM, history, forgetful=forgetful) == []
    assert faults(rows_of(ROOM, history.log)) == []
