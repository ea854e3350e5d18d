"""The proof: full tiles, signed checkpoints, cosignatures, first keys; and who took what away.

All of it is append-only. The tiles begin empty: the first checkpoint builds them.

The law of this folder stands in script.py.mako.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.schema import refuse_loss

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPEND_ONLY = ("log_tiles", "log_checkpoints", "log_cosignatures", "log_keys", "accesses")
POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, empty, and the triggers that refuse changes."""
    make_tiles_and_keys()
    make_checkpoints()
    make_accesses()
    if op.get_bind().dialect.name == "postgresql":
        make_postgresql_triggers()
    else:
        make_sqlite_triggers()


def downgrade() -> None:
    """Remove them, unless there are signatures or accesses to lose."""
    for table in ("log_checkpoints", "accesses"):
        refuse_loss(op.get_bind(), table)
    for table in APPEND_ONLY:
        op.drop_table(table)


def make_tiles_and_keys() -> None:
    """Full tiles, each with its root, and the keys that no entry announces."""
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("number", POSITION, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("hashes", sa.LargeBinary(8_192), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name="pk_log_tiles"),
    )
    op.create_table(
        "log_keys",
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_log_keys"),
    )


def make_checkpoints() -> None:
    """What was signed, in a chain that cannot fork, and what witnesses added."""
    op.create_table(
        "log_checkpoints",
        sa.Column("size", POSITION, autoincrement=False, nullable=False),
        sa.Column("follows", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_log_checkpoints"),
        sa.UniqueConstraint("follows", name="uq_log_checkpoints_follows"),
        sa.CheckConstraint("follows < size", name="ck_log_checkpoints_onwards"),
    )
    op.create_table(
        "log_cosignatures",
        sa.Column("size", POSITION, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key_id", sa.LargeBinary(4), nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("size", "name", "key_id", "seen_at", name="pk_log_cosignatures"),
    )


def make_accesses() -> None:
    """Who took entries and proofs away."""
    op.create_table(
        "accesses",
        sa.Column("number", POSITION, sa.Identity(), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("auth", sa.Text),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("request", sa.Text),
        sa.PrimaryKeyConstraint("number", name="pk_accesses"),
    )


def make_sqlite_triggers() -> None:
    """No row is changed or removed."""
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the log is append-only: no {verb} on {table}'); END"
            )


def make_postgresql_triggers() -> None:
    """The same, and no TRUNCATE, by the function of the first revision."""
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION parley_refuse()"
        )
