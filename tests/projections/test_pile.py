"""The pile: attacks counted from buckets are counted as if each had been looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from domain.bounds import ALWAYS
from domain.dates import parse_occurred
from ledger.database import connect
from projections.calendar_buckets import DAY
from projections.pile import Pile
from projections.pile_answer import NO_ATTACKS, WINDOWS, PileAnswer
from projections.pile_query import pile_at
from projections.pile_tables import LOOSE, POINTS, TALLIES
from projections.strike import Strike
from projections.tables import EDITIONS, FOR_EVER
from tests.projections import pile_model
from tests.projections.pile_model import (
    CERTAINTIES,
    SHELF,
    History,
    Told,
    counted,
    histories,
    known,
    undone,
)

EDITION = EDITIONS[0]
ALL = 1_000
"""More positions than a history has."""
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Every example is undone, so that the next one finds the database as it was."""


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """The database of a test."""
    found = connect(database)
    yield found
    found.dispose()


def tell(connection: Connection, told: Iterable[Told], batch: int = ALL) -> None:
    """Write a history in batches of so many positions, each by a pile that remembers nothing."""
    for _, puts in groupby(told, key=lambda put: put[0] // batch):
        tell_with(Pile(EDITION), connection, puts)


def tell_with(pile: Pile, connection: Connection, told: Iterable[Told]) -> None:
    """Write a history in one batch."""
    for put in told:
        pile.put(*put)
    pile.write(connection)


def plain(answer: PileAnswer) -> tuple[Any, ...]:
    """An answer as the count by brute force gives it."""
    windows = tuple((window.certain, window.possible) for window in answer.windows)
    return windows, answer.largest, answer.last


def rows(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """Everything an edition holds."""
    tables = (TALLIES[EDITION], POINTS[EDITION], LOOSE[EDITION])
    return [sorted((tuple(r) for r in connection.execute(select(t))), key=repr) for t in tables]


def test_the_windows_are_those_of_the_model() -> None:
    assert WINDOWS == pile_model.WINDOWS


@SHARED
@given(history=histories(), batch=st.sampled_from((1, 2, 4, ALL)))
def test_the_pile_counts_as_if_it_looked_at_every_attack(
    engine: Engine, history: History, batch: int
) -> None:
    with undone(engine) as connection:
        tell(connection, history.told, batch=batch)
        for minute, position, certainty in product(history.minutes, history.positions, CERTAINTIES):
            found = pile_at(connection, EDITION, SHELF, minute, position, certainty)

            strikes = known(history.told, position)
            assert plain(found) == counted(strikes, minute, certainty)


@SHARED
@given(history=histories(), batch=st.sampled_from((1, 2, 4)))
def test_the_rows_are_the_same_however_the_log_is_cut_into_batches(
    engine: Engine, history: History, batch: int
) -> None:
    with undone(engine) as connection:
        tell(connection, history.told, batch)
        in_batches = rows(connection)
    with undone(engine) as connection:
        tell(connection, history.told)
        at_once = rows(connection)
    with undone(engine) as connection:
        pile = Pile(EDITION)
        for _, puts in groupby(history.told, key=lambda put: put[0]):
            tell_with(pile, connection, puts)
        remembered = rows(connection)

    assert in_batches == at_once == remembered


@SHARED
@given(history=histories())
def test_the_rows_of_a_key_are_known_one_after_another(engine: Engine, history: History) -> None:
    with undone(engine) as connection:
        tell(connection, history.told)
        for table in (TALLIES[EDITION], POINTS[EDITION], LOOSE[EDITION]):
            key = [column for column in table.primary_key if column.name != "known_from"]
            found = connection.execute(
                select(*key, table.c.known_from, table.c.known_to).order_by(*table.primary_key)
            )
            for _, same in groupby(map(tuple, found), key=lambda row: row[:-2]):
                times = [row[-2:] for row in same]
                assert all(begins < ends for begins, ends in times)
                assert all(one[1] <= other[0] for one, other in pairwise(times))
                assert all(ends < FOR_EVER for _, ends in times[:-1])


def strike(
    slug: str, occurred: str, size: int | None = None, *, later: tuple[int, int] | None = None
) -> Strike:
    """An attack as of a date; `later` is a minute after its first and the size from there on."""
    told = parse_occurred(occurred)
    lo, hi = told.bounds.start_lo, told.bounds.start_hi
    if hi is None:
        raise ValueError(occurred)
    first = hi if lo is None else lo
    more = () if later is None else ((first + later[0], later[1]),)
    sure = () if told.marked else ((hi, size),)
    return Strike(SHELF, f"talks/attack/{slug}", lo, hi, told.marked, ((first, size), *more), sure)


def last_minute(text: str) -> int:
    """The last minute of a date."""
    found = parse_occurred(text).bounds.start_hi
    if found is None:
        raise ValueError(text)
    return found


def ask(connection: Connection, as_of: str, position: int = ALL) -> PileAnswer:
    """What may be so on a date."""
    return pile_at(connection, EDITION, SHELF, last_minute(as_of), position, "possible")


def put_all(connection: Connection, *strikes: Strike) -> None:
    """Put strikes at the positions from 1 on."""
    tell(connection, ((at, one.stream, one) for at, one in enumerate(strikes, 1)))


def test_a_pile_that_was_told_nothing_is_empty(engine: Engine) -> None:
    with undone(engine) as connection:
        Pile(EDITION).write(connection)

        assert ask(connection, "2025-09-11") == NO_ATTACKS
        assert pile_at(connection, EDITION, SHELF, -(2**40), 1, "possible") == NO_ATTACKS


def test_an_attack_known_to_the_month_is_certain_in_a_longer_window(engine: Engine) -> None:
    with undone(engine) as connection:
        put_all(connection, strike("a", "2025-08"))

        windows = {window.days: window for window in ask(connection, "2025-09-11").windows}

    assert {days: (w.certain, w.possible) for days, w in windows.items()} == {
        7: (0, 0),
        30: (0, 1),
        365: (1, 0),
        None: (1, 0),
    }


def test_when_the_largest_attack_is_taken_back_the_next_one_is_the_largest(
    engine: Engine,
) -> None:
    large, next_one = strike("large", "2025-09-06", 823), strike("next", "2024-12-25", 184)
    with undone(engine) as connection:
        put_all(connection, next_one, large, strike("small", "2025-09-06", 3))
        tell(connection, [(4, large.stream, None)])

        assert ask(connection, "2025-09-11", 3).largest == (large.stream, 823)
        assert ask(connection, "2025-09-11", 4).largest == (next_one.stream, 184)


def test_figures_that_fall_make_another_attack_the_largest_from_that_day_on(
    engine: Engine,
) -> None:
    falling = strike("falling", "2025-09-01", 800, later=(3 * DAY, 10))
    steady = strike("steady", "2025-08-01", 500)
    with undone(engine) as connection:
        put_all(connection, falling, steady)

        assert ask(connection, "2025-09-03").largest == (falling.stream, 800)
        assert ask(connection, "2025-09-04").largest == (steady.stream, 500)


def test_the_framework_takes_an_answer_as_it_takes_attacks_one_by_one(engine: Engine) -> None:
    undated, large = strike("undated", "[..2025-09-01]"), strike("large", "2025-08", 5)
    with undone(engine) as connection:
        put_all(connection, undated)
        alone = ask(connection, "2025-09-11").counted()
        tell(connection, [(2, large.stream, large)])
        both = ask(connection, "2025-09-11").counted()

    assert alone.counts == {7: (0, 0), 30: (0, 1), 365: (0, 1), None: (1, 0)}
    assert (alone.largest, alone.last) == (None, (ALWAYS, undated.hi, undated.stream))
    assert (both.largest, both.last) == ((5, large.stream), (large.lo, large.hi, large.stream))
    assert NO_ATTACKS.counted().shown == frozenset()


GOOD = strike("a", "2025-09-06")


@pytest.mark.parametrize(
    "misfit",
    [
        replace(GOOD, sizes=()),
        replace(GOOD, sizes=((GOOD.hi, 5),)),
        replace(GOOD, sizes=(*GOOD.sizes, *GOOD.sizes)),
        replace(GOOD, certain_sizes=()),
        replace(GOOD, marked=True),
        replace(GOOD, lo=GOOD.hi + 1),
        replace(GOOD, lo=-(2**40), sizes=((-(2**40), 5),)),
        replace(GOOD, stream="talks/attack/b"),
    ],
)
def test_a_strike_that_cannot_be_is_refused(misfit: Strike) -> None:
    with pytest.raises(ValueError, match="not a strike that the pile can hold"):
        Pile(EDITION).put(1, GOOD.stream, misfit)
