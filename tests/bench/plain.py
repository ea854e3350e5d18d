"""What the figures stand beside: the same bytes and rows by the shortest way there is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import LiteralString, TypeAlias
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from tests.bench.servers import Row

PLAIN, EVENTS, ACTORS = "plain", "events", "event_actors"
"""A table of ours without most of its indexes, and the two that every entry goes into."""
_TABLE: LiteralString = """
    CREATE TABLE plain (
        position {key} PRIMARY KEY, version bigint NOT NULL, recorded_at bigint NOT NULL,
        stream text NOT NULL, kind text NOT NULL, id {id}, negotiation text, thing text,
        reach smallint, earliest integer, latest integer,
        leaf_hash {bytes} NOT NULL, leaf {bytes} NOT NULL, UNIQUE (stream, version)
    )
"""
_INSERT: LiteralString = """
    INSERT INTO plain VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_FILL: LiteralString = "INSERT INTO plain SELECT * FROM events"
_EVENT: LiteralString = "int8 int8 int8 text text uuid text text int2 int4 int4 bytea bytea"
_TYPES = {PLAIN: _EVENT.split(), EVENTS: _EVENT.split(), ACTORS: ["text", "int8"]}
_ID = _TYPES[EVENTS].index("uuid")

Tables: TypeAlias = dict[str, list[Row]]
"""Rows by the name of their table."""


class PlainFile:
    """Writes one after another and waits for the disk each time.

    The file grows, as a log does; with `room` in bytes it has its full size from
    the start, which spares the disk the new size, and is written round and round.
    """

    def __init__(self, path: Path, room: int = 0) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.pwrite(self._file, bytes(room), 0)
        os.fsync(self._file)
        self._room = room
        self._end = 0

    def append(self, data: bytes) -> None:
        """One pwrite, one fdatasync."""
        if self._room and self._end + len(data) > self._room:
            self._end = 0
        self._end += os.pwrite(self._file, data, self._end)
        os.fdatasync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class PlainSqlite:
    """Python's sqlite3 with WAL, synchronous=FULL and BEGIN IMMEDIATE, as the ledger has them."""

    def __init__(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def make_table(self) -> None:
        """The plain table."""
        self._connection.execute(_TABLE.format(key="integer", id="text", bytes="blob"))

    def fill(self) -> None:
        """Make the plain table as long as the log in the same database."""
        self._connection.execute(_FILL)

    def fit(self, tables: Tables) -> Tables:
        """The rows as this database takes them: as they are."""
        return tables

    def write(self, tables: Tables) -> None:
        """One executemany for each table, all in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        for name, rows in tables.items():
            places = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)  # noqa: S608
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class PlainPostgres:
    """psycopg as it comes; without `autocommit` a transaction is begun, and ended by commit()."""

    def __init__(self, url: str, *, autocommit: bool = False) -> None:
        self._connection = psycopg.connect(url, autocommit=autocommit)

    def make_table(self) -> None:
        """The plain table."""
        table = SQL(_TABLE).format(key=SQL("bigint"), id=SQL("uuid"), bytes=SQL("bytea"))
        self._connection.execute(table)
        self._connection.commit()

    def fill(self) -> None:
        """Make the plain table as long as the log in the same database."""
        self._connection.execute(_FILL)
        self._connection.commit()

    def insert(self, row: Row) -> None:
        """One INSERT, which psycopg prepares after the fifth, and its commit."""
        self._connection.execute(_INSERT, row)
        if not self._connection.autocommit:
            self._connection.commit()

    def fit(self, tables: Tables) -> Tables:
        """The rows as this database takes them: in binary, ids are 16 bytes."""
        return {
            name: rows
            if name == ACTORS
            else [(*r[:_ID], UUID(r[_ID]), *r[_ID + 1 :]) for r in rows]
            for name, rows in tables.items()
        }

    def write(self, tables: Tables) -> None:
        """One COPY for each table, all in one transaction; in binary, which is the faster form."""
        with self._connection.cursor() as cursor:
            for name, rows in tables.items():
                statement = SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(Identifier(name))
                with cursor.copy(statement) as copy:
                    copy.set_types(_TYPES[name])
                    for row in rows:
                        copy.write_row(row)
        self._connection.commit()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


Plain: TypeAlias = PlainSqlite | PlainPostgres
"""Either of the two, each with its fastest way to write many rows."""
