"""The way to a database: one URL, one configured engine, nothing unsafe let through.

Reads run in autocommit, one statement a snapshot: the log only grows, so there
is nothing two statements could disagree about below a position both know.
Writes have a connection and a transaction of their own (ledger.appender).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import psycopg
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from domain.errors import DatabaseGone, InvalidInput, ParleyError, UnsafeDurability
from ledger.faults import FIELD, as_refusals, behind, gone

IDLE_TIMEOUT = 5.0
"""Seconds after which PostgreSQL ends a writer that froze while it held the head of the log."""
LOCK_TIMEOUT = 10.0
"""Seconds to wait for the head of the log; longer than a frozen writer can hold it."""
CONNECT_TIMEOUT = 10
"""Seconds to wait for a PostgreSQL server to answer."""
NETWORK_TIMEOUT = 30_000
"""Milliseconds after which a server that answers nothing any more counts as gone."""

_POOL: dict[str, Any] = {
    # As many as are ever open at once: those beyond a smaller pool would be opened and closed
    # again for each question, and a session of PostgreSQL costs more than any of our answers.
    "pool_size": 25,
    "max_overflow": 0,
    "pool_timeout": LOCK_TIMEOUT,
    # Values are other people's words; they stay out of logs and errors.
    "hide_parameters": True,
}
SQLITE = "sqlite"
POSTGRESQL = "postgresql"
_POSTGRESQL_NAMES = ("postgresql", "postgres", "postgresql+psycopg")
_SQLITE_NAMES = ("sqlite", "sqlite+pysqlite")
_NO_ROOM_BESIDE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
"""What SQLite says where it cannot make the files that it keeps beside a database in WAL mode."""
_YES = ("1", "y", "yes", "t", "true", "on")


def connect(url: str, *, lock_timeout: float = LOCK_TIMEOUT, create: bool = False) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`, tried out and found safe.

    `lock_timeout` is in seconds. A SQLite file is only made if `create` says so.
    Raises InvalidInput for a URL of another sort, DatabaseGone, DatabaseBehind
    if there is no file yet, and UnsafeDurability.
    """
    where = _parse(url)
    if where.drivername in _SQLITE_NAMES:
        engine = _sqlite_engine(where, lock_timeout, create=create)
    else:
        engine = _postgresql_engine(where, lock_timeout)
    try:
        with as_refusals(), engine.connect() as connection:
            _check_durability(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def refuse_database_functions(environment: Mapping[str, str] = os.environ) -> None:
    """Raise UnsafeDurability if the library is told to insert by database functions.

    They take positions from a sequence before the commit that makes them
    visible, and a reader that follows by position misses events.
    """
    name = "POSTGRES_ENABLE_DB_FUNCTIONS"
    if environment.get(name, "").lower() in _YES:
        raise UnsafeDurability.of(
            name, "loses the order of events: readers that follow the log miss some", "unset it"
        )


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction that changes tables; SQLite takes its write lock at once."""
    with as_refusals(writing=True), engine.connect() as connection:
        if is_sqlite(engine):
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        else:
            serial = connection.execution_options(isolation_level="READ COMMITTED")
            with serial.begin():
                yield serial


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database, whatever is written meanwhile."""
    with as_refusals(), engine.connect() as connection:
        if is_sqlite(engine):
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")
        else:
            still = connection.execution_options(isolation_level="REPEATABLE READ")
            with still.begin():
                yield still


def own_connection(engine: Engine) -> psycopg.Connection[Any]:
    """A connection to PostgreSQL in autocommit that the pool gives away for good."""
    fairy = engine.raw_connection()
    connection = fairy.driver_connection
    fairy.detach()
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("this engine is not one of PostgreSQL")
    connection.autocommit = True
    return connection


def own_file(engine: Engine) -> sqlite3.Connection:
    """A connection to the SQLite file that the pool gives away for good."""
    fairy = engine.raw_connection()
    connection = fairy.driver_connection
    fairy.detach()
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("this engine is not one of SQLite")
    return connection


def is_sqlite(engine: Engine) -> bool:
    """Whether this is a SQLite file; otherwise it is a PostgreSQL server."""
    return engine.dialect.name == SQLITE


def path_of(url: str) -> Path | None:
    """The file of a SQLite URL; None for a server."""
    where = _parse(url)
    return Path(str(where.database)) if where.drivername in _SQLITE_NAMES else None


def _parse(url: str) -> URL:
    try:
        where = make_url(url)
    except (ArgumentError, ValueError):
        raise _unknown_url() from None
    if where.drivername in _SQLITE_NAMES and where.database not in {None, "", ":memory:"}:
        return where
    if where.drivername in _POSTGRESQL_NAMES:
        return where
    raise _unknown_url()


def _unknown_url() -> ParleyError:
    # The URL itself may hold a password, so it is not repeated.
    return InvalidInput.of(
        FIELD,
        "is neither a SQLite file nor a PostgreSQL server",
        "write sqlite:////absolute/path.db or postgresql://user@host/name",
    )


def _sqlite_engine(where: URL, lock_timeout: float, *, create: bool) -> Engine:
    path = Path(str(where.database)).absolute()
    asked = where.query.get("mode") == "ro"
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not _exists(path):
        raise behind(f"there is no file {path} yet")

    identity: tuple[int, ...] = ()

    def open_file() -> sqlite3.Connection:
        nonlocal identity
        if identity:
            _check_place(path, identity)
        read_only = asked or (_exists(path) and not _takes_writes(path))
        try:
            mode = "ro" if read_only else "rwc" if create else "rw"
            connection = _open(path, mode, lock_timeout, _File)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _NO_ROOM_BESIDE or not path.is_file():
                raise
            connection = _open_frozen(path, lock_timeout)
        connection.path = path
        connection.identity = identity = identity or _stamp(path)[:2]
        return connection

    # A URL without a file would get the pool for databases in memory.
    engine = create_engine("sqlite+pysqlite://", creator=open_file, poolclass=QueuePool, **_POOL)
    event.listen(engine, "checkout", _look_again)
    return engine


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # The folder cannot be looked into, or the name is too long for a file.
        raise gone("the file cannot be opened", writing=False) from None


def _takes_writes(path: Path) -> bool:
    # It is the effective user who opens the file.
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.W_OK, effective_ids=effective)


