"""Whether the tables fit this program, and how they come to.

The migrations own every table; nothing here or elsewhere makes one at start-up.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, func, inspect, select, text

import migrations
from domain.errors import Conflict, DatabaseAhead
from ledger.database import connect, transaction
from ledger.faults import FIELD, as_refusals, behind
from ledger.tables import events

REVISIONS = ("0001",)
"""Every revision, oldest first. Kept here so that a start needs no Alembic; a test compares."""
HEAD = REVISIONS[-1]
_one_at_a_time = Lock()
"""Alembic keeps its surroundings in globals; other processes are kept apart by the database."""


def check(engine: Engine) -> None:
    """Raise DatabaseBehind or DatabaseAhead unless the tables are those of this program."""
    found = revision(engine)
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
    """The revision the database stands at; None if it has no tables of Parley."""
    with as_refusals(), engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def upgrade(url: str, target: str = "head") -> str:
    """Bring a database up to `target`, making a SQLite file where there is none.

    Safe to run twice and from two processes at once; returns the revision it
    then stands at. Raises what `connect` raises, and DatabaseAhead.
    """
    engine = connect(url, create=True)
    try:
        found = revision(engine)
        if found is not None and found not in REVISIONS:
            check(engine)
        with _one_at_a_time, transaction(engine) as connection:
            command.upgrade(config_for(connection), target)
        return revision(engine) or ""
    finally:
        engine.dispose()


def downgrade(url: str, target: str) -> None:
    """Take a database back to `target`; raises Conflict if that would lose events."""
    engine = connect(url)
    try:
        with _one_at_a_time, transaction(engine) as connection:
            command.downgrade(config_for(connection), target)
    finally:
        engine.dispose()


def config_for(connection: Connection) -> Config:
    """Alembic's configuration for a connection whose transaction the caller commits."""
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    config.attributes["connection"] = connection
    return config


def refuse_loss(connection: Connection) -> None:
    """Raise Conflict if the log holds events: a downgrade must not lose any."""
    held = connection.scalar(select(func.count()).select_from(events))
    if held:
        raise Conflict.of(
            FIELD,
            f"this downgrade would lose {held} events",
            "keep the database as it is and install the version of Parley that fits it",
        )
