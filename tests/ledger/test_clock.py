"""What was known at an instant is a prefix of the log, whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from audit.leaf import format_recorded_at
from domain.errors import ClockSetBack
from ledger.log import Ledger
from tests.ledger.drafts import check_chain, pledge

SECOND = 1_000_000
NOON = 1_750_000_000 * SECOND


@dataclass
class Clock:
    """A clock that stands where it is set."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(database: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger(database, clock=clock) as opened:
        yield opened


def test_the_time_is_the_clocks_to_the_microsecond(ledger: Ledger, clock: Clock) -> None:
    clock.now = NOON + 123_456

    (receipt,) = ledger.append([pledge()])

    assert receipt.recorded_at == ledger.entry(1).recorded_at == NOON + 123_456
    assert format_recorded_at(receipt.recorded_at) == "2025-06-15T15:06:40.123456Z"


def test_a_clock_that_steps_back_a_little_does_not_take_time_back(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.append([pledge()])
    clock.now = NOON - 60 * SECOND

    (receipt,) = ledger.append([pledge()])

    assert receipt.recorded_at == NOON
    assert check_chain(ledger) == 2


def test_a_clock_that_steps_back_far_is_refused_until_it_is_right_again(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.append([pledge()])
    clock.now = NOON - 60 * SECOND - 1

    with pytest.raises(ClockSetBack, match="60 seconds before") as caught:
        ledger.append([pledge()])
    assert caught.value.problems[0].field == "clock"
    assert ledger.head().size == 1

    clock.now = NOON + 1
    ledger.append([pledge()])
    assert check_chain(ledger) == 2


def test_a_step_back_is_seen_across_a_restart(database: str, clock: Clock) -> None:
    with Ledger(database, clock=clock) as before:
        before.append([pledge()])
    clock.now = NOON - 3_600 * SECOND

    with Ledger(database, clock=clock) as after, pytest.raises(ClockSetBack):
        after.append([pledge()])


def test_an_instant_is_answered_by_the_last_position_known_at_it(
    ledger: Ledger, clock: Clock
) -> None:
    assert ledger.position_at(NOON) == 0
    for minute in range(1, 20):
        clock.now = NOON + minute * 60 * SECOND
        ledger.append([pledge() for _ in range(minute % 3 + 1)])
    entries = list(ledger.entries())

    for entry in entries:
        for instant in (entry.recorded_at - 1, entry.recorded_at, entry.recorded_at + 1):
            known = sum(each.recorded_at <= instant for each in entries)
            assert ledger.position_at(instant) == known
    assert ledger.position_at(0) == 0
    assert ledger.position_at(NOON * 2) == len(entries)
