"""API keys as they are kept: the digest of each, whose it is, and what it may be used for.

They are no part of the record, and no event says anything of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, func, insert, select, update

from ledger.database import snapshot, transaction
from ledger.faults import as_refusals
from ledger.tables import api_keys

k = api_keys.c


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key without the key: times are in microseconds since the epoch, UTC.

    `revoked_at` is None as long as the key is good.
    """

    id: str
    subject: str
    role: str
    note: str | None
    created_at: int
    revoked_at: int | None = None


def add(engine: Engine, key: StoredKey, digest: bytes) -> None:
    """Keep a key by its SHA-256."""
    with as_refusals(), transaction(engine) as connection:
        connection.execute(insert(api_keys), _row(key, digest))


def add_first(engine: Engine, key: StoredKey, digest: bytes) -> bool:
    """The same, if there is none at all, revoked ones included; says whether there was none.

    Two servers that start at one time on PostgreSQL may each add one.
    """
    with as_refusals(), transaction(engine) as connection:
        if connection.scalar(select(func.count()).select_from(api_keys)):
            return False
        connection.execute(insert(api_keys), _row(key, digest))
        return True


def by_digest(engine: Engine, digest: bytes) -> StoredKey | None:
    """The key with a SHA-256, good or revoked; None if it was never made."""
    with as_refusals(), snapshot(engine) as connection:
        row = connection.execute(_SELECT.where(k.digest == digest)).one_or_none()
    return None if row is None else _key_of(row)


def every(engine: Engine) -> tuple[StoredKey, ...]:
    """Every key that was ever made, oldest first."""
    with as_refusals(), snapshot(engine) as connection:
        return tuple(map(_key_of, connection.execute(_SELECT.order_by(k.created_at, k.id))))


def revoke(engine: Engine, key_id: str, at: int) -> bool:
    """End a key; says whether there was a good one with this id."""
    with as_refusals(), transaction(engine) as connection:
        good = (k.id == key_id) & k.revoked_at.is_(None)
        return bool(connection.execute(update(api_keys).where(good).values(revoked_at=at)).rowcount)


def _row(key: StoredKey, digest: bytes) -> dict[str, Any]:
    return {**{name: getattr(key, name) for name in StoredKey.__slots__}, "digest": digest}


def _key_of(row: Row[Any]) -> StoredKey:
    return StoredKey(row.id, row.subject, row.role, row.note, row.created_at, row.revoked_at)


_SELECT = select(*(k[name] for name in StoredKey.__slots__))
