"""What a database driver says, as one of Parley's own refusals.

Messages never hold SQL, values or the driver's own text beyond a short reason:
they are read by people who can do something about the rule, not about the
statement. What is none of the listed faults is a defect and goes through
unchanged.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import (
    DatabaseBehind,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseGone,
    DatabaseLocked,
    DatabaseReadOnly,
    ParleyError,
)

FIELD = "database_url"
"""The setting that names the database; every fault of the database is found there."""


class SessionLost(psycopg.OperationalError):
    """The connection to PostgreSQL broke while a statement was under way."""


def behind(found: str = "it has no tables of Parley") -> ParleyError:
    """The database has to be upgraded before this program can use it."""
    return DatabaseBehind.of(
        FIELD, f"the database is behind this program: {found}", "run `parley db upgrade`"
    )


def gone(reason: str, *, writing: bool = True) -> ParleyError:
    """The database cannot be reached or opened."""
    way_out = "check that PARLEY_DATABASE_URL is right and the database runs"
    if writing:
        way_out += (
            "; if something was being recorded it may have arrived, so send it again with the "
            "same idempotency key"
        )
    return DatabaseGone.of(FIELD, f"the database cannot be reached: {reason}", way_out)


def unreadable() -> ParleyError:
    """The server knows this role, which may not read the log."""
    return DatabaseGone.of(
        FIELD,
        "the database cannot be reached: this role may not read its tables",
        "let their owner give it the right to (migrations/application_role.sql)",
    )


def full(*, writing: bool = True) -> ParleyError:
    """No room for another event, or for what a large answer is sorted in."""
    return DatabaseFull.of(
        FIELD,
        f"there is no room left on the database's disk{_nothing(writing)}",
        f"make room and {_again(writing)}",
    )


def locked(*, writing: bool = True) -> ParleyError:
    """Someone else held the log for longer than we wait."""
    return DatabaseLocked.of(
        FIELD,
        f"another process holds the log for too long{_nothing(writing)}",
        f"end that process or wait for it, and {_again(writing)}",
    )


def crossed(*, writing: bool = True) -> ParleyError:
    """The server ended one of two transactions that were in each other's way."""
    return DatabaseLocked.of(
        FIELD,
        f"another process got in the way{_nothing(writing)}",
        f"try again: {_again(writing)}",
    )


def ended(*, writing: bool = True) -> ParleyError:
    """The server did not let a statement go on: a timeout of its own, or an administrator."""
    return DatabaseLocked.of(
        FIELD,
        f"the server ended what took too long{_nothing(writing)}",
        f"look for what holds the server up, or raise its statement_timeout, and {_again(writing)}",
    )


def read_only() -> ParleyError:
    """The database can be read but not written by this user."""
    return DatabaseReadOnly.of(
        FIELD,
        "the database refuses writes; nothing was recorded",
        "give this user the right to write (migrations/application_role.sql), or name a database "
        "that takes writes",
    )


def damaged(found: str) -> ParleyError:
    """The database does not hold what Parley wrote there."""
    return DatabaseDamaged.of(
        FIELD,
        f"the database is damaged: {found}",
        "record nothing more in it, keep it for whoever looks into it, and restore a copy",
    )


def headless() -> ParleyError:
    """The one row that says where the log ends is none."""
    return damaged("the head of the log is missing or cannot be read")


def missing(position: int) -> ParleyError:
    """The log has a hole, and positions have none."""
    return damaged(f"entry {position} is missing")


def foreign() -> ParleyError:
    """The tables and the revision do not belong together."""
    return DatabaseDamaged.of(
        FIELD,
        "the database holds tables that are not Parley's, or lost its revision",
        "name another database or restore a copy",
    )


def _nothing(writing: bool) -> str:  # noqa: FBT001 - only handed on
    return "; nothing was recorded" if writing else ""


def _again(writing: bool) -> str:  # noqa: FBT001 - only handed on
    return "record it again" if writing else "ask again"


class _Making(Protocol):
    """Makes a refusal, for what was to be written or to be read."""

    def __call__(self, *, writing: bool) -> ParleyError: ...


def _gone_for(reason: str) -> _Making:
    def make(*, writing: bool) -> ParleyError:
        return gone(reason, writing=writing)

    return make


def _forbidden(*, writing: bool) -> ParleyError:
    return read_only() if writing else unreadable()


def _unwritable(*, writing: bool) -> ParleyError:
    return read_only() if writing else gone("the file cannot be read by this user", writing=False)


def _malformed(*, writing: bool) -> ParleyError:
    del writing
    return damaged("its pages or texts cannot be read")


def _beyond_head(*, writing: bool) -> ParleyError:
    del writing
    return damaged("there are entries beyond the end that its head names")


def _foreign(*, writing: bool) -> ParleyError:
    del writing
    return foreign()


_SQLITE: dict[int, _Making] = {
    sqlite3.SQLITE_BUSY: locked,
    sqlite3.SQLITE_LOCKED: locked,
    sqlite3.SQLITE_READONLY: _unwritable,
    sqlite3.SQLITE_PERM: _unwritable,
    sqlite3.SQLITE_FULL: full,
    sqlite3.SQLITE_CORRUPT: _malformed,
    sqlite3.SQLITE_NOTADB: _gone_for(
        "the file is not a database of Parley, or its start is damaged"
    ),
    sqlite3.SQLITE_CANTOPEN: _gone_for("the file cannot be opened"),
    sqlite3.SQLITE_IOERR: _gone_for("reading or writing the file failed"),
}
"""By primary result code, https://sqlite.org/rescode.html."""

