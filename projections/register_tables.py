"""The tables about the record itself: who endorsed what, and who recorded how much.

Each stands there once for each edition, as projections.tables says.

| table           | one row for                                                       |
|-----------------|-------------------------------------------------------------------|
| endorsements_N  | an entry reviewed by an endorsement, as known from … to           |
| recordings_N    | an entry, with all that its recorder had come to when it was made |

A recording holds running sums, so that a recorder at any position is one row: the
last one until then.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from ledger.tables import Position
from projections.tables import EDITIONS, metadata

SUBJECT = Text().with_variant(Text(collation="C"), "postgresql")
"""Who recorded, in the order of Python: by code point, as SQLite has it anyway."""


def _endorsements(edition: int) -> Table:
    name = f"endorsements_{edition}"
    return Table(
        name,
        metadata,
        # The position of the entry that is endorsed, and of the endorsement.
        Column("target", Position, nullable=False),
        Column("position", Position, nullable=False),
        Column("known_from", Position, nullable=False),
        Column("known_to", BigInteger, nullable=False),
        PrimaryKeyConstraint("target", "position", "known_from", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def _recordings(edition: int) -> Table:
    name = f"recordings_{edition}"
    table = Table(
        name,
        metadata,
        Column("recorded_by", SUBJECT, nullable=False),
        Column("position", Position, nullable=False),
        # How often the recorder has done each until then, this one included.
        Column("recorded", BigInteger, nullable=False),
        Column("corrected", BigInteger, nullable=False),
        Column("retracted", BigInteger, nullable=False),
        Column("endorsed", BigInteger, nullable=False),
        Column("linked", BigInteger, nullable=False),
        # Of those recorded: how many have a date, and the least and largest delay (minutes).
        Column("dated", BigInteger, nullable=False),
        Column("least", BigInteger),
        Column("most", BigInteger),
        # The step of its own delay (projections.recorders), and how many are on it by then.
        Column("step", Integer),
        Column("on_step", BigInteger),
        PrimaryKeyConstraint("recorded_by", "position", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )
    some = table.c.step.is_not(None)
    Index(
        f"ix_{name}_step",
        table.c.recorded_by,
        table.c.step,
        table.c.position,
        table.c.on_step,
        sqlite_where=some,
        postgresql_where=some,
    )
    return table


ENDORSEMENTS = {edition: _endorsements(edition) for edition in EDITIONS}
RECORDINGS = {edition: _recordings(edition) for edition in EDITIONS}
