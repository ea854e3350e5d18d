"""Hints that the log may have grown, so that a follower need not wait out its poll.

A hint may come late, twice or not at all: whoever follows reads by position and
polls, and a hint only shortens the wait. Within this process the appender tells;
from other processes PostgreSQL's NOTIFY does, and on SQLite the data version
of the file (https://sqlite.org/pragma.html#pragma_data_version).
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from threading import Condition
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Protocol, Self

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ledger.database import is_sqlite, own_connection, own_file
from ledger.tables import CHANNEL

TICK = 0.02
"""Seconds between two looks at the data version; one look costs some ten microseconds."""


class Signal:
    """Says within this process that something was recorded."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """How often something was recorded; changes when there is news."""
        return self._count

    def announce(self, size: int) -> None:
        """Tell everyone who waits; `size` is the new size of the log."""
        del size
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> bool:
        """Wait until the count is no longer `seen`; False if `timeout` seconds passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count != seen, timeout)


class Watch(Protocol):
    """A place to wait for hints; one for each follower, used by its thread alone."""

    def __enter__(self) -> Self:
        """Begin to listen; whatever happens from here on ends a wait."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the connection."""

    def wait(self, timeout: float) -> bool:
        """Wait for a hint; False if `timeout` seconds passed without one."""


def watch(engine: Engine, signal: Signal) -> Watch:
    """The way to wait for hints on this database."""
    return FileWatch(engine, signal) if is_sqlite(engine) else ServerWatch(engine)


class FileWatch:
    """Waits for this process's signal and looks at the file's data version in between."""

    def __init__(self, engine: Engine, signal: Signal) -> None:
        self._engine = engine
        self._signal = signal
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, int] = (0, 0)

    def __enter__(self) -> Self:
        self._seen = self._now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def wait(self, timeout: float) -> bool:
        """Wait for a hint; False if `timeout` seconds passed without one."""
        end = monotonic() + timeout
        while (now := self._now()) == self._seen:
            left = end - monotonic()
            if left <= 0:
                return False
            self._signal.wait(now[0], min(TICK, left))
        self._seen = now
        return True

    def _now(self) -> tuple[int, int]:
        try:
            if self._connection is None:
                self._connection = own_file(self._engine)
            row = self._connection.execute("PRAGMA data_version").fetchone()
        except (sqlite3.Error, SQLAlchemyError):
            # The poll tells the follower what is wrong; here is only no hint.
            return self._signal.count, self._seen[1]
        return self._signal.count, row[0]


class ServerWatch:
    """Listens on a connection of its own, and waits blindly while there is none."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def wait(self, timeout: float) -> bool:
        """Wait for a hint; False if `timeout` seconds passed without one."""
        if self._connection is None and not self._listen():
            sleep(timeout)
            return False
        try:
            if self._connection is not None:
                return any(True for _ in self._connection.notifies(timeout=timeout, stop_after=1))
        except psycopg.Error:
            with suppress(psycopg.Error):
                self.__exit__(None, None, None)
        return False

    def _listen(self) -> bool:
        try:
            connection = own_connection(self._engine)
        except (psycopg.Error, SQLAlchemyError):
            return False
        try:
            connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error:
            connection.close()
            return False
        self._connection = connection
        return True
