"""What buckets came to as known at a position: one seek for each bucket asked for."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Connection,
    Integer,
    Row,
    Select,
    String,
    bindparam,
    column,
    func,
    select,
    true,
)
from sqlalchemy.sql.selectable import FromClause

from ledger.database import SQLITE
from projections.calendar_buckets import following_year
from projections.pile_tables import TALLIES
from projections.tally import Counts, Record, Records, Tally

_COUNTS = tuple(Counts._fields)


def tallies_at(
    connection: Connection, edition: int, shelf: int, buckets: Collection[int], position: int
) -> dict[int, tuple[int, Tally]]:
    """Those of the buckets that hold anything: since which position, and what.

    Reads at most one row for each bucket.
    """
    if not buckets:
        return {}
    lite = connection.dialect.name == SQLITE
    found = connection.execute(
        _newest(edition, lite=lite),
        {
            "shelf": shelf,
            "buckets": json.dumps(list(buckets)) if lite else list(buckets),
            "position": position,
        },
    )
    return {row.bucket: (row.known_from, _tally(row)) for row in found if row.bucket is not None}


def years_until(connection: Connection, edition: int, shelf: int, year: int) -> list[int]:
    """The years before a year in which anything ever lay; reads a row for each."""
    rows = connection.execute(_years(edition), {"shelf": shelf, "first": 0, "end": year})
    return [found for (found,) in rows]


@cache
def _newest(edition: int, *, lite: bool) -> Select[Any]:
    """The row of each bucket that is known at the position.

    The last row that begins by then is found by the primary key; it may have been closed.
    """
    table = TALLIES[edition]
    position: BindParameter[int] = bindparam("position")
    mine = table.c.shelf == bindparam("shelf")
    if lite:
        wanted: FromClause = func.json_each(bindparam("buckets", type_=String)).table_valued(
            column("value", Integer), name="wanted"
        )
        other = table.alias("other")
        newest = (
            select(func.max(other.c.known_from))
            .where(
                other.c.shelf == bindparam("shelf"),
                other.c.bucket == wanted.c.value,
                other.c.known_from <= position,
            )
            .scalar_subquery()
        )
        same = mine & (table.c.bucket == wanted.c.value) & (table.c.known_from == newest)
        # An outer join keeps SQLite from looking through the table for what is wanted.
        joined = wanted.outerjoin(table, same & (table.c.known_to > position))
        return select(table).select_from(joined)
    unnest = func.unnest(bindparam("buckets", type_=ARRAY(Integer)))
    wanted = unnest.table_valued(column("value", Integer), name="wanted").render_derived()
    last = (
        select(table)
        .where(mine, table.c.bucket == wanted.c.value, table.c.known_from <= position)
        .order_by(table.c.known_from.desc())
        .limit(1)
        .lateral("last")
    )
    return select(last).select_from(wanted.join(last, true())).where(last.c.known_to > position)


@cache
def _years(edition: int) -> Select[Any]:
    """Each year by a seek past the one before: its row stands before those of its months."""
    table = TALLIES[edition]
    mine = table.c.shelf == bindparam("shelf")
    first = select(func.min(table.c.bucket).label("bucket")).where(
        mine, table.c.bucket >= bindparam("first"), table.c.bucket < bindparam("end")
    )
    years = first.cte("years", recursive=True)
    following = select(
        select(func.min(table.c.bucket))
        .where(
            mine,
            table.c.bucket >= years.c.bucket + following_year(0),
            table.c.bucket < bindparam("end"),
        )
        .scalar_subquery()
    ).where(years.c.bucket.is_not(None))
    years = years.union_all(following)
    return select(years.c.bucket).where(years.c.bucket.is_not(None))


def _tally(row: Row[Any]) -> Tally:
    return Tally(
        Counts._make(getattr(row, name) for name in _COUNTS),
        Records(
            _record(row.largest, 0, row.largest_stream),
            _record(row.last_lo, row.last_hi, row.last_stream),
            _record(row.certain_largest, 0, row.certain_largest_stream),
            _record(row.certain_last_lo, row.certain_last_hi, row.certain_last_stream),
        ),
    )


def _record(one: int | None, other: int | None, stream: str | None) -> Record | None:
    if one is None or other is None or stream is None:
        return None
    return one, other, stream
