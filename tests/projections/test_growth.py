"""A story that is recorded newest first costs rectangles and folds in proportion to its length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Entry
from domain.registry import evolve_of, read_event
from domain.state import Evolve, State, Step
from tests.projections.in_memory import rows_of
from tests.projections.planted import Room
from tests.story.histories import NEGOTIATION, entry_at
from tests.story.steps import STEPS, Body

FEW, MANY = 250, 1_000
MOST_ROWS, MOST_FOLDS = 24, 60
"""How many rectangles, and how many steps of `evolve`, an entry may cost; the same for any N."""
FIRST = datetime(2001, 1, 1, tzinfo=UTC)
DELIVERED: Body = STEPS["pledge"][7]
SUPPORTS, OPPOSES = STEPS["statement"][:2]


def by_day(number: int) -> str:
    return f"{FIRST + timedelta(days=number):%Y-%m-%d}"


def by_minute(number: int) -> str:
    return f"{FIRST + timedelta(minutes=number):%Y-%m-%dT%H:%MZ}"


def delivery(_: int) -> tuple[str, Body]:
    return "pledge/force", {**DELIVERED, "slug": "force"}


def same_stance(number: int) -> tuple[str, Body]:
    return f"statement/said-{number}", {**SUPPORTS, "slug": f"said-{number}"}


def alternating_stance(number: int) -> tuple[str, Body]:
    slug = f"said-{number}"
    return f"statement/{slug}", {**(SUPPORTS, OPPOSES)[number % 2], "slug": slug}


def newest_first(
    count: int, saying: Callable[[int], tuple[str, Body]], date: Callable[[int], str]
) -> list[Entry]:
    log = []
    for position, number in enumerate(reversed(range(count)), start=1):
        name, body = saying(number)
        occurred = date(number)
        event = read_event({**body, "occurred": occurred, "cite": [{"source": "report"}]})
        span = Span(parse_occurred(occurred).bounds)
        log.append(entry_at(position, f"{NEGOTIATION}/{name}", event, span))
    return log


def cost(room: Room, log: list[Entry]) -> tuple[int, int]:
    """How many rectangles a log comes to, and how many steps were folded for them."""
    folds = 0

    def counted(key: str) -> Evolve:
        evolve = evolve_of(key)

        def step(state: State | None, entry: Entry) -> Step:
            nonlocal folds
            folds += 1
            return evolve(state, entry)

        return step

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room["stories"], "evolve_of", counted)
        rows = rows_of(room, log)
    return len(rows), folds


@pytest.mark.parametrize("date", [by_day, by_minute])
@pytest.mark.parametrize("saying", [delivery, same_stance, alternating_stance])
def test_rectangles_and_folds_grow_with_the_number_of_entries(
    saying: Callable[[int], tuple[str, Body]], date: Callable[[int], str]
) -> None:
    for count in (FEW, MANY):
        rows, folds = cost(Room(), newest_first(count, saying, date))
        assert rows <= MOST_ROWS * count
        assert folds <= MOST_FOLDS * count


def test_long_stories_that_take_turns_and_do_not_fit_in_memory_are_not_read_again() -> None:
    """Each entry of each would otherwise cost all those before it."""
    log: list[Entry] = []
    for number in range(1_200):
        slug, occurred = f"force-{number % 20}", by_day(number)
        body = {**DELIVERED, "slug": slug, "occurred": occurred, "cite": [{"source": "report"}]}
        span = Span(parse_occurred(occurred).bounds)
        stream = f"{NEGOTIATION}/pledge/{slug}"
        log.append(entry_at(len(log) + 1, stream, read_event(body), span))
    room, asked = Room(), list[str]()
    amend = room["stories"].amend

    def counted(told: list[Entry]) -> object:
        asked.extend(entry.stream for entry in told)
        return amend(told)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room["stories"], "KEPT", 300)
        patch.setattr(room["stories"], "ENOUGH", 225)
        patch.setattr(room["stories"], "amend", counted)
        rows = rows_of(room, log)
    assert asked == []
    assert rows == rows_of(room, log)
