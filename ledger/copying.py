"""A copy of all that is the log, of one moment, and the way back into an empty database.

Entries are copied as their leaves alone: what stands beside them in the tables, and
the tiles, follow from them. The other tables are copied row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Table, func, insert, select
from sqlalchemy.exc import StatementError

from audit.tree import Frontier, hash_leaf
from domain.errors import Conflict, InvalidInput, ParleyError
from ledger.database import is_sqlite, snapshot, transaction
from ledger.faults import FIELD, as_refusals, damaged, refusal_of
from ledger.insertion import insert_new
from ledger.reading import PAGE, check_run
from ledger.replay import ReplayRefused, be_patient, lock_head, replay
from ledger.tables import (
    accesses,
    api_keys,
    events,
    idempotency_keys,
    log_checkpoints,
    log_cosignatures,
    log_head,
    log_keys,
)
from ledger.transaction import Head
from ledger.wholeness import verify_within

BESIDE = (log_keys, log_checkpoints, log_cosignatures, idempotency_keys, api_keys, accesses)
"""What is kept besides entries and does not follow from them, in the order of a copy."""
_BY_SIZE = {each.name: each for each in (log_checkpoints, log_cosignatures)}
_NUMBERED = ((accesses, accesses.c.number),)
"""Tables whose rows the database numbers, and has to go on numbering after those of a copy."""

Row: TypeAlias = tuple[str, Mapping[str, Any]]
"""A row of a table, by the names of both."""

e, h, c = events.c, log_head.c, log_checkpoints.c


@dataclass(frozen=True, slots=True)
class Copy:
    """All that is the log, as it was at one moment; to be read in its context, rows first."""

    head: Head
    note: bytes | None
    """The newest signed checkpoint, without cosignatures."""
    connection: Connection

    def rows(self) -> Iterator[Row]:
        """The rows of the tables besides entries."""
        for table in BESIDE:
            found = self.connection.execute(
                select(table).order_by(*table.primary_key).execution_options(yield_per=PAGE)
            )
            for row in found.mappings():
                yield table.name, dict(row)

    def stream_leaves(self, stream: str) -> Iterator[bytes]:
        """The leaves of one stream in order."""
        asked = select(e.leaf).where(e.stream == stream).order_by(e.version)
        for (leaf,) in self.connection.execute(asked):
            yield bytes(leaf)

    def leaves(self) -> Iterator[bytes]:
        """The leaves in order; raises DatabaseDamaged for any that is not what was recorded."""
        frontier = Frontier()
        while frontier.size < self.head.size:
            first = frontier.size + 1
            last = min(frontier.size + PAGE, self.head.size)
            asked = select(e.position, e.leaf).where(e.position >= first, e.position <= last)
            rows = self.connection.execute(asked.order_by(e.position)).all()
            check_run([row[0] for row in rows], first, last)
            frontier = frontier.extend(hash_leaf(bytes(row[1])) for row in rows)
            yield from (bytes(row[1]) for row in rows)
        if frontier.root() != self.head.root:
            raise damaged("its entries do not have the root that its head has")


@contextmanager
def copied(engine: Engine) -> Iterator[Copy]:
    """The log as it is at this moment, whatever is recorded while it is read."""
    with as_refusals(), snapshot(engine) as connection:
        # It holds no lock that anybody waits for.
        be_patient(connection)
        head = Head.read(connection.execute(select(h.size, h.recorded_at, h.frontier)).first())
        note = connection.scalar(select(c.note).order_by(c.size.desc()).limit(1))
        yield Copy(head, None if note is None else bytes(note), connection)


def paste(
    engine: Engine,
    rows: Iterable[Row],
    leaves: Iterable[bytes],
    root: bytes,
    progress: Callable[[int], object] = lambda _: None,
) -> Head:
    """Fill an empty log with a copy, whole or not at all; durable when it returns.

    `rows` are read before `leaves`, which have to come to `root` and to the root of
    every checkpoint at its size. `progress` is told the number of entries. Raises
    Conflict where the log is not empty, and InvalidInput for what is no copy of a log.
    """
    with transaction(engine) as connection:
        be_patient(connection)
        head = lock_head(connection)
        _refuse_used(connection, head)
        try:
            _insert_rows(connection, rows)
        except StatementError as fault:
            # What is wrong with the database itself is told as such.
            if refusal_of(fault, writing=True) is not None:
                raise
            raise _refused("its rows are not those of a log") from fault
        signed = {size: bytes(root) for size, root in connection.execute(select(c.size, c.root))}

        def passed(reached: Head) -> None:
            claimed = signed.pop(reached.size, None)
            if claimed is not None and claimed != reached.root:
                raise _refused(f"its checkpoint of size {reached.size} is of other entries")
            if reached.size % PAGE == 0:
                progress(reached.size)

        try:
            head = replay(connection, head, leaves, passed)
        except ReplayRefused as fault:
            raise _refused(str(fault)) from None
        if signed:
            raise _refused(f"it has a checkpoint of size {max(signed)} and {head.size} entries")
        if head.root != root:
            raise _refused("its entries do not have the root that it names")
        verify_within(connection)
    return head


def add_rows(connection: Connection, rows: Iterable[Row], after: int) -> None:
    """Add the rows of a copy that belong to entries after a position and are not there yet.

    Keys of the API and accesses are not among them: what happened to those since the
    copy was made is not to be undone.
    """
    for name, row in rows:
        if name == log_keys.name:
            insert_new(connection, log_keys, [row])
        elif name == idempotency_keys.name and row["first"] > after:
            insert_new(connection, idempotency_keys, [row])
        elif name in _BY_SIZE and row["size"] > after:
            insert_new(connection, _BY_SIZE[name], [row])


def _refuse_used(connection: Connection, head: Head) -> None:
    held = head.size or any(
        connection.scalar(select(func.count()).select_from(table)) for table in BESIDE
    )
    if held:
        raise Conflict.of(
            FIELD,
            f"the database is not empty: its log holds {head.size} entries, or it has keys already",
            "name a new one, made by `parley db upgrade`",
        )


def _insert_rows(connection: Connection, rows: Iterable[Row]) -> None:
    tables: dict[str, Table] = {table.name: table for table in BESIDE}
    waiting: list[Mapping[str, Any]] = []
    name = ""
    for table, row in rows:
        if table not in tables or not row.keys() <= set(tables[table].c.keys()):
            raise _refused(f"it has rows of {table!a:.80} that this program does not know")
        if waiting and (table != name or len(waiting) == PAGE):
            connection.execute(insert(tables[name]), waiting)
            waiting = []
        name = table
        waiting.append(row)
    if waiting:
        connection.execute(insert(tables[name]), waiting)
    if not is_sqlite(connection.engine):
        for numbered, column in _NUMBERED:
            _go_on_numbering(connection, numbered, column.name)


def _go_on_numbering(connection: Connection, table: Table, column: str) -> None:
    last = connection.scalar(select(func.max(table.c[column])))
    if last is not None:
        sequence = func.pg_get_serial_sequence(table.name, column)
        connection.execute(select(func.setval(sequence, last)))


def _refused(rule: str) -> ParleyError:
    return InvalidInput.of("FILE", f"this is no whole copy: {rule}", "name another backup")
