"""Two sets of tables and a pointer: which edition serves, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, delete, select, tuple_, update

from domain.story import RULES
from ledger.database import SQLITE, transaction
from projections.damage import out_of_step
from projections.pile_tables import LOOSE, POINTS, TALLIES
from projections.register_tables import ENDORSEMENTS, RECORDINGS
from projections.stored import FORMAT
from projections.tables import (
    EDITIONS,
    LINKS,
    RECTANGLES,
    SHELVES,
    STANCES,
    TEXTS,
    editions,
    read_model,
)

OF_AN_EDITION = (
    *(SHELVES, STANCES, LINKS, RECTANGLES, TEXTS, TALLIES, POINTS, LOOSE),
    *(ENDORSEMENTS, RECORDINGS),
)
"""Every table that stands there twice."""

BLANK = {"position": 0, "rules": 0, "format": 0, "filling": 0, "next_id": 1}
"""An edition that is yet to be filled."""
ROWS_AT_ONCE = 2_000
"""Rows of one transaction that empties an edition; on SQLite nobody else writes meanwhile."""


@dataclass(frozen=True, slots=True)
class Edition:
    """How far an edition has come, and what it was made by.

    `position` is the last one of the log that is in it; 0 for an edition that
    is empty, or is to be emptied. `filling` says that a rebuild has begun to fill it.
    """

    number: int
    position: int
    rules: int
    format: int
    filling: bool
    next_id: int

    @property
    def is_current(self) -> bool:
        """Whether this program can read it and go on with it."""
        return self.position == 0 or (self.rules, self.format) == (RULES, FORMAT)

    @property
    def other(self) -> int:
        """The number of the other edition."""
        return EDITIONS[0] + EDITIONS[1] - self.number


def edition_of(connection: Connection, number: int | None = None) -> Edition:
    """An edition, by default the one that serves; raises DatabaseDamaged if there is none."""
    serving = select(read_model.c.serving).scalar_subquery()
    which = editions.c.edition == (serving if number is None else number)
    row = connection.execute(select(editions).where(which)).one_or_none()
    if row is None:
        raise out_of_step()
    return Edition(
        number=row.edition,
        position=row.position,
        rules=row.rules,
        format=row.format,
        filling=bool(row.filling),
        next_id=row.next_id,
    )


def move_on(connection: Connection, edition: int, position: int, last: int, next_id: int) -> bool:
    """Compare and set: whether the edition stood at `position`; it then stands at `last`."""
    moved = connection.execute(
        update(editions)
        .where(editions.c.edition == edition, editions.c.position == position)
        .values(position=last, rules=RULES, format=FORMAT, next_id=next_id)
    )
    return moved.rowcount == 1


def begin_filling(connection: Connection, number: int) -> Edition:
    """Have a rebuild fill an edition that does not serve, or go on with what another began.

    Whatever else is in it is to be removed: nobody knows how it came there.
    """
    edition = edition_of(connection, number)
    if not (edition.filling and edition.is_current):
        put_back(connection, number)
    connection.execute(update(editions).where(editions.c.edition == number).values(filling=1))
    return edition_of(connection, number)


def serve(connection: Connection, number: int, position: int) -> bool:
    """Move the pointer to an edition that was filled as far as a position; whether it moved.

    The one that served is put back to 0, so that it is emptied before it is filled again.
    """
    filled = select(editions.c.edition).where(
        editions.c.edition == number, editions.c.filling == 1, editions.c.position >= position
    )
    other = edition_of(connection, number).other
    moved = connection.execute(
        update(read_model)
        .where(read_model.c.serving == other, filled.exists())
        .values(serving=number)
    )
    if moved.rowcount == 1:
        connection.execute(update(editions).where(editions.c.edition == number).values(filling=0))
        put_back(connection, other)
    return moved.rowcount == 1


def put_back(connection: Connection, edition: int) -> None:
    """Have an edition begin anew; what is in its tables is to be removed."""
    connection.execute(update(editions).where(editions.c.edition == edition).values(BLANK))


def restore(connection: Connection) -> None:
    """Put back the pointer and the editions' own rows where somebody has removed them."""
    if connection.execute(select(read_model)).first() is None:
        connection.execute(read_model.insert(), [{"one": 1, "serving": EDITIONS[0]}])
    there = set(connection.scalars(select(editions.c.edition)))
    for number in EDITIONS:
        if number not in there:
            connection.execute(editions.insert(), [{"edition": number, **BLANK}])


def is_empty(connection: Connection, edition: int) -> bool:
    """Whether nothing is left in the tables of an edition."""
    return all(
        connection.execute(select(table).limit(1)).first() is None for table in tables_of(edition)
    )


def empty(engine: Engine, edition: int) -> None:
    """Remove what is in an edition that stands at 0, a few rows at a time.

    Stops where somebody has begun to fill it.
    """
    for table in tables_of(edition):
        removed = ROWS_AT_ONCE
        while removed == ROWS_AT_ONCE:
            with transaction(engine) as connection:
                # The row is locked as by who fills it, so that only one of the two goes on.
                if not _stands_at_0(connection, edition):
                    return
                removed = _remove_some(connection, table)


def tables_of(edition: int) -> list[Table]:
    """The tables of an edition."""
    return [tables[edition] for tables in OF_AN_EDITION]


def _stands_at_0(connection: Connection, edition: int) -> bool:
    touched = connection.execute(
        update(editions)
        .where(editions.c.edition == edition, editions.c.position == 0)
        .values(position=0)
    )
    return touched.rowcount == 1


def _remove_some(connection: Connection, table: Table) -> int:
    """How many rows were removed, of the table or of the index that goes with it."""
    key = table.primary_key.columns
    first = select(*key).limit(ROWS_AT_ONCE)
    removed = connection.execute(delete(table).where(tuple_(*key).in_(first))).rowcount
    name, _, edition = table.name.rpartition("_")
    if connection.dialect.name == SQLITE and name == "rectangles":
        removed = max(removed, _remove_areas(connection, edition))
    elif connection.dialect.name == SQLITE and name == "texts":
        words = f"words_{edition}"
        connection.exec_driver_sql(f"INSERT INTO {words} ({words}) VALUES ('delete-all')")  # noqa: S608 - our own names.
    return removed


def _remove_areas(connection: Connection, edition: str) -> int:
    """By their own ids: where a rectangle was lost, its area stands in the way of a new one.

    They are read first, because an R*Tree takes no changes while it is read.
    """
    some = f"SELECT id FROM areas_{edition} LIMIT {ROWS_AT_ONCE}"  # noqa: S608 - our own names.
    ids = [(row.id,) for row in connection.exec_driver_sql(some).all()]
    if ids:
        connection.exec_driver_sql(f"DELETE FROM areas_{edition} WHERE id = ?", ids)  # noqa: S608 - our own names.
    return len(ids)
