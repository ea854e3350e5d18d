"""The write path on SQLite: one connection, one statement a step, BEGIN IMMEDIATE by hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite import dialect

from ledger.database import check_in_place, own_file
from ledger.faults import headless
from ledger.statements import compile_for, one_look
from ledger.ticket import Receipt
from ledger.transaction import Found, Head, Row, Rows, UsedKey, Wants

_CACHE = 65_536
"""KiB of pages the writer keeps. With SQLite's own 2 MiB a bulk transaction spills pages to
the log before it commits, and writes them again."""
_CHECKPOINT = 4_000
"""Pages of write-ahead log before they are moved into the file. The pages that every append
touches are moved once in that time, and not four times as with SQLite's own thousand."""
_ROWS_AT_ONCE = 512
"""Rows of one INSERT; 512 events are 6,656 parameters of the 32,766 that SQLite takes."""


class SqliteStore:
    """One transaction at a time on a connection of its own; the appender takes turns on it.

    Python lets go of its lock at each step of a statement, and whoever waits for
    it may get it then. A batch is therefore looked up and inserted in as few steps as
    possible rather than row by row.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        words = dialect(paramstyle="qmark")
        self._sql = compile_for(words)
        self._one_look, self._many_looks = one_look(words)
        self._connection: sqlite3.Connection | None = None

    def lock(self, wants: Wants) -> Found:
        """Begin, and look up the head and all that is wanted."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        if len(wants.streams) == 1 and len(wants.ids) == 1:
            names = (wants.streams[0], wants.ids[0])
            *head, version, position = self._look(connection, self._one_look, names)
            versions, ids = {names[0]: version}, {names[1]: position}
        else:
            asked = (json.dumps(wants.streams), json.dumps(wants.ids))
            *head, by_stream, by_id = self._look(connection, self._many_looks, asked)
            versions, ids = json.loads(by_stream), json.loads(by_id)
        found = Found(Head.read(head))
        found.versions, found.ids = _known(versions), _known(ids)
        for scope in wants.keys:
            used = connection.execute(self._sql.used_key, scope).fetchone()
            if used is not None:
                found.keys[scope] = UsedKey(*used)
        return found

    def replay(self, used: UsedKey) -> tuple[Receipt, ...]:
        """The receipts of what was recorded under a key."""
        span = (used.first, used.first + used.count - 1)
        rows = self.connection().execute(self._sql.recorded, span).fetchall()
        return tuple(Receipt(*row) for row in rows)

    def write(self, rows: Rows) -> None:
        """Insert the rows, move the head, commit; durable when it returns."""
        connection = self.connection()
        self._insert(connection, self._sql.insert_event, rows.events)
        self._insert(connection, self._sql.insert_actor, rows.actors)
        self._insert(connection, self._sql.insert_import, rows.imports)
        self._insert(connection, self._sql.insert_key, rows.keys)
        if rows.head is not None:
            head = rows.head
            connection.execute(
                self._sql.move_head, (head.size, head.recorded_at, head.frontier.to_bytes())
            )
        # Nothing is acknowledged that is in a file which nobody will ever open again.
        check_in_place(connection)
        connection.execute("COMMIT")

    def give_up(self) -> None:
        """Roll back; nothing of the transaction stays."""
        if self._connection is not None and self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection; a later transaction opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def connection(self) -> sqlite3.Connection:
        """The connection, opened when first asked for."""
        if self._connection is None:
            self._connection = own_file(self._engine)
            self._connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        return self._connection

    @staticmethod
    def _look(connection: sqlite3.Connection, sql: str, names: tuple[str, str]) -> list[Any]:
        for row in connection.execute(sql, names):
            return list(row)
        raise headless()

    @staticmethod
    def _insert(connection: sqlite3.Connection, sql: str, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            values = part[0] if len(part) == 1 else list(chain.from_iterable(part))
            connection.execute(_of_many(sql, len(part)), values)


def _known(found: dict[str, int | None]) -> dict[str, int]:
    return {name: value for name, value in found.items() if value is not None}


@cache
def _of_many(sql: str, rows: int) -> str:
    """An INSERT of one row as an INSERT of several."""
    one = sql[sql.rindex("(") :]
    return sql + f", {one}" * (rows - 1)