_SQLITE_SAYS: tuple[tuple[str, _Making], ...] = (
    ("no such table", _foreign),
    ("no such column", _foreign),
    ("already exists", _foreign),
    ("Could not decode to UTF-8", _malformed),
)
"""For the one code that SQLite and pysqlite use for what has none of its own."""

_NO_DATABASE = _gone_for("there is no database of that name")
_NOT_LET_IN = _gone_for(
    "the server does not let this role in: its name, its password or its rights"
)
_NONE_TO_SPARE = _gone_for("the server has no connection to spare")
_NOT_READY = _gone_for("the server is starting up or shutting down")

_POSTGRES: dict[str, _Making] = {
    "53100": full,  # disk_full
    "25006": _forbidden,  # read_only_sql_transaction
    "42501": _forbidden,  # insufficient_privilege
    "55P03": locked,  # lock_not_available
    "57014": ended,  # query_canceled
    "40001": crossed,  # serialization_failure
    "40P01": crossed,  # deadlock_detected
    "42P01": _foreign,  # undefined_table
    "42703": _foreign,  # undefined_column
    "42P07": _foreign,  # duplicate_table
    "42710": _foreign,  # duplicate_object
    "42723": _foreign,  # duplicate_function
    "3D000": _NO_DATABASE,  # invalid_catalog_name
    "53300": _NONE_TO_SPARE,  # too_many_connections
    "57P01": _NOT_READY,  # admin_shutdown
    "57P02": _NOT_READY,  # crash_shutdown
    "57P03": _NOT_READY,  # cannot_connect_now
    "57P04": _NO_DATABASE,  # database_dropped
    "25P03": _gone_for("the server ended a transaction that stood still"),
    "XX001": _malformed,  # data_corrupted
    "XX002": _malformed,  # index_corrupted
}
"""By SQLSTATE, https://www.postgresql.org/docs/18/errcodes-appendix.html."""

_CLASSES: dict[str, _Making] = {
    "08": _gone_for("the connection broke"),  # connection_exception
    "28": _NOT_LET_IN,  # invalid_authorization_specification
}
"""By the first two characters of the SQLSTATE."""

_LIBPQ_SAYS: tuple[tuple[re.Pattern[str], _Making], ...] = tuple(
    (re.compile(words), make)
    for words, make in (
        (r'database ".*" does not exist', _NO_DATABASE),
        (r'role ".*" (does not exist|is not permitted)', _NOT_LET_IN),
        (r"authentication failed|no pg_hba\.conf entry|no password supplied", _NOT_LET_IN),
        (r"permission denied for database", _NOT_LET_IN),
        (r"too many (clients|connections)|connection slots", _NONE_TO_SPARE),
        (r"the database system is|not (yet )?accepting connections", _NOT_READY),
        (r"resolve host|translate host name", _gone_for("there is no host of that name")),
        (r"Connection refused|No such file or directory", _gone_for("nothing listens there")),
        (r"timeout expired|timed out", _gone_for("the server did not answer in time")),
    )
)
"""What libpq says of a connection that did not come about, for which it gives no SQLSTATE.
A server that speaks another language is not understood, and only said not to be reached."""


def refusal_of(error: BaseException, *, writing: bool = False) -> ParleyError | None:
    """The refusal a driver's error stands for; None if it is none of the known faults.

    `writing` says that something was to be recorded.
    """
    if isinstance(error, DBAPIError):
        return None if error.orig is None else refusal_of(error.orig, writing=writing)
    if isinstance(error, PoolTimeout):
        return gone("every connection of this process is in use", writing=writing)
    making: _Making | None = None
    if isinstance(error, sqlite3.Error):
        making = _of_sqlite(error)
    elif isinstance(error, psycopg.Error):
        making = _of_postgres(error)
    elif isinstance(error, UnicodeDecodeError):
        making = _malformed
    return None if making is None else making(writing=writing)


def _of_sqlite(error: sqlite3.Error) -> _Making | None:
    # The low byte is the primary result code; the rest says more than we need.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT and "events.position" in str(error):
        return _beyond_head
    if code == sqlite3.SQLITE_ERROR:
        said = str(error)
        return next((make for words, make in _SQLITE_SAYS if words in said), None)
    return _SQLITE.get(code)


def _of_postgres(error: psycopg.Error) -> _Making | None:
    state = error.sqlstate
    if state == "23505" and "pk_events" in str(error):  # unique_violation
        return _beyond_head
    if state is not None:
        return _POSTGRES.get(state) or _CLASSES.get(state[:2])
    # Errors of the client library itself carry no state: no route, a broken socket.
    if isinstance(error, psycopg.OperationalError):
        said = str(error)
        known = (make for words, make in _LIBPQ_SAYS if words.search(said))
        return next(known, _gone_for("no connection, or it broke"))
    return None


@contextmanager
def as_refusals(*, writing: bool = False) -> Iterator[None]:
    """Turn a driver's known faults into Parley's refusals; let defects through."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, psycopg.Error, UnicodeDecodeError) as error:
        refusal = refusal_of(error, writing=writing)
        if refusal is None:
            raise
        raise refusal from error