class _File(sqlite3.Connection):
    """Knows which file it has open: `identity` is its device and number there (inode)."""

    path: Path
    identity: tuple[int, ...]


F = TypeVar("F", bound=_File)


class _Frozen(_File):
    """Reads a file as if nobody could change it; `stamp` says which state of it that was."""

    stamp: tuple[int, ...]


def check_in_place(connection: sqlite3.Connection) -> None:
    """Raise DatabaseGone where another file has the name by now, or none.

    What is recorded in a file that has lost its name is lost with the last program that has
    it open.
    """
    if isinstance(connection, _File):
        _check_place(connection.path, connection.identity)


def _check_place(path: Path, identity: tuple[int, ...]) -> None:
    if _stamp(path)[:2] != identity:
        raise DatabaseGone.of(
            FIELD,
            "the file was removed, or another was put in its place, while Parley had it open",
            "stop Parley and start it again; replace a file only while nobody has it open",
        )


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _beside(path: Path) -> bool:
    """Whether the newest entries may stand beside the file rather than in it."""
    logs = (path.with_name(path.name + end) for end in ("-wal", "-journal"))
    return any(_exists(log) and log.stat().st_size for log in logs)


def _open_frozen(path: Path, lock_timeout: float) -> _Frozen:
    """A connection to a file beside which this user cannot write, as reading it takes in WAL mode.

    Only for a file that was closed well: nothing is in use and nothing stands beside it.
    """
    if _beside(path):
        raise gone(
            "its newest entries stand in a file beside it, which this user cannot use",
            writing=False,
        )
    stamp = _stamp(path)
    connection = _open(path, "ro&immutable=1", lock_timeout, _Frozen)
    connection.stamp = stamp
    return connection


def _look_again(connection: sqlite3.Connection, *_: object) -> None:
    """See that it is the file it was, and have the pool open anew one that was frozen."""
    check_in_place(connection)
    if isinstance(connection, _Frozen) and (
        _beside(connection.path) or _stamp(connection.path) != connection.stamp
    ):
        raise DisconnectionError


def _open(path: Path, mode: str, lock_timeout: float, factory: type[F]) -> F:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=lock_timeout,
        # pysqlite begins transactions late and by guesswork; we say BEGIN IMMEDIATE.
        isolation_level=None,
        # The pool hands a connection to one thread at a time.
        check_same_thread=False,
        factory=factory,
    )
    try:
        _configure_sqlite(connection, read_only=mode.startswith("ro"))
    except BaseException:
        connection.close()
        raise
    return connection


def _configure_sqlite(connection: sqlite3.Connection, *, read_only: bool) -> None:
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal" and not read_only:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise UnsafeDurability.of(
                FIELD,
                "the file's disk cannot keep a write-ahead log",
                "put the file on a local disk",
            )
    # A commit is on disk when it returns; NORMAL would sync at checkpoints only.
    connection.execute("PRAGMA synchronous = FULL")
    # Without it INSERT OR REPLACE deletes rows past the triggers that refuse deletes.
    connection.execute("PRAGMA recursive_triggers = ON")


def _postgresql_engine(where: URL, lock_timeout: float) -> Engine:
    asked = where.query.get("options", "")
    options = " ".join(
        (
            *((asked,) if isinstance(asked, str) else asked),
            f"-c lock_timeout={int(lock_timeout * 1000)}",
            f"-c idle_in_transaction_session_timeout={int(IDLE_TIMEOUT * 1000)}",
        )
    )
    return create_engine(
        where.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        isolation_level="AUTOCOMMIT",
        connect_args={
            "options": options.strip(),
            "connect_timeout": CONNECT_TIMEOUT,
            "tcp_user_timeout": NETWORK_TIMEOUT,
            "application_name": "parley",
        },
        **_POOL,
    )


def _check_durability(connection: Connection) -> None:
    if connection.dialect.name == SQLITE:
        return
    for setting in ("fsync", "synchronous_commit"):
        value = connection.exec_driver_sql(f"SHOW {setting}").scalar_one()
        if value == "off":
            raise UnsafeDurability.of(
                FIELD,
                f"the server has {setting} off and may forget what it acknowledged",
                f"set {setting} to on in postgresql.conf, for the database and for the user",
            )
