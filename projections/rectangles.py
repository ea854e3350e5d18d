"""Rectangles in the database: written in batches, and read by a point stab."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, select, text

from ledger.database import POSTGRESQL, SQLITE
from projections.damage import out_of_step
from projections.rows import Row, Rows
from projections.tables import FOR_EVER, RECTANGLES

SHELF = 2**32
"""How far apart two shelves lie on the axis of positions, where the index has but two axes."""
TYPES = ("int8", "int4", "text", "text", "int8", "int8", "int8", "int8", "int2", "bytea")
"""Of the columns, for PostgreSQL."""
MARK = {SQLITE: "?", POSTGRESQL: "%s"}
"""What stands for a value in the driver's own words: one row through SQLAlchemy costs more."""


def write_rows(connection: Connection, edition: int, rows: Rows) -> None:
    """Close and insert rectangles, and bring the index for stabs along.

    Raises DatabaseDamaged where a rectangle that should be open is not.
    """
    mark = MARK[connection.dialect.name]
    sqlite = connection.dialect.name == SQLITE
    if rows.closed:
        found = (
            f"story = {mark} AND facet = {mark} AND valid_from = {mark} AND known_to = {FOR_EVER}"
        )
        table = f"rectangles_{edition}"
        closing = [(position, *key) for key, position in rows.closed]
        if sqlite:
            connection.exec_driver_sql(
                f"UPDATE areas_{edition} SET known_to = ? - 1 "  # noqa: S608 - our own names.
                f"WHERE id = (SELECT id FROM {table} WHERE {found})",
                closing,
            )
        closed = connection.exec_driver_sql(
            f"UPDATE {table} SET known_to = {mark} WHERE {found}",  # noqa: S608 - our own names.
            closing,
        )
        if closed.rowcount != len(closing):
            raise out_of_step()
    opened = rows.insertions()
    if opened and sqlite:
        _insert(connection, edition, opened)
    elif opened:
        _copy(connection, edition, opened)


def _insert(connection: Connection, edition: int, opened: Sequence[Row]) -> None:
    names = [column.name for column in RECTANGLES[edition].columns]
    marks = ", ".join("?" * len(names))
    connection.exec_driver_sql(
        f"INSERT INTO rectangles_{edition} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - our own names.
        [row.values() for row in opened],
    )
    # Both ends of an area belong to it.
    areas = [
        (
            row.id,
            *(row.valid_from, row.valid_to - 1),
            *(row.known_from, row.known_to - 1),
            *(row.shelf, row.shelf),
        )
        for row in opened
    ]
    marks = ", ".join("?" * 7)
    connection.exec_driver_sql(f"INSERT INTO areas_{edition} VALUES ({marks})", areas)  # noqa: S608 - our own names.


def _copy(connection: Connection, edition: int, opened: Sequence[Row]) -> None:
    """COPY, which takes a row in a fraction of the time that an INSERT does."""
    names = ", ".join(column.name for column in RECTANGLES[edition].columns)
    statement = f"COPY rectangles_{edition} ({names}) FROM STDIN (FORMAT BINARY)"
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        copy.set_types(TYPES)
        for row in opened:
            copy.write_row(row.values())


def stab(
    connection: Connection,
    edition: int,
    shelf: int,
    minute: int,
    position: int,
    only: Sequence[str] | None = None,
) -> Sequence[Any]:
    """The rectangles of a shelf that hold a minute and a position: story, facet and payload.

    `only` are the stories that are looked at, where not all are; a `%` stands for whatever
    follows.
    """
    if only is not None and not any("%" in story for story in only):
        return stab_stories(connection, edition, shelf, only, minute, position)
    point: dict[str, object] = {"t": minute, "k": position, "shelf": shelf}
    point |= {f"s{number}": story for number, story in enumerate(only or ())}
    statement = _stab(edition, connection.dialect.name, None if only is None else len(only))
    return connection.execute(statement, point).all()


def stab_stories(
    connection: Connection,
    edition: int,
    shelf: int,
    stories: Sequence[str],
    minute: int,
    position: int,
) -> Sequence[Any]:
    """The rectangles of some stories on a shelf that hold a minute and a position."""
    if not stories:
        return ()
    r = RECTANGLES[edition].c
    return connection.execute(
        select(r.story, r.facet, r.payload).where(
            r.story.in_(stories),
            r.shelf == shelf,
            r.valid_from <= minute,
            r.valid_to > minute,
            r.known_from <= position,
            r.known_to > position,
        )
    ).all()


def index_fits(connection: Connection, edition: int) -> bool:
    """Whether every rectangle stands in the index for stabs as it is; PostgreSQL sees to it."""
    if connection.dialect.name != SQLITE:
        return True
    lost = connection.exec_driver_sql(
        f"SELECT 1 FROM rectangles_{edition} r LEFT JOIN areas_{edition} a ON a.id = r.id "  # noqa: S608 - our own names.
        "AND a.valid_from = r.valid_from AND a.valid_to = r.valid_to - 1 "
        "AND a.known_from = r.known_from AND a.known_to = r.known_to - 1 "
        "AND a.shelf_from = r.shelf AND a.shelf_to = r.shelf WHERE a.id IS NULL LIMIT 1"
    )
    return lost.first() is None


@cache
def _stab(edition: int, dialect: str, only: int | None) -> Any:  # noqa: ANN401 - a statement.
    names = " OR ".join(f"story LIKE :s{number}" for number in range(only or 0))
    named = "" if only is None else f" AND ({names})"
    if dialect == SQLITE:
        # One look into the R*Tree gives the ids, and the table is found by them.
        return text(
            f"SELECT r.story, r.facet, r.payload FROM areas_{edition} a "  # noqa: S608 - our own names.
            f"CROSS JOIN rectangles_{edition} r ON r.id = a.id "
            "WHERE a.valid_from <= :t AND a.valid_to >= :t "
            "AND a.known_from <= :k AND a.known_to >= :k "
            f"AND a.shelf_from <= :shelf AND a.shelf_to >= :shelf{named}"
        )
    box = (
        f"box(point(valid_from, known_from + shelf * {float(SHELF)}::float8), "
        f"point(valid_to - 1, known_to - 1 + shelf * {float(SHELF)}::float8))"
    )
    here = f"point(:t, :k + :shelf * {float(SHELF)}::float8)"
    return text(
        f"SELECT story, facet, payload FROM rectangles_{edition} "  # noqa: S608 - our own names.
        f"WHERE {box} @> box({here}, {here}){named}"
    )
