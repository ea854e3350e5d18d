"""The log: events, what they are asked by, idempotency keys, and the head.

The law of this folder stands in script.py.mako.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.schema import refuse_loss

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("events", "event_actors", "event_imports", "idempotency_keys")
POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, the one row of the head, and the triggers."""
    make_events()
    make_event_indexes()
    make_other_tables()
    head = sa.table(
        "log_head",
        sa.column("one", sa.SmallInteger),
        sa.column("size", sa.BigInteger),
        sa.column("recorded_at", sa.BigInteger),
        sa.column("frontier", sa.LargeBinary),
    )
    op.bulk_insert(head, [{"one": 1, "size": 0, "recorded_at": 0, "frontier": b""}])
    if op.get_bind().dialect.name == "postgresql":
        make_postgresql_triggers()
    else:
        make_sqlite_triggers()


def downgrade() -> None:
    """Remove everything, unless there are events to lose."""
    refuse_loss(op.get_bind())
    for table in ("log_head", *reversed(APPEND_ONLY)):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION parley_refuse()")


def make_events() -> None:
    """The log itself."""
    op.create_table(
        "events",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False).with_variant(sa.String(36), "sqlite")),
        sa.Column("negotiation", sa.Text),
        sa.Column("thing", sa.Text),
        sa.Column("reach", sa.SmallInteger),
        sa.Column("earliest", sa.Integer),
        sa.Column("latest", sa.Integer),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_events"),
        sa.UniqueConstraint("stream", "version", name="uq_events_stream_version"),
        sa.UniqueConstraint("id", name="uq_events_id"),
    )


def make_event_indexes() -> None:
    """One index for each thing the log is asked by; every page is keyset by position."""
    for name, columns in {
        "ix_events_negotiation": ["negotiation", "position"],
        "ix_events_kind": ["negotiation", "kind", "position"],
        "ix_events_thing": ["negotiation", "thing", "position"],
        "ix_events_occurred": ["negotiation", "reach", "earliest", "position", "latest"],
    }.items():
        op.create_index(name, "events", columns)


def make_other_tables() -> None:
    """What an entry is found by beside its own columns, and where the log stands."""
    op.create_table(
        "event_actors",
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("actor", "position", name="pk_event_actors"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_imports",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("scope", "format", "key", "position", name="pk_event_imports"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("first", POSITION, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("subject", "key", name="pk_idempotency_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_head",
        sa.Column("one", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_log_head"),
        sa.CheckConstraint("one = 1", name="ck_log_head_one_row"),
    )


def make_sqlite_triggers() -> None:
    """No row is changed or removed; the head only moves forward.

    There is no trigger on INSERT: one that can refuse makes SQLite keep a
    statement journal, which costs half of every append.
    """
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the log is append-only: no {verb} on {table}'); END"
            )
    op.execute(
        "CREATE TRIGGER log_head_refuse_delete BEFORE DELETE ON log_head "
        "BEGIN SELECT RAISE(ABORT, 'the log is append-only: its head stays'); END"
    )
    op.execute(
        "CREATE TRIGGER log_head_refuse_back BEFORE UPDATE ON log_head "
        "WHEN new.size <= old.size OR new.recorded_at < old.recorded_at "
        "BEGIN SELECT RAISE(ABORT, 'the log is append-only: its head moves forward'); END"
    )


def make_postgresql_triggers() -> None:
    """The same, and no TRUNCATE; nothing fires on an INSERT."""
    op.execute(
        "CREATE FUNCTION parley_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the log is append-only: no % on %', TG_OP, TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION parley_refuse()"
        )
    op.execute(
        "CREATE TRIGGER log_head_refuse BEFORE DELETE OR TRUNCATE ON log_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION parley_refuse()"
    )
    op.execute(
        "CREATE TRIGGER log_head_refuse_back BEFORE UPDATE ON log_head FOR EACH ROW "
        "WHEN (new.size <= old.size OR new.recorded_at < old.recorded_at) "
        "EXECUTE FUNCTION parley_refuse()"
    )
