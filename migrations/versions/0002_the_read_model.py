"""The read model: two editions, their rectangles, and the pointer to the one that serves.

The law of this folder stands in script.py.mako.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EDITIONS = (1, 2)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
EVENT_ID = sa.Uuid(as_uuid=False).with_variant(sa.String(36), "sqlite")
SHELF = 2.0**32
"""How far apart two shelves lie on the axis of positions: beyond every position there can be."""


def upgrade() -> None:
    """Make both editions, empty; the first one serves."""
    pointer = op.create_table(
        "read_model",
        sa.Column("one", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("serving", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_read_model"),
        sa.CheckConstraint("one = 1", name="ck_read_model_one_row"),
    )
    editions = op.create_table(
        "editions",
        sa.Column("edition", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("rules", sa.Integer, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("filling", sa.SmallInteger, nullable=False),
        sa.Column("next_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("edition", name="pk_editions"),
    )
    op.bulk_insert(pointer, [{"one": 1, "serving": EDITIONS[0]}])
    op.bulk_insert(
        editions,
        [
            {"edition": n, "position": 0, "rules": 0, "format": 0, "filling": 0, "next_id": 1}
            for n in EDITIONS
        ],
    )
    for edition in EDITIONS:
        make_registers(edition)
        make_rectangles(edition)


def downgrade() -> None:
    """Remove what can be made from the log again."""
    for edition in EDITIONS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE areas_{edition}")
        for table in ("rectangles", "links", "stances", "shelves"):
            op.drop_table(f"{table}_{edition}")
    op.drop_table("editions")
    op.drop_table("read_model")


def make_registers(edition: int) -> None:
    """What the projector looks up: shelves by owner, streams by stance, links by their ends."""
    op.create_table(
        f"shelves_{edition}",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("owner", name=f"pk_shelves_{edition}"),
    )
    op.create_table(
        f"stances_{edition}",
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("story", "stream", name=f"pk_stances_{edition}"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        f"links_{edition}",
        sa.Column("id", EVENT_ID, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("one", EVENT_ID, nullable=False),
        sa.Column("other_stream", sa.Text, nullable=False),
        sa.Column("other", EVENT_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_links_{edition}"),
    )


def make_rectangles(edition: int) -> None:
    """The rectangles of an edition, and what a point stab looks into."""
    table = f"rectangles_{edition}"
    op.create_table(
        table,
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("shelf", sa.Integer, nullable=False),
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("facet", sa.Text, nullable=False),
        sa.Column("valid_from", sa.BigInteger, nullable=False),
        sa.Column("valid_to", sa.BigInteger, nullable=False),
        sa.Column("known_from", sa.BigInteger, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
        sa.Column("there", sa.SmallInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_story", table, ["story", "facet", "valid_from"])
    op.create_index(f"ix_{table}_begins", table, ["shelf", "there", "valid_from"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE VIRTUAL TABLE areas_{edition} USING rtree_i32("
            "id, valid_from, valid_to, known_from, known_to, shelf_from, shelf_to)"
        )
    else:
        # Both ends of a box belong to it, as in an R*Tree: the last minute, the last position.
        op.execute(
            f"CREATE INDEX ix_{table}_area ON {table} USING gist (box("
            f"point(valid_from, known_from + shelf * {SHELF}::float8), "
            f"point(valid_to - 1, known_to - 1 + shelf * {SHELF}::float8)))"
        )
