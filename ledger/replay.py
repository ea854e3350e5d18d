"""Put entries back as they were recorded: the same bytes at the same positions.

What stands beside a leaf in the tables follows from the leaf, so a leaf is all that
is needed. Nothing is taken on trust: positions, versions and times have to be those
that the recorder would have given, and whoever calls compares the root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from audit.leaf import parse_canonical
from audit.tree import hash_leaf
from domain.entry import Entry
from domain.errors import DatabaseDamaged, ParleyError
from ledger.database import is_sqlite
from ledger.lots import in_lots
from ledger.mapper import Envelope, entry_of, envelope_of
from ledger.statements import array_of, names_in, version_of
from ledger.tables import event_actors, event_imports, events, log_head
from ledger.ticket import Receipt
from ledger.transaction import Head, Row, Rows

AT_ONCE = 1_000
"""Entries of one round: a megabyte of leaves, and few enough to show how far one has come."""

h = log_head.c


class ReplayRefused(Exception):
    """A leaf does not continue the log; says the rule that was broken, and of which entry."""


def be_patient(connection: Connection) -> None:
    """Let a transaction wait for a slow disk or network, where nobody records meanwhile."""
    if not is_sqlite(connection.engine):
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def lock_head(connection: Connection) -> Head:
    """The head of the log, which nobody else moves until the transaction ends."""
    row = connection.execute(
        select(h.size, h.recorded_at, h.frontier).with_for_update()
    ).one_or_none()
    return Head.read(row)


def replay(
    connection: Connection,
    head: Head,
    leaves: Iterable[bytes],
    passed: Callable[[Head], object] = lambda _: None,
) -> Head:
    """Insert leaves after the head as they are, move the head, and return it.

    The caller holds the lock of the head, and commits. `passed` is told the head after
    each entry. Raises ReplayRefused for a leaf that does not continue the log.
    """
    waiting = iter(leaves)
    replayed = _Replayed(connection, head, passed)
    while batch := list(islice(waiting, AT_ONCE)):
        replayed.take(batch)
    if replayed.head.size > head.size:
        connection.execute(
            update(log_head).values(
                size=replayed.head.size,
                recorded_at=replayed.head.recorded_at,
                frontier=replayed.head.frontier.to_bytes(),
            )
        )
    return replayed.head


@dataclass
class _Replayed:
    connection: Connection
    head: Head
    passed: Callable[[Head], object]
    versions: dict[str, int] = field(default_factory=dict)

    def take(self, leaves: list[bytes]) -> None:
        read = list(self._read(leaves))
        self._learn({entry.stream for entry, _, _ in read})
        rows = Rows()
        for entry, envelope, leaf in read:
            self._check(entry)
            receipt = _receipt_of(entry, leaf)
            rows.add(receipt, entry.kind, leaf, envelope)
            frontier = self.head.frontier.append(receipt.leaf_hash)
            self.head = Head(entry.position, entry.recorded_at, frontier)
            self.versions[entry.stream] = entry.version
            self.passed(self.head)
        try:
            self._insert(events, rows.events)
            self._insert(event_actors, rows.actors)
            self._insert(event_imports, rows.imports)
        except IntegrityError:
            # Versions were compared, so it is an id or an import that comes a second time.
            where = f"one of the entries {read[0][0].position} to {read[-1][0].position}"
            raise ReplayRefused(f"{where} has the id of another") from None

    def _read(self, leaves: list[bytes]) -> Iterator[tuple[Entry, Envelope, bytes]]:
        for position, leaf in enumerate(leaves, start=self.head.size + 1):
            try:
                parse_canonical(leaf)
                entry = entry_of(leaf, position)
                yield entry, envelope_of(entry), leaf
            except (DatabaseDamaged, ValueError) as fault:
                said = fault.problems[0].rule if isinstance(fault, ParleyError) else str(fault)
                raise ReplayRefused(f"entry {position}: {said}") from None

    def _learn(self, streams: set[str]) -> None:
        """Look up the versions of streams that did not come before."""
        if self.head.size == 0:
            return
        unknown = sorted(streams - self.versions.keys())
        name = names_in(self.connection.dialect)
        for lot in in_lots(unknown):
            asked = {"names": array_of(self.connection.dialect, lot)}
            for stream, version in self.connection.execute(select(name, version_of(name)), asked):
                self.versions[stream] = version or 0

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            names = table.c.keys()
            values = [dict(zip(names, row, strict=True)) for row in rows]
            self.connection.execute(insert(table), values)

    def _check(self, entry: Entry) -> None:
        due = self.versions.get(entry.stream, 0) + 1
        if entry.version != due:
            raise ReplayRefused(f"entry {entry.position} is version {entry.version}, not {due}")
        if entry.recorded_at < self.head.recorded_at:
            raise ReplayRefused(f"entry {entry.position} was recorded before the one before it")


def _receipt_of(entry: Entry, leaf: bytes) -> Receipt:
    """What whoever recorded an entry was told of it."""
    return Receipt(
        position=entry.position,
        id=str(entry.id),
        stream=entry.stream,
        version=entry.version,
        recorded_at=entry.recorded_at,
        leaf_hash=hash_leaf(leaf),
    )
