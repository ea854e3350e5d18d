"""The register: which endorsements stand, and what each recorder has come to.

Both editions begin anew, so that what was recorded before is in the new tables as
well: the first question after the upgrade waits for that.

The law of this folder stands in script.py.mako.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EDITIONS = (1, 2)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SUBJECT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SUMS = ("recorded", "corrected", "retracted", "endorsed", "linked", "dated")


def upgrade() -> None:
    """Make the tables of both editions, empty, and have the editions made anew."""
    for edition in EDITIONS:
        make_endorsements(f"endorsements_{edition}")
        make_recordings(f"recordings_{edition}")
    op.execute("UPDATE editions SET position = 0, rules = 0, format = 0, filling = 0, next_id = 1")


def downgrade() -> None:
    """Remove what can be made from the log again."""
    for edition in EDITIONS:
        op.drop_table(f"endorsements_{edition}")
        op.drop_table(f"recordings_{edition}")


def make_endorsements(table: str) -> None:
    """A row for every endorsement, as known from a position to a position."""
    op.create_table(
        table,
        sa.Column("target", NUMBER, autoincrement=False, nullable=False),
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("known_from", NUMBER, autoincrement=False, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("target", "position", "known_from", name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )


def make_recordings(table: str) -> None:
    """A row for every entry, with the running sums of its recorder."""
    op.create_table(
        table,
        sa.Column("recorded_by", SUBJECT, nullable=False),
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS),
        sa.Column("least", sa.BigInteger),
        sa.Column("most", sa.BigInteger),
        sa.Column("step", sa.Integer),
        sa.Column("on_step", sa.BigInteger),
        sa.PrimaryKeyConstraint("recorded_by", "position", name=f"pk_{table}"),
        sqlite_with_rowid=False,
    )
    some = sa.text("step IS NOT NULL")
    op.create_index(
        f"ix_{table}_step",
        table,
        ["recorded_by", "step", "position", "on_step"],
        sqlite_where=some,
        postgresql_where=some,
    )
