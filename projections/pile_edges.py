"""What of the pile is not a whole bucket: the points of a cut day, and the loose pieces.

All of it is counted and picked out in the database, so that few rows travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import CompoundSelect

from projections.calendar_buckets import around
from projections.pile_tables import LOOSE, POINTS
from projections.strike import MARKS, WEEK, Mark, Sort
from projections.tally import Counts, Record


class Where(NamedTuple):
    """Which pile is asked, and as known when."""

    edition: int
    shelf: int
    position: int


class Cut(NamedTuple):
    """Part of a day: from its first minute on, up to and without `end`."""

    first: int
    end: int


def counts_in(connection: Connection, where: Where, cuts: Sequence[Cut]) -> list[Counts]:
    """How many points of each mark lie in each cut; `whole` is of whole buckets only."""
    sums = [[0] * len(Counts._fields) for _ in cuts]
    if any(cut.first < cut.end for cut in cuts):
        bounds = {
            f"{name}_{number}": minute
            for number, cut in enumerate(cuts)
            for name, minute in zip(Cut._fields, cut, strict=True)
        }
        asked = {"shelf": where.shelf, "position": where.position, **bounds}
        for cut, marks, count in connection.execute(_counts(where.edition, len(cuts)), asked):
            for place, mark in enumerate(MARKS):
                sums[cut][place] += count if marks & mark else 0
    return [Counts._make(numbers) for numbers in sums]


def largest_in(connection: Connection, where: Where, cut: Cut, *, certain: bool) -> Record | None:
    """The largest attack by the points of a cut."""
    if cut.first == cut.end:
        return None
    asked = {"shelf": where.shelf, "position": where.position, **cut._asdict()}
    row = connection.execute(_largest(where.edition, certain=certain), asked).first()
    return None if row is None else (row[0], 0, row[1])


def last_in(connection: Connection, where: Where, cut: Cut, *, certain: bool) -> Record | None:
    """The attack that was the last to begin by the points of a cut."""
    if cut.first == cut.end:
        return None
    asked = {"shelf": where.shelf, "position": where.position, **cut._asdict()}
    row = connection.execute(_last(where.edition, certain=certain), asked).first()
    return None if row is None else (row[0], row[1], row[2])


def fall_at(connection: Connection, where: Where, minute: int, *, certain: bool) -> Record | None:
    """The largest of the attacks that were taken for larger at a minute than later."""
    row = connection.execute(
        _fall(where.edition),
        {
            "shelf": where.shelf,
            "position": where.position,
            "buckets": around(minute),
            "sort": int(Sort.CERTAIN_FALL if certain else Sort.FALL),
            "minute": minute,
        },
    ).first()
    return None if row is None else (row[0], 0, row[1])


def wide_at(connection: Connection, where: Where, minute: int) -> dict[int, int]:
    """How many wide spans reach beyond a minute, by their first minute.

    Only those that began before the shortest window up to it.
    """
    found = connection.execute(
        _wide(where.edition),
        {
            "shelf": where.shelf,
            "position": where.position,
            "buckets": around(minute),
            "sort": int(Sort.WIDE),
            "minute": minute,
            "before": minute - WEEK + 1,
        },
    )
    return dict(map(tuple, found))


def _known(table: Table) -> ColumnElement[bool]:
    position: BindParameter[int] = bindparam("position")
    return (
        (table.c.shelf == bindparam("shelf"))
        & (table.c.known_from <= position)
        & (table.c.known_to > position)
    )


@cache
def _counts(edition: int, cuts: int) -> CompoundSelect[Any]:
    table = POINTS[edition]
    minute, marks = table.c.minute, table.c.marks
    return union_all(
        *(
            select(literal(number), marks, func.count())
            .where(
                _known(table),
                minute >= bindparam(f"first_{number}"),
                minute < bindparam(f"end_{number}"),
            )
            .group_by(marks)
            for number in range(cuts)
        )
    )


def _in_cut(table: Table) -> ColumnElement[bool]:
    minute = table.c.minute
    return _known(table) & (minute >= bindparam("first")) & (minute < bindparam("end"))


@cache
def _largest(edition: int, *, certain: bool) -> Select[Any]:
    table = POINTS[edition]
    size = table.c.certain_size if certain else table.c.size
    return (
        select(size, table.c.stream)
        .where(_in_cut(table), size.is_not(None))
        .order_by(size.desc(), table.c.stream)
        .limit(1)
    )


@cache
def _last(edition: int, *, certain: bool) -> Select[Any]:
    table = POINTS[edition]
    lo, hi, stream = table.c.lo, table.c.hi, table.c.stream
    mark = Mark.SURE if certain else Mark.ENTERS
    return (
        select(lo, hi, stream)
        .where(_in_cut(table), table.c.marks.bitwise_and(mark) != 0)
        .order_by(lo.desc(), hi.desc(), stream)
        .limit(1)
    )


@cache
def _fall(edition: int) -> Select[Any]:
    table = LOOSE[edition]
    minute: BindParameter[int] = bindparam("minute")
    return (
        select(table.c.size, table.c.stream)
        .where(
            _known(table),
            table.c.bucket.in_(bindparam("buckets", expanding=True)),
            table.c.sort == bindparam("sort"),
            table.c.valid_from <= minute,
            table.c.valid_until >= minute,
        )
        .order_by(table.c.size.desc(), table.c.stream)
        .limit(1)
    )


@cache
def _wide(edition: int) -> Select[Any]:
    table = LOOSE[edition]
    return (
        select(table.c.valid_from, func.count())
        .where(
            _known(table),
            table.c.bucket.in_(bindparam("buckets", expanding=True)),
            table.c.sort == bindparam("sort"),
            table.c.valid_from < bindparam("before"),
            table.c.valid_until > bindparam("minute"),
        )
        .group_by(table.c.valid_from)
    )
