"""An answer of the pile reads few rows, whatever the number of attacks (rows, not time)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects import sqlite

from ledger.database import connect, transaction
from projections import pile_edges, tally_query
from projections.calendar_buckets import DAY
from projections.pile import Pile
from projections.pile_query import pile_at
from projections.strike import Strike
from tests.projections.pile_model import CERTAINTIES, undone

YEARS = 4
FIRST_DAY = 19_000
EDGES = 4
"""t, and the beginnings of three windows."""
WHOLE = YEARS + EDGES * (11 + 30) + 2
"""Rows of buckets that an answer reads at most: years, months and days, and the last two of t."""
CORRECTED = 3
"""Every so manieth attack is told twice."""


def strikes(number: int) -> Iterator[Strike]:
    """Attacks by the day, spread evenly over the years."""
    for n in range(number):
        lo = (FIRST_DAY + n * YEARS * 365 // number) * DAY
        hi = lo + DAY - 1
        yield Strike(
            1,
            f"talks/attack/{n:06}",
            lo,
            hi,
            marked=False,
            sizes=((lo, n),),
            certain_sizes=((hi, n),),
        )


def fill(connection: Connection, number: int) -> int:
    """Put so many attacks, in no order of the world; the last position."""
    pile, position = Pile(1), 0
    drawn = list(strikes(number))
    Random(1).shuffle(drawn)
    for one in drawn:
        position += 1
        pile.put(position, one.stream, one)
        if position % CORRECTED == 0:
            position += 1
            pile.put(position, one.stream, None)
    pile.write(connection)
    return position


@pytest.fixture
def postgres(postgres_database: str) -> Iterator[Engine]:
    """A PostgreSQL database, which counts the rows it reads."""
    found = connect(postgres_database)
    yield found
    found.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("number", [100, 3_000])
def test_postgresql_reads_no_more_rows_than_are_said(postgres: Engine, number: int) -> None:
    with transaction(postgres) as connection:
        position = fill(connection, number)
    with undone(postgres) as connection:
        # A table of few rows is read whole, once the server has got round to counting them.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for days, known, certainty in (
            (days, known, certainty)
            for days in (400, YEARS * 365)
            for known in (position // 2, position)
            for certainty in CERTAINTIES
        ):
            end_of_day = (FIRST_DAY + days) * DAY - 1
            before = rows_read(connection)
            pile_at(connection, 1, 1, end_of_day, known, certainty)
            assert 0 < rows_read(connection) - before <= WHOLE

            before = rows_read(connection)
            pile_at(connection, 1, 1, end_of_day - DAY // 2, known, certainty)
            # The points of the cut days are read to be counted, and for the largest and the last.
            on_a_day = 2 * 2 * (number // (YEARS * 365) + 1)
            assert rows_read(connection) - before <= WHOLE + (EDGES + 2) * on_a_day


def rows_read(connection: Connection) -> int:
    """Rows of the pile that this transaction has read so far, by the server's own count."""
    counted = connection.scalar(
        text(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) "
            "FROM pg_stat_xact_user_tables WHERE relname LIKE 'pile_%'"
        )
    )
    return int(counted or 0)


STATEMENTS = {
    "tallies": tally_query._newest(1, lite=True),  # noqa: SLF001 - the plan is of this statement
    "years": tally_query._years(1),  # noqa: SLF001
    "counts": pile_edges._counts(1, EDGES),  # noqa: SLF001
    "largest": pile_edges._largest(1, certain=False),  # noqa: SLF001
    "last": pile_edges._last(1, certain=False),  # noqa: SLF001
    "fall": pile_edges._fall(1),  # noqa: SLF001
    "wide": pile_edges._wide(1),  # noqa: SLF001
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_sqlite_seeks_in_every_table_by_its_whole_key(sqlite_database: str, name: str) -> None:
    asked = {"shelf": 1, "position": 1, "minute": 1, "before": 1, "sort": 1, "first": 1, "end": 1}
    cuts = {f"{bound}_{number}": 1 for bound in ("first", "end") for number in range(EDGES)}
    buckets = "[1]" if name == "tallies" else [1]
    compiled = (
        STATEMENTS[name]
        .params(**asked, **cuts, buckets=buckets)
        .compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    )
    connection = sqlite3.connect(sqlite_database.removeprefix("sqlite:///"))
    try:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {compiled}").fetchall()
    finally:
        connection.close()
    steps = [step[3] for step in plan if "pile_" in step[3] or "other" in step[3]]

    assert steps
    for step in steps:
        assert step.startswith("SEARCH")
        assert "shelf=? AND bucket" in step or "shelf=? AND minute>? AND minute<?" in step


def test_the_rows_written_grow_with_the_attacks_and_not_with_what_lies_after_them(
    database: str,
) -> None:
    engine = connect(database)
    with undone(engine) as connection:
        pile = Pile(1)
        newest_first = reversed(list(strikes(500)))
        for position, one in enumerate(newest_first, 1):
            pile.put(position, one.stream, one)
        pile.write(connection)
        tallies = connection.scalar(text("SELECT count(*) FROM pile_tallies_1"))
        points = connection.scalar(text("SELECT count(*) FROM pile_points_1"))
    engine.dispose()

    assert (tallies, points) == (3 * 500, 2 * 500)
