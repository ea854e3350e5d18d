"""The database itself refuses to forget."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from domain.errors import DatabaseReadOnly
from ledger.log import Ledger
from ledger.tables import APPEND_ONLY
from ledger.ticket import IdempotencyKey
from tests.databases import Server
from tests.ledger.drafts import actor, ask, check_chain, pledge

ROLE_FILE = Path(__file__).parents[2] / "migrations" / "application_role.sql"
REFUSED = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)


@pytest.fixture
def filled(database: str) -> str:
    """A log with a row in every table."""
    from domain.entry import Import  # noqa: PLC0415

    with Ledger(database) as ledger:
        ledger.append([actor("poland")], key=IdempotencyKey("ann", "k", "d"))
        ledger.append([pledge(imported=Import("csv", "row-1", "0" * 64))])
    for statement in PROOF:
        ask(database, statement)
    return database


PROOF: tuple[LiteralString, ...] = (
    "INSERT INTO log_tiles (level, number, root, hashes) VALUES (0, 0, 'r', 'h')",
    "INSERT INTO log_checkpoints VALUES (2, 0, 'o', 'r', 1, 'n')",
    "INSERT INTO log_cosignatures VALUES (2, 'w', 'k', 1, 's')",
    "INSERT INTO log_keys (origin, key, made_at) VALUES ('o', 'k', 1)",
    "INSERT INTO accesses (at, what, first, last) VALUES (1, 'export', 1, 2)",
)
CHANGES: dict[str, LiteralString] = {
    "events": "UPDATE events SET leaf = leaf",
    "event_actors": "UPDATE event_actors SET actor = 'nobody'",
    "event_imports": "UPDATE event_imports SET digest = 'x'",
    "idempotency_keys": "UPDATE idempotency_keys SET digest = 'x'",
    "log_tiles": "UPDATE log_tiles SET root = hashes",
    "log_checkpoints": "UPDATE log_checkpoints SET signed_at = 2",
    "log_cosignatures": "UPDATE log_cosignatures SET seen_at = 2",
    "log_keys": "UPDATE log_keys SET key = 'another'",
    "accesses": "UPDATE accesses SET subject = 'nobody'",
}
DELETES: dict[str, LiteralString] = {
    "events": "DELETE FROM events WHERE position = 2",
    "event_actors": "DELETE FROM event_actors",
    "event_imports": "DELETE FROM event_imports",
    "idempotency_keys": "DELETE FROM idempotency_keys",
    "log_tiles": "DELETE FROM log_tiles",
    "log_checkpoints": "DELETE FROM log_checkpoints WHERE size = 2",
    "log_cosignatures": "DELETE FROM log_cosignatures",
    "log_keys": "DELETE FROM log_keys",
    "accesses": "DELETE FROM accesses",
    "log_head": "DELETE FROM log_head",
}
BACK: tuple[LiteralString, ...] = (
    "UPDATE log_head SET size = 1",
    "UPDATE log_head SET size = size",
    "UPDATE log_head SET size = size + 1, recorded_at = 0",
)


def test_every_table_of_the_log_is_guarded() -> None:
    assert set(CHANGES) == set(APPEND_ONLY)
    assert set(DELETES) == {*APPEND_ONLY, "log_head"}


@pytest.mark.parametrize("statement", [*CHANGES.values(), *DELETES.values(), *BACK])
def test_nothing_is_changed_removed_or_taken_back(filled: str, statement: LiteralString) -> None:
    with pytest.raises(REFUSED, match="the log is append-only"):
        ask(filled, statement)

    with Ledger(filled) as ledger:
        assert check_chain(ledger) == 2


TRUNCATES: tuple[LiteralString, ...] = (
    "TRUNCATE events",
    "TRUNCATE log_head",
    "TRUNCATE event_actors, event_imports, idempotency_keys",
    "TRUNCATE log_tiles, log_checkpoints, log_cosignatures, log_keys, accesses",
)


@pytest.mark.postgres
@pytest.mark.parametrize("statement", TRUNCATES)
def test_nothing_is_truncated(postgres_database: str, statement: LiteralString) -> None:
    with pytest.raises(psycopg.errors.IntegrityError, match="append-only"):
        ask(postgres_database, statement)


def test_replacing_a_row_is_a_delete_to_our_own_connections(sqlite_database: str) -> None:
    from ledger.database import connect  # noqa: PLC0415

    with Ledger(sqlite_database) as ledger:
        ledger.append([pledge()])
    engine = connect(sqlite_database)
    with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.exec_driver_sql("INSERT OR REPLACE INTO events SELECT * FROM events")
    engine.dispose()


@pytest.fixture
def application_url(server: Server, postgres_database: str) -> str:
    """The log as the role of the application sees it."""
    name = postgres_database.split("/")[3].partition("?")[0]
    role = f"{name}_app"
    with server.connect(name) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN".encode())
        owner.execute(ROLE_FILE.read_text("utf-8").replace(':"role"', role).encode())
    return server.url(name, user=role)


@pytest.mark.postgres
def test_the_application_role_appends_and_reads(application_url: str) -> None:
    with Ledger(application_url) as ledger:
        ledger.append([actor("poland"), pledge()], key=IdempotencyKey("ann", "k", "d"))
        ledger.append_bulk(pledge() for _ in range(20))

        assert check_chain(ledger) == 22
    for statement in PROOF:
        ask(application_url, statement)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement", [*CHANGES.values(), *DELETES.values(), *TRUNCATES, "DROP TABLE events"]
)
def test_the_application_role_may_do_nothing_else(
    application_url: str, statement: LiteralString
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(application_url, statement)


@pytest.mark.postgres
def test_a_role_that_may_only_read_is_told_so(server: Server, application_url: str) -> None:
    role = application_url.split("//")[1].partition("@")[0]
    name = application_url.split("/")[3].partition("?")[0]
    with server.connect(name) as owner:
        owner.execute(f"REVOKE INSERT ON events FROM {role}".encode())
    with Ledger(application_url) as ledger:
        with pytest.raises(DatabaseReadOnly, match="application_role"):
            ledger.append([pledge()])

        assert ledger.head().size == 0
