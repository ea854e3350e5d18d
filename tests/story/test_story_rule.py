"""The story rule tells every drawn history as the oracle does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from domain import story
from domain.entry import Entry
from projections.reference import record_at, world_at
from tests.story.checks import differences, told_by, turn_id
from tests.story.histories import FEATURES, NEGOTIATION, History, features, histories
from tests.story.oracle import Told

SHORT, LONG = 150, 2_000
"""How many histories are drawn in the short form and in the long one; each is asked four times."""
COUNTED = 500
A_FIFTH = COUNTED // 5


def told_by_the_reference(name: str, log: Sequence[Entry], minute: int, known: int) -> Told:
    record = record_at(log, NEGOTIATION, known)
    if name not in record.stories:
        return Told(None, None, frozenset(), frozenset(), (), None, None)
    standing = world_at(record, minute).standings[name]
    line = record.stories[name].placed
    return Told(
        state=standing.state,
        certain=standing.certain,
        anomalies=frozenset((a.code, a.entry, a.clashes_with) for a in standing.anomalies),
        undated=frozenset(standing.undated),
        order=tuple(placed.entry.id for placed in line if placed.folds_at <= minute),
        since=turn_id(standing.since),
        certain_since=turn_id(standing.certain_since),
    )


@settings(max_examples=SHORT)
@given(histories())
def test_the_story_rule_tells_what_the_oracle_tells(history: History) -> None:
    assert not differences(told_by(story), history)


@settings(max_examples=SHORT)
@given(histories())
def test_the_reference_tells_what_the_oracle_tells(history: History) -> None:
    assert not differences(told_by_the_reference, history)


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=LONG, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_the_story_rule_and_the_reference_tell_it_of_many_more(history: History) -> None:
    assert not differences(told_by(story), history)
    assert not differences(told_by_the_reference, history)


def test_a_fifth_of_the_histories_hold_each_thing_that_makes_a_story_hard() -> None:
    held: Counter[str] = Counter()

    @settings(max_examples=COUNTED, derandomize=True, database=None, phases=[Phase.generate])
    @given(histories())
    def count(history: History) -> None:
        held.update(["a history", *features(history)])

    count()
    assert held["a history"] >= COUNTED
    assert {name: held[name] for name in FEATURES if held[name] < A_FIFTH} == {}
