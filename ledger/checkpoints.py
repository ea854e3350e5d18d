"""The signed checkpoints of the log, and what witnesses have said of them.

Each names the one that it follows, and no two can follow the same one: of two
processes that sign at one time the database takes one, and the chain has no fork.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select

from audit.note import MAX_SIGNATURES, Note, Signature, format_note, parse_note
from ledger.database import snapshot, transaction
from ledger.faults import as_refusals
from ledger.insertion import insert_new
from ledger.tables import log_checkpoints, log_cosignatures

PAGE = 50
"""Checkpoints of a page unless asked otherwise."""

c, w = log_checkpoints.c, log_cosignatures.c


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """What the log signed of itself: at this size it has this root.

    `signed_at` is in microseconds since the epoch, UTC; `note` is the signed note with
    the newest cosignature of every witness.
    """

    origin: str
    size: int
    root: bytes
    signed_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness saw a checkpoint at these seconds since the epoch, and signed that it did."""

    seen_at: int
    line: Signature


def newest(engine: Engine) -> StoredCheckpoint | None:
    """The newest checkpoint; None for a log that has never signed one."""
    return _first(engine, _SELECT.order_by(c.size.desc()).limit(1))


def newest_size(engine: Engine) -> int:
    """The size of the newest checkpoint; 0 for a log that has never signed one."""
    with as_refusals(), engine.connect() as connection:
        return int(connection.scalar(_NEWEST) or 0)


def at(engine: Engine, size: int) -> StoredCheckpoint | None:
    """The checkpoint of this size; None where none was signed at it."""
    return _first(engine, _SELECT.where(c.size == size))


def page(engine: Engine, after: int = 0, limit: int = PAGE) -> tuple[StoredCheckpoint, ...]:
    """Up to `limit` checkpoints of sizes beyond `after`, the smallest first."""
    asked = _SELECT.where(c.size > after).order_by(c.size).limit(limit)
    with as_refusals(), snapshot(engine) as connection:
        return _whole(connection, connection.execute(asked).all())


def add(engine: Engine, checkpoint: StoredCheckpoint, follows: int) -> bool:
    """Publish a checkpoint after the one of size `follows`; False if another came first."""
    row = {name: getattr(checkpoint, name) for name in StoredCheckpoint.__slots__}
    with as_refusals(writing=True), transaction(engine) as connection:
        # The head moves by compare-and-set: what followed since stands in the way, also where
        # it left out the sizes in between.
        if (connection.scalar(_NEWEST) or 0) != follows:
            return False
        return insert_new(connection, log_checkpoints, [{**row, "follows": follows}]) == 1


def add_cosignatures(engine: Engine, size: int, found: Iterable[Cosignature]) -> None:
    """Keep what witnesses have said of the checkpoint of this size."""
    rows = [
        {
            "size": size,
            "name": each.line.name,
            "key_id": each.line.key_id,
            "seen_at": each.seen_at,
            "signature": each.line.signature,
        }
        for each in found
    ]
    if rows:
        with as_refusals(writing=True), transaction(engine) as connection:
            insert_new(connection, log_cosignatures, rows)


def last_cosigned(engine: Engine, name: str, key_id: bytes) -> int:
    """The largest size that a witness has cosigned, by its name and key ID; 0 for none."""
    asked = select(func.max(w.size)).where(w.name == name, w.key_id == key_id)
    with as_refusals(), engine.connect() as connection:
        return int(connection.scalar(asked) or 0)


def _first(engine: Engine, asked: Select[Any]) -> StoredCheckpoint | None:
    with as_refusals(), snapshot(engine) as connection:
        found = _whole(connection, connection.execute(asked).all())
    return found[0] if found else None


def _whole(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[StoredCheckpoint, ...]:
    """The checkpoints of these rows with their cosignatures."""
    said = _cosignatures(connection, [row.size for row in rows])
    return tuple(_cosigned(_checkpoint_of(row), said[row.size]) for row in rows)


def _cosignatures(connection: Connection, sizes: Sequence[int]) -> dict[int, list[Signature]]:
    """The newest of each witness, by size."""
    newest_of: dict[int, dict[tuple[str, bytes], Signature]] = defaultdict(dict)
    asked = select(w.size, w.name, w.key_id, w.signature).where(w.size.in_(sizes))
    for size, name, key_id, signature in connection.execute(asked.order_by(w.seen_at)):
        newest_of[size][name, key_id] = Signature(name, bytes(key_id), bytes(signature))
    return defaultdict(list, {size: list(lines.values()) for size, lines in newest_of.items()})


def _cosigned(checkpoint: StoredCheckpoint, lines: Sequence[Signature]) -> StoredCheckpoint:
    if not lines:
        return checkpoint
    note = parse_note(checkpoint.note)
    signatures = (*note.signatures, *lines)[:MAX_SIGNATURES]
    return replace(checkpoint, note=format_note(Note(note.text, signatures)))


def _checkpoint_of(row: Row[Any]) -> StoredCheckpoint:
    return StoredCheckpoint(row.origin, row.size, bytes(row.root), row.signed_at, bytes(row.note))


_SELECT = select(*(c[name] for name in StoredCheckpoint.__slots__))
_NEWEST = select(func.max(c.size))
