"""What a database driver says, as one of Parley's own refusals.

Messages never hold SQL, values or the driver's own text beyond a short reason:
they are read by people who can do something about the rule, not about the
statement. What is none of the listed faults is a defect and goes through
unchanged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import (
    DatabaseBehind,
    DatabaseFull,
    DatabaseGone,
    DatabaseLocked,
    DatabaseReadOnly,
    ParleyError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD = "database_url"
"""The setting that names the database; every fault of the database is found there."""


class SessionLost(psycopg.OperationalError):
    """The connection to PostgreSQL broke while a statement was under way."""


def behind(found: str = "it has no tables of Parley") -> ParleyError:
    """The database has to be upgraded before this program can use it."""
    return DatabaseBehind.of(
        FIELD, f"the database is behind this program: {found}", "run `parley db upgrade`"
    )


def gone(reason: str) -> ParleyError:
    """The database cannot be reached or opened."""
    return DatabaseGone.of(
        FIELD,
        f"the database cannot be reached: {reason}",
        "check that PARLEY_DATABASE_URL is right and the database runs; if something was being "
        "recorded it may have arrived, so send it again with the same idempotency key",
    )


def full() -> ParleyError:
    """No room for another event."""
    return DatabaseFull.of(
        FIELD,
        "there is no room left on the database's disk; nothing was recorded",
        "make room and record it again",
    )


def locked() -> ParleyError:
    """Someone else held the head of the log for longer than we wait."""
    return DatabaseLocked.of(
        FIELD,
        "another process holds the log for too long; nothing was recorded",
        "end that process or wait for it, and record it again",
    )


def read_only() -> ParleyError:
    """The database can be read but not written by this user."""
    return DatabaseReadOnly.of(
        FIELD,
        "the database refuses writes; nothing was recorded",
        "give this user the right to write (migrations/application_role.sql), or name a database "
        "that takes writes",
    )


def damaged() -> ParleyError:
    """The file is no database, or a broken one."""
    return gone("the file is not a database of Parley, or it is damaged")


_SQLITE: dict[int, Callable[[], ParleyError]] = {
    sqlite3.SQLITE_BUSY: locked,
    sqlite3.SQLITE_LOCKED: locked,
    sqlite3.SQLITE_READONLY: read_only,
    sqlite3.SQLITE_PERM: read_only,
    sqlite3.SQLITE_FULL: full,
    sqlite3.SQLITE_CORRUPT: damaged,
    sqlite3.SQLITE_NOTADB: damaged,
    sqlite3.SQLITE_CANTOPEN: lambda: gone("the file cannot be opened"),
    sqlite3.SQLITE_IOERR: lambda: gone("reading or writing the file failed"),
}
"""By primary result code, https://sqlite.org/rescode.html."""

_POSTGRES: dict[str, Callable[[], ParleyError]] = {
    "53100": full,  # disk_full
    "25006": read_only,  # read_only_sql_transaction
    "42501": read_only,  # insufficient_privilege
    "55P03": locked,  # lock_not_available
    "57014": locked,  # query_canceled, by a timeout of the server
    "42P01": behind,  # undefined_table
    "3D000": lambda: gone("there is no database of that name"),
    "28000": lambda: gone("the server does not know this user"),
    "28P01": lambda: gone("the server does not accept the password"),
    "53300": lambda: gone("the server has no connection to spare"),
    "57P01": lambda: gone("the server is shutting down"),
    "57P02": lambda: gone("the server has crashed and is recovering"),
    "57P03": lambda: gone("the server is starting up"),
    "25P03": lambda: gone("the server ended a transaction that stood still"),
}
"""By SQLSTATE, https://www.postgresql.org/docs/18/errcodes-appendix.html."""


def refusal_of(error: BaseException) -> ParleyError | None:
    """The refusal a driver's error stands for; None if it is none of the known faults."""
    if isinstance(error, DBAPIError):
        return refusal_of(error.orig) if error.orig is not None else None
    if isinstance(error, PoolTimeout):
        return gone("every connection of this process is in use")
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, psycopg.Error):
        return _of_postgres(error)
    return None


def _of_sqlite(error: sqlite3.Error) -> ParleyError | None:
    # The low byte is the primary result code; the rest says more than we need.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"):
        return behind()
    known = _SQLITE.get(code)
    return known() if known is not None else None


def _of_postgres(error: psycopg.Error) -> ParleyError | None:
    state = error.sqlstate
    if state in _POSTGRES:
        return _POSTGRES[state]()
    if state is not None and state.startswith("08"):
        return gone("the connection broke")
    # Errors of the client library itself carry no state: no route, a broken socket.
    if state is None and isinstance(error, psycopg.OperationalError):
        return gone("no connection, or it broke")
    return None


@contextmanager
def as_refusals() -> Iterator[None]:
    """Turn a driver's known faults into Parley's refusals; let defects through."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, psycopg.Error) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
