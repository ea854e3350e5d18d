"""Whether the tables fit this program, and how they come to.

The migrations own every table; nothing here or elsewhere makes one at start-up.
Alembic takes longer to import than a command to run, so it is when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, inspect, select, text

import migrations
from domain.errors import Conflict, DatabaseAhead
from ledger.database import connect, is_sqlite, transaction
from ledger.faults import FIELD, as_refusals, behind, foreign, unreadable
from ledger.tables import events, log_head, metadata

if TYPE_CHECKING:
    from alembic.config import Config

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Every revision, oldest first. Kept here so that a start needs no Alembic; a test compares."""
HEAD = REVISIONS[-1]
UPGRADE_LOCK = 0x5061726C6579
"""Two processes that upgrade one PostgreSQL database take turns; the number spells Parley."""
_one_at_a_time = Lock()
"""Alembic keeps its surroundings in globals; other processes are kept apart by the database."""


def check(engine: Engine) -> None:
    """Raise unless the tables are those of this program; what is in them is not looked at.

    Raises DatabaseBehind, DatabaseAhead, and DatabaseDamaged for tables that are
    not Parley's or have lost their revision. `ledger.wholeness` looks further.
    """
    _judge(revision(engine))


def _judge(found: str | None) -> None:
    if found == HEAD:
        return
    if found is None:
        raise behind()
    if found in REVISIONS:
        raise behind(f"it stands at revision {found}, this program needs {HEAD}")
    raise DatabaseAhead.of(
        FIELD,
        f"the database stands at revision {found}, which this program does not know",
        "install the version of Parley that the database was upgraded with, or a newer one",
    )


def revision(engine: Engine) -> str | None:
    """The revision the database stands at; None if it has no tables of Parley.

    Raises DatabaseDamaged where the tables and the revision do not belong together.
    """
    with as_refusals(), engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    # One look at all names: the tables and the revision appear together.
    names = set(inspect(connection).get_table_names())
    ours = names & set(metadata.tables)
    if "alembic_version" not in names:
        if ours:
            raise foreign()
        if not names and connection.dialect.name == "postgresql":
            _refuse_hidden(connection)
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is None:
        fits = not ours
    elif found == HEAD:
        # Other programs number their revisions as well.
        fits = len(ours) == len(metadata.tables)
    else:
        fits = log_head.name in ours
    if not fits:
        raise foreign()
    return found


def _refuse_hidden(connection: Connection) -> None:
    """Raise DatabaseGone if this role may not look into the schema of the tables."""
    if connection.scalar(text("SELECT current_schema()")) is None:
        raise unreadable()


def upgrade(url: str, target: str = "head") -> str:
    """Bring a database up to `target`, making a SQLite file where there is none.

    Safe to run twice and from two processes at once; returns the revision it
    then stands at. Raises what `connect` raises, DatabaseAhead, DatabaseReadOnly,
    and DatabaseDamaged for tables that are not Parley's or have lost their revision.
    """
    from alembic import command  # noqa: PLC0415 - see the top

    engine = connect(url, create=True)
    try:
        with _one_at_a_time, transaction(engine) as connection:
            take_turns(connection)
            found = _revision(connection)
            if found is not None and found not in REVISIONS:
                _judge(found)
            command.upgrade(config_for(connection), target)
        return revision(engine) or ""
    finally:
        engine.dispose()


def downgrade(url: str, target: str) -> None:
    """Take a database back to `target`; raises Conflict if that would lose events."""
    from alembic import command  # noqa: PLC0415 - see the top

    engine = connect(url)
    try:
        with _one_at_a_time, transaction(engine) as connection:
            command.downgrade(config_for(connection), target)
    finally:
        engine.dispose()


def take_turns(connection: Connection) -> None:
    """Wait until no other process upgrades this database; SQLite's own lock is held already."""
    if not is_sqlite(connection.engine):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for a connection whose transaction the caller commits."""
    from alembic.config import Config  # noqa: PLC0415 - see the top

    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    config.attributes["connection"] = connection
    return config


def refuse_loss(connection: Connection, table: str = events.name) -> None:
    """Raise Conflict if a table of the log holds rows: a downgrade must not lose any."""
    held = connection.scalar(select(func.count()).select_from(metadata.tables[table]))
    if held:
        raise Conflict.of(
            FIELD,
            f"this downgrade would lose {held} {table.removeprefix('log_')}",
            "keep the database as it is and install the version of Parley that fits it",
        )
