"""What was known when: across a restart, asked by position, by instant and by date."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.correct import correct
from app.moments import Knowledge, read_as_of, read_known_at, read_published_by
from app.parley import Parley
from app.record import Recorded, record
from app.retract import retract
from domain.dates import format_minute
from domain.errors import InvalidInput, NotFound
from domain.story import tell
from domain.things.pledge import PledgeMade
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House, house_at, new_url
from tests.databases import BOTH

STREAM = f"{NEGOTIATION}/pledge/steel"

# When each step is recorded, the position it takes, and what the level reads after it.
STEPS = {
    "recorded": ("2025-06-01T10:00:00+00:00", 7, "pledged"),
    "corrected": ("2025-06-02T10:00:00+00:00", 8, "offered"),
    "correction retracted": ("2025-06-03T10:00:00+00:00", 9, "pledged"),
    "retraction retracted": ("2025-06-04T10:00:00+00:00", 10, "offered"),
    "record retracted": ("2025-06-05T10:00:00+00:00", 11, None),
}
ASKED_BY = {
    "position": "@{position}",
    "bare position": "{position}",
    "instant": "{time}",
    "date": "{time:.10}",
}


def level(parley: Parley, known: Knowledge) -> str | None:
    """The level of the pledge as known then; None if it is not on record."""
    story = tell(parley.ledger.stream(STREAM, upto=known.position), known.position)
    if not story.placed:
        return None
    (placed,) = story.placed
    assert isinstance(placed.entry.event, PledgeMade)
    return placed.entry.event.level


@pytest.fixture(scope="module", params=BOTH)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Every step is recorded in a process of its own, a day after the one before it."""
    return tell_steps(house_at(new_url(request.param, request, tmp_path_factory)))


def tell_steps(house: House) -> House:
    acts: list[Callable[[Parley], Recorded]] = [
        lambda p: record(p, NEGOTIATION, pledge()),
        lambda p: correct(p, 7, set={"level": "offered"}, reason="Misread."),
        lambda p: retract(p, 8, reason="Read well after all."),
        lambda p: retract(p, 9, reason="No, misread."),
        lambda p: retract(p, 7, reason="Another pledge was meant."),
    ]
    house.clock.set("2025-05-31T10:00:00+00:00")
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
    for (time, position, _), act in zip(STEPS.values(), acts, strict=True):
        house.clock.set(time)
        with house.opened() as parley:
            assert act(parley).receipts[0].position == position
    house.clock.set("2025-06-10T10:00:00+00:00")
    return house


@pytest.mark.parametrize("by", ASKED_BY)
@pytest.mark.parametrize("step", STEPS)
def test_what_was_known_after_each_step_is_what_it_said(told: House, step: str, by: str) -> None:
    time, position, expected = STEPS[step]
    with told.opened() as parley:
        known = read_known_at(parley, ASKED_BY[by].format(time=time, position=position))
        assert known.position == position
        assert level(parley, known) == expected


def test_an_instant_just_before_a_step_does_not_know_of_it(told: House) -> None:
    with told.opened() as parley:
        known = read_known_at(parley, "2025-06-02T09:59:59.999999Z")
        assert known.position == 7
        assert level(parley, known) == "pledged"


@pytest.mark.parametrize(
    "asked",
    [
        "2025-06-02T10:00Z",
        "2025-06-02T10:00:00Z",
        "2025-06-02T12:00:00.000000001+02:00",
        "2025-06-02T05:30:00.5-04:30",
    ],
)
def test_an_instant_may_have_seconds_and_a_fraction_and_any_offset(told: House, asked: str) -> None:
    with told.opened() as parley:
        assert read_known_at(parley, asked).position == 8


def test_before_the_first_entry_nothing_was_known(told: House) -> None:
    with told.opened() as parley:
        assert read_known_at(parley, "2025-05-30") == Knowledge(0, None, closed=True)


def test_what_is_known_now_is_all_of_it_and_open(told: House) -> None:
    with told.opened() as parley:
        known = read_known_at(parley)
        assert (known.position, known.closed) == (11, False)


@pytest.mark.parametrize(
    ("asked", "closed"),
    [
        ("@11", True),
        ("2025-06-04", True),
        ("2025-06-05T09:59:59Z", True),
        ("2025-06-05T10:00:00Z", False),
        ("2025-06-05", False),
        ("2026-12", False),
    ],
)
def test_an_answer_is_closed_once_a_later_entry_is_durable(
    told: House, asked: str, *, closed: bool
) -> None:
    with told.opened() as parley:
        assert read_known_at(parley, asked).closed is closed


def test_an_open_answer_closes_with_the_next_entry(house: House) -> None:
    with tell_steps(house).opened() as parley:
        before = read_known_at(parley, "2025-06-05")
        record(parley, NEGOTIATION, pledge("stone"))
        after = read_known_at(parley, "2025-06-05")
    assert (before.closed, after.closed) == (False, True)
    assert before.position == after.position


@pytest.mark.parametrize("asked", ["0", "12", "@99"])
def test_a_position_the_log_does_not_hold_is_not_found(told: House, asked: str) -> None:
    with told.opened() as parley, pytest.raises(NotFound) as refused:
        read_known_at(parley, asked)
    assert refused.value.problems[0].field == "known_at"


@pytest.mark.parametrize(
    "asked",
    [
        *("June", "2025-13", "2025/2026", "@", "-1", ""),
        *("2025-06-05T10:00:00", "2025-06-05T25:00Z", "2025-06-05T10:00:60Z", "2025-W01-1T00:00Z"),
        *("20250601T120000Z", "2025-06-05T10Z", "2025-06-05T10:00:00,5Z", "2025-156T10:00Z"),
        "2025-06-05T10:00:00+01:00:30",
    ],
)
def test_what_is_no_moment_is_refused(told: House, asked: str) -> None:
    with told.opened() as parley, pytest.raises(InvalidInput) as refused:
        read_known_at(parley, asked)
    assert {problem.field for problem in refused.value.problems} == {"known_at"}


def test_as_of_is_the_last_minute_of_a_date_and_now_by_default(told: House) -> None:
    with told.opened() as parley:
        assert format_minute(read_as_of(parley, "2025-06-05")) == "2025-06-05T23:59Z"
        assert format_minute(read_as_of(parley)) == "2025-06-10T10:00Z"
        with pytest.raises(InvalidInput) as refused:
            read_as_of(parley, "2025-06-05/..")
    assert refused.value.problems[0].field == "as_of"


def test_published_by_is_the_last_minute_of_a_date() -> None:
    assert read_published_by(None) is None
    minute = read_published_by("2025-06")
    assert minute is not None
    assert format_minute(minute) == "2025-06-30T23:59Z"
    with pytest.raises(InvalidInput) as refused:
        read_published_by("June")
    assert refused.value.problems[0].field == "published_by"
