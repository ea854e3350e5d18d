"""The write path on PostgreSQL: two round trips an append, COPY for many rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from uuid import UUID

import psycopg
from psycopg.pq.abc import PGresult
from sqlalchemy import BigInteger, Engine, Text, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from ledger.database import own_connection
from ledger.faults import SessionLost
from ledger.pipeline import Call, Pipeline, Prepared, read_int, write_array
from ledger.statements import compile_for, text_of
from ledger.tables import CHANNEL, event_actors, event_imports, events
from ledger.ticket import Receipt
from ledger.transaction import Found, Head, Rows, UsedKey, Wants

COPY_FROM = 8
"""From this many events on COPY is faster than a prepared INSERT for each."""
ONE_BY_ONE = 3
"""Up to this many names are looked up by a call each, more by one call with an array."""

_IDS = ["int8", "int8", "int8"]
_EVENT = [*_IDS, "text", "text", "uuid", "text", "text", "int2", "int4", "int4", "bytea", "bytea"]
_ACTOR = ["text", "int8"]
_IMPORT = ["text", "text", "text", "int8", "text"]
_KEY = ["text", "text", "text", "int8", "int4"]
_DIALECT = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_SESSION = (
    # Every look-up is one seek. A plan made while the tables were small and kept
    # for later would otherwise read them whole.
    "SET enable_seqscan = off",
    "SET plan_cache_mode = force_generic_plan",
)
_INSERT_ACTORS = insert(event_actors).from_select(
    ["actor", "position"],
    select(
        func.unnest(bindparam("actors", type_=ARRAY(Text))),
        func.unnest(bindparam("positions", type_=ARRAY(BigInteger))),
    ),
)
"""All actors of a few events in one call, for an event names several."""


class PostgresStore:
    """One transaction at a time on a connection of its own; the appender takes turns on it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pipeline: Pipeline | None = None
        self._prepared: dict[str, Prepared] = {}

    def lock(self, wants: Wants) -> Found:
        """Begin, lock the head, and look up under the lock all that is wanted.

        The head comes first, and each statement sees what was committed before
        it began, so the look-ups see everything that the lock waited for.
        """
        fresh = self._pipeline is None
        try:
            return self._lock(wants)
        except SessionLost:
            self.close()
            if fresh:
                raise
        # The server may have ended idle sessions long ago, those of the pool among them;
        # nothing was written yet.
        self._engine.dispose()
        return self._lock(wants)

    def replay(self, used: UsedKey) -> tuple[Receipt, ...]:
        """The receipts of what was recorded under a key."""
        call = self._call("recorded", used.first, used.first + used.count - 1)
        (result,) = self.pipeline().run([call])
        return tuple(_receipt(result, row) for row in range(result.ntuples))

    def write(self, rows: Rows) -> None:
        """Insert the rows, move the head, notify, commit; durable when it returns."""
        pipeline = self.pipeline()
        calls: list[Call] = []
        if len(rows.events) < COPY_FROM:
            calls += [self._call("insert_event", *row) for row in rows.events]
            calls += [self._call("insert_import", *row) for row in rows.imports]
            if rows.actors:
                columns = zip(*rows.actors, strict=True)
                calls.append(self._call("insert_actors", *map(write_array, columns)))
        else:
            pipeline.copy(events.name, _EVENT, rows.events)
            pipeline.copy(event_actors.name, _ACTOR, rows.actors)
            if rows.imports:
                pipeline.copy(event_imports.name, _IMPORT, rows.imports)
        calls += [self._call("insert_key", *row) for row in rows.keys]
        if rows.head is not None:
            head = rows.head
            frontier = head.frontier.to_bytes()
            calls.append(self._call("move_head", head.size, head.recorded_at, frontier))
        pipeline.run([*calls, self._call("notify"), self._call("commit")])

    def give_up(self) -> None:
        """Roll back; nothing of the transaction stays."""
        if self._pipeline is None:
            return
        try:
            if not self._pipeline.is_idle():
                self._pipeline.run([self._call("rollback")])
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        """Close the connection; a later transaction opens another."""
        if self._pipeline is not None:
            with suppress(psycopg.Error):
                self._pipeline.close()
            self._pipeline = None

    def _lock(self, wants: Wants) -> Found:
        pipeline = self.pipeline()
        calls = [self._call("begin"), self._call("head")]
        calls += self._look_ups("version", wants.streams)
        calls += self._look_ups("id", wants.ids)
        calls += [self._call("used_key", *scope) for scope in wants.keys]
        _, head, *rest = pipeline.run(calls)
        row = [head.get_value(0, column) for column in range(3)] if head.ntuples else None
        found = Found(Head.read(row and (read_int(row[0]), read_int(row[1]), row[2] or b"")))
        results = iter(rest)
        found.versions = _looked_up(results, wants.streams)
        found.ids = _looked_up(results, wants.ids)
        for scope, used in zip(wants.keys, results, strict=True):
            if used.ntuples:
                found.keys[scope] = UsedKey(
                    _read_text(used.get_value(0, 0)),
                    read_int(used.get_value(0, 1)),
                    read_int(used.get_value(0, 2)),
                )
        return found

    def _call(self, name: str, *values: object) -> Call:
        return self._prepared[name].call(values)

    def _look_ups(self, name: str, names: Sequence[str]) -> list[Call]:
        if len(names) <= ONE_BY_ONE:
            return [self._call(name, wanted) for wanted in names]
        return [self._call(f"{name}s", write_array(names))]

    def pipeline(self) -> Pipeline:
        """The connection with its prepared statements, opened when first asked for."""
        if self._pipeline is None:
            connection = own_connection(self._engine)
            try:
                for setting in _SESSION:
                    connection.execute(setting)
                pipeline = Pipeline(connection)
                self._prepare(pipeline)
            except BaseException:
                connection.close()
                raise
            self._pipeline = pipeline
        return self._pipeline

    def _prepare(self, pipeline: Pipeline) -> None:
        sql = compile_for(_DIALECT)
        for name, text, types in (
            ("begin", "BEGIN ISOLATION LEVEL READ COMMITTED", []),
            ("commit", "COMMIT", []),
            ("rollback", "ROLLBACK", []),
            ("notify", f"NOTIFY {CHANNEL}", []),
            ("head", sql.head, []),
            ("version", sql.version, ["text"]),
            ("versions", sql.versions, ["text[]"]),
            ("id", sql.id, ["uuid"]),
            ("ids", sql.ids, ["text[]"]),
            ("used_key", sql.used_key, ["text", "text"]),
            ("recorded", sql.recorded, ["int8", "int8"]),
            ("insert_event", sql.insert_event, _EVENT),
            ("insert_actors", text_of(_INSERT_ACTORS, _DIALECT), ["text[]", "text[]"]),
            ("insert_import", sql.insert_import, _IMPORT),
            ("insert_key", sql.insert_key, _KEY),
            ("move_head", sql.move_head, ["int8", "int8", "bytea"]),
        ):
            self._prepared[name] = pipeline.prepare(f"parley_{name}", text, types)


def _looked_up(results: Iterator[PGresult], names: Sequence[str]) -> dict[str, int]:
    """Read as many results as `_look_ups` made calls."""
    if len(names) <= ONE_BY_ONE:
        answers = [(name, next(results)) for name in names]
        return {
            name: read_int(value)
            for name, result in answers
            if result.ntuples and (value := result.get_value(0, 0)) is not None
        }
    result = next(results)
    return {
        _read_text(result.get_value(row, 0)): read_int(value)
        for row in range(result.ntuples)
        if (value := result.get_value(row, 1)) is not None
    }


def _receipt(result: PGresult, row: int) -> Receipt:
    position, event_id, stream, version, recorded_at, leaf_hash = (
        result.get_value(row, column) for column in range(6)
    )
    return Receipt(
        read_int(position),
        None if event_id is None else str(UUID(bytes=event_id)),
        _read_text(stream),
        read_int(version),
        read_int(recorded_at),
        leaf_hash or b"",
    )


def _read_text(value: bytes | None) -> str:
    return (value or b"").decode()
