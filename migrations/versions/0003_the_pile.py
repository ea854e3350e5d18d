"""The pile: attacks in buckets by day, month and year.

The law of this folder stands in script.py.mako.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EDITIONS = (1, 2)
FOR_EVER = 2**31 - 1
STREAM = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NAMES = ("pile_tallies", "pile_points", "pile_loose")


def upgrade() -> None:
    """Make the tables of both editions, empty."""
    for edition in EDITIONS:
        make_tallies(f"pile_tallies_{edition}")
        make_points(f"pile_points_{edition}")
        make_loose(f"pile_loose_{edition}")


def downgrade() -> None:
    """Remove what can be made from the log again."""
    for edition in EDITIONS:
        for name in NAMES:
            op.drop_table(f"{name}_{edition}")


def make_tallies(table: str) -> None:
    """What each bucket comes to."""
    op.create_table(
        table,
        sa.Column("shelf", sa.Integer, nullable=False),
        sa.Column("bucket", sa.Integer, nullable=False),
        sa.Column("known_from", sa.BigInteger, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
        sa.Column("entered", sa.Integer, nullable=False),
        sa.Column("began", sa.Integer, nullable=False),
        sa.Column("passed", sa.Integer, nullable=False),
        sa.Column("sure", sa.Integer, nullable=False),
        sa.Column("dated", sa.Integer, nullable=False),
        sa.Column("whole", sa.Integer, nullable=False),
        sa.Column("largest", sa.BigInteger),
        sa.Column("largest_stream", STREAM),
        sa.Column("last_lo", sa.Integer),
        sa.Column("last_hi", sa.Integer),
        sa.Column("last_stream", STREAM),
        sa.Column("certain_largest", sa.BigInteger),
        sa.Column("certain_largest_stream", STREAM),
        sa.Column("certain_last_lo", sa.Integer),
        sa.Column("certain_last_hi", sa.Integer),
        sa.Column("certain_last_stream", STREAM),
        sa.PrimaryKeyConstraint("shelf", "bucket", "known_from", name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )


def make_points(table: str) -> None:
    """The minutes at which something of an attack changes."""
    op.create_table(
        table,
        sa.Column("shelf", sa.Integer, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("stream", STREAM, nullable=False),
        sa.Column("known_from", sa.BigInteger, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
        sa.Column("marks", sa.SmallInteger, nullable=False),
        sa.Column("lo", sa.Integer, nullable=False),
        sa.Column("hi", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("certain_size", sa.BigInteger),
        sa.PrimaryKeyConstraint("shelf", "minute", "stream", "known_from", name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )
    make_open(table)


def make_loose(table: str) -> None:
    """What is looked at one by one."""
    key = ("shelf", "bucket", "sort", "stream", "valid_from", "known_from")
    op.create_table(
        table,
        sa.Column("shelf", sa.Integer, nullable=False),
        sa.Column("bucket", sa.Integer, nullable=False),
        sa.Column("sort", sa.SmallInteger, nullable=False),
        sa.Column("stream", STREAM, nullable=False),
        sa.Column("valid_from", sa.Integer, nullable=False),
        sa.Column("valid_until", sa.Integer, nullable=False),
        sa.Column("known_from", sa.BigInteger, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )
    make_open(table)


def make_open(table: str) -> None:
    """The index of what is known to this day."""
    still = sa.text(f"known_to = {FOR_EVER}")
    op.create_index(
        f"ix_{table}_open", table, ["stream"], sqlite_where=still, postgresql_where=still
    )
