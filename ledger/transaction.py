"""What one transaction looks up under the lock, and what it writes.

The two stores (SQLite, PostgreSQL) turn these into statements; the batch, which
decides, knows no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from audit.tree import Frontier
from ledger.faults import headless
from ledger.mapper import Envelope, StoredDraft
from ledger.ticket import Receipt, Ticket

Scope: TypeAlias = tuple[str, str]
"""Subject and key: what makes two requests the same request."""
Row: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: how many entries, the last recorded time, and the tree's frontier.

    `recorded_at` is in microseconds since the epoch, UTC; 0 for an empty log.
    """

    size: int
    recorded_at: int
    frontier: Frontier

    @classmethod
    def read(cls, row: Sequence[Any] | None) -> Head:
        """The head of its row: size, time, frontier; raises DatabaseDamaged for what is none."""
        try:
            size, recorded_at, frontier = row or ()
            return cls(size, recorded_at, Frontier.from_bytes(size, frontier))
        except (AttributeError, TypeError, ValueError):
            raise headless() from None

    @property
    def root(self) -> bytes:
        """The root hash of the tree of all leaves."""
        return self.frontier.root()


@dataclass(frozen=True, slots=True)
class UsedKey:
    """An idempotency key of the log and the events that were recorded under it."""

    digest: str
    first: int
    count: int


@dataclass(slots=True)
class Wants:
    """What has to be looked up under the lock for these tickets."""

    streams: list[str]
    ids: list[str]
    keys: list[Scope]

    @classmethod
    def of(cls, tickets: Iterable[Ticket]) -> Wants:
        """Every stream, id and key of the tickets, once each."""
        streams: dict[str, None] = {}
        ids: dict[str, None] = {}
        keys: dict[Scope, None] = {}
        for ticket in tickets:
            if ticket.key is not None:
                keys[ticket.key.scope] = None
            for event in ticket.events:
                streams[str(event.originator_id)] = None
                if isinstance(event, StoredDraft):
                    ids[event.id] = None
        return cls(list(streams), list(ids), list(keys))


@dataclass(slots=True)
class Found:
    """What the log held under the lock: versions of streams, positions of ids, used keys."""

    head: Head
    versions: dict[str, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    keys: dict[Scope, UsedKey] = field(default_factory=dict)


@dataclass(slots=True)
class Rows:
    """Rows to insert, in the column order of ledger.tables, and the head they lead to."""

    events: list[Row] = field(default_factory=list)
    actors: list[tuple[str, int]] = field(default_factory=list)
    imports: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    head: Head | None = None

    def add(self, receipt: Receipt, kind: str, leaf: bytes, envelope: Envelope | None) -> None:
        """Add the rows of one entry, new or brought back; None for one that is opaque bytes."""
        position, found_by = receipt.position, _OPAQUE
        if envelope is not None:
            found_by = (receipt.id, envelope.negotiation, envelope.thing, *envelope.place)
            self.actors += [(actor, position) for actor in envelope.actors]
            if envelope.imported is not None:
                scope, source, key, digest = envelope.imported
                self.imports.append((scope, source, key, position, digest))
        known = (position, receipt.version, receipt.recorded_at, receipt.stream, kind)
        self.events.append((*known, *found_by, receipt.leaf_hash, leaf))


_OPAQUE: Row = (None,) * 6
"""What an event without an envelope is found by: its position and its stream alone."""


class Store(Protocol):
    """One transaction at a time on one connection of a database."""

    def lock(self, wants: Wants) -> Found:
        """Begin, lock the head of the log, and look up what is wanted under the lock."""

    def replay(self, used: UsedKey) -> tuple[Receipt, ...]:
        """The receipts of what was recorded under a key."""

    def write(self, rows: Rows) -> None:
        """Insert the rows, move the head, tell the followers and commit."""

    def give_up(self) -> None:
        """Roll back."""

    def close(self) -> None:
        """Let go of the connection."""
