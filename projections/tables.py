"""The tables of the read models, for SQLite and PostgreSQL alike; migrations/ makes them.

Every table stands there twice, once for each edition: one edition serves while
the other is filled anew, and then the pointer moves. Nothing here is part of
the record; all of it can be made from the log again.

| table         | one row for                                              |
|---------------|----------------------------------------------------------|
| read_model    | the pointer: the edition that serves                     |
| editions      | an edition: how far into the log it has come             |
| shelves_N     | an owner of streams: the number of its shelves           |
| stances_N     | a stance and a stream that a statement of it stands in   |
| links_N       | a link between two entries, whether it stands or not     |
| rectangles_N  | what a story came to, from … to, as known from … to      |
| areas_N       | SQLite: the R*Tree over the rectangles                   |
| texts_N       | an entry as it stood, as known from … to: its words      |
| words_N       | SQLite: the full-text index over the texts (FTS5)        |

What is told of the record itself stands in projections.register_tables.

A rectangle is valid in minutes `[valid_from, valid_to)` and known at positions
`[known_from, known_to)`. The point stab is one look into an R*Tree on SQLite
(https://sqlite.org/rtree.html, with 32-bit integers: the one with floats
misplaces positions beyond 2^24) and one into a GiST index on boxes on
PostgreSQL, which needs `box @> box`: `box @> point` does not use the index.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from ledger.tables import NAMING, EventId, Position

EDITIONS = (1, 2)
"""The numbers of the two sets of tables."""
BEGINNING = -(2**31)
"""`valid_from` of what holds at every minute: before every minute the record can hold."""
FOR_EVER = 2**31 - 1
"""`valid_to` of what never ends, and `known_to` of what is known to this day."""

metadata = MetaData(naming_convention=NAMING)

read_model = Table(
    "read_model",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("serving", SmallInteger, nullable=False),
    CheckConstraint("one = 1", name="one_row"),
)

editions = Table(
    "editions",
    metadata,
    Column("edition", SmallInteger, primary_key=True, autoincrement=False),
    # The last position of the log that is in it; who moves it on compares it first.
    Column("position", BigInteger, nullable=False),
    # The rules of the story rule that it was made by; 0 for an edition that is empty.
    Column("rules", Integer, nullable=False),
    # The number of the form that its payloads are written in (projections.stored).
    Column("format", Integer, nullable=False),
    # 1 while a rebuild fills it; what an edition holds otherwise is not trusted by one.
    Column("filling", SmallInteger, nullable=False),
    # The number that the next rectangle gets.
    Column("next_id", BigInteger, nullable=False),
)


def _shelves(edition: int) -> Table:
    return Table(
        f"shelves_{edition}",
        metadata,
        Column("owner", Text, primary_key=True),
        Column("number", Integer, nullable=False),
    )


def _stances(edition: int) -> Table:
    return Table(
        f"stances_{edition}",
        metadata,
        Column("story", Text, primary_key=True),
        Column("stream", Text, primary_key=True),
        sqlite_with_rowid=False,
    )


def _links(edition: int) -> Table:
    return Table(
        f"links_{edition}",
        metadata,
        Column("id", EventId, primary_key=True),
        Column("stream", Text, nullable=False),
        Column("one", EventId, nullable=False),
        Column("other_stream", Text, nullable=False),
        Column("other", EventId, nullable=False),
    )


def _rectangles(edition: int) -> Table:
    table = Table(
        f"rectangles_{edition}",
        metadata,
        Column("id", Position, primary_key=True, autoincrement=False),
        # Which of the things are asked for together: see projections.shelves.
        Column("shelf", Integer, nullable=False),
        # A stream, or the key of a stance.
        Column("story", Text, nullable=False),
        # What of the story it tells: see projections.rectangles.
        Column("facet", Text, nullable=False),
        Column("valid_from", BigInteger, nullable=False),
        Column("valid_to", BigInteger, nullable=False),
        Column("known_from", BigInteger, nullable=False),
        Column("known_to", BigInteger, nullable=False),
        # 1 if it may be so that the thing is there, 2 if it must be, 3 for both.
        Column("there", SmallInteger, nullable=False),
        Column("payload", LargeBinary, nullable=False),
    )
    # By which the projector finds what it has to close, and a story is asked for by name.
    Index(f"ix_rectangles_{edition}_story", table.c.story, table.c.facet, table.c.valid_from)
    # When the first thing on a shelf begins, for an answer that is empty.
    Index(f"ix_rectangles_{edition}_begins", table.c.shelf, table.c.there, table.c.valid_from)
    return table


SHELVES = {edition: _shelves(edition) for edition in EDITIONS}
STANCES = {edition: _stances(edition) for edition in EDITIONS}
LINKS = {edition: _links(edition) for edition in EDITIONS}
RECTANGLES = {edition: _rectangles(edition) for edition in EDITIONS}


def _texts(edition: int) -> Table:
    return Table(
        f"texts_{edition}",
        metadata,
        Column("position", Position, primary_key=True, autoincrement=False),
        Column("known_from", Position, primary_key=True, autoincrement=False),
        Column("known_to", BigInteger, nullable=False),
        # The first minute it can have begun in; domain.bounds.ALWAYS for what has no date.
        Column("begins", BigInteger, nullable=False),
        # The corrections written in, as positions in a JSON array; NULL for none.
        Column("corrected_by", Text),
        # NULL on SQLite, where words_N holds them.
        Column("words", TSVECTOR().with_variant(Text(), "sqlite")),
        sqlite_with_rowid=False,
    )


TEXTS = {edition: _texts(edition) for edition in EDITIONS}
