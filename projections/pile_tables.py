"""The tables of the pile: attacks in day, month and year buckets; migrations/ makes them.

Each stands there once for each edition, as projections.tables says.

| table           | one row for                                                          |
|-----------------|----------------------------------------------------------------------|
| pile_tallies_N  | what a bucket comes to, as known from … to                           |
| pile_points_N   | a minute at which something of one attack changes, as known from … to |
| pile_loose_N    | what has to be looked at one by one, as known from … to              |

Rows are found by their natural keys, so they need no numbers. The primary keys
are in the order that they are read in, and are the whole table on SQLite.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from projections.tables import EDITIONS, FOR_EVER, metadata

STREAM = Text().with_variant(Text(collation="C"), "postgresql")
"""The name of a stream, in the order of Python: by code point, as SQLite has it anyway."""


def _tallies(edition: int) -> Table:
    name = f"pile_tallies_{edition}"
    return Table(
        name,
        metadata,
        Column("shelf", Integer, nullable=False),
        # See projections.calendar_buckets; the rest is projections.tally.
        Column("bucket", Integer, nullable=False),
        Column("known_from", BigInteger, nullable=False),
        Column("known_to", BigInteger, nullable=False),
        Column("entered", Integer, nullable=False),
        Column("began", Integer, nullable=False),
        Column("passed", Integer, nullable=False),
        Column("sure", Integer, nullable=False),
        Column("dated", Integer, nullable=False),
        Column("whole", Integer, nullable=False),
        Column("largest", BigInteger),
        Column("largest_stream", STREAM),
        Column("last_lo", Integer),
        Column("last_hi", Integer),
        Column("last_stream", STREAM),
        Column("certain_largest", BigInteger),
        Column("certain_largest_stream", STREAM),
        Column("certain_last_lo", Integer),
        Column("certain_last_hi", Integer),
        Column("certain_last_stream", STREAM),
        PrimaryKeyConstraint("shelf", "bucket", "known_from", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def _points(edition: int) -> Table:
    name = f"pile_points_{edition}"
    table = Table(
        name,
        metadata,
        Column("shelf", Integer, nullable=False),
        Column("minute", Integer, nullable=False),
        Column("stream", STREAM, nullable=False),
        Column("known_from", BigInteger, nullable=False),
        Column("known_to", BigInteger, nullable=False),
        # What changes at the minute: see projections.strike.
        Column("marks", SmallInteger, nullable=False),
        Column("lo", Integer, nullable=False),
        Column("hi", Integer, nullable=False),
        Column("size", BigInteger),
        Column("certain_size", BigInteger),
        PrimaryKeyConstraint("shelf", "minute", "stream", "known_from", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )
    _open(table)
    return table


def _loose(edition: int) -> Table:
    name = f"pile_loose_{edition}"
    key = ("shelf", "bucket", "sort", "stream", "valid_from", "known_from")
    table = Table(
        name,
        metadata,
        Column("shelf", Integer, nullable=False),
        # The smallest bucket that it lies in.
        Column("bucket", Integer, nullable=False),
        Column("sort", SmallInteger, nullable=False),
        Column("stream", STREAM, nullable=False),
        # Both belong to it.
        Column("valid_from", Integer, nullable=False),
        Column("valid_until", Integer, nullable=False),
        Column("known_from", BigInteger, nullable=False),
        Column("known_to", BigInteger, nullable=False),
        Column("size", BigInteger),
        PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )
    _open(table)
    return table


def _open(table: Table) -> None:
    """An index of what is known to this day, by which an attack finds what it has to close."""
    still = table.c.known_to == FOR_EVER
    Index(
        f"ix_{table.name}_open",
        table.c.stream,
        sqlite_where=still,
        postgresql_where=still,
    )


TALLIES = {edition: _tallies(edition) for edition in EDITIONS}
POINTS = {edition: _points(edition) for edition in EDITIONS}
LOOSE = {edition: _loose(edition) for edition in EDITIONS}
