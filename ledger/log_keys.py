"""The first key of each origin: the one that no entry of the log announces.

Every later one is announced by `log.key_rotated`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from ledger.database import snapshot, transaction
from ledger.faults import as_refusals
from ledger.insertion import insert_new
from ledger.tables import log_keys

k = log_keys.c


@dataclass(frozen=True, slots=True)
class FirstKey:
    """The key that an origin began with, as C2SP writes a verifier key.

    `made_at` is in microseconds since the epoch, UTC.
    """

    origin: str
    key: str
    made_at: int


def first_of(engine: Engine, origin: str) -> FirstKey | None:
    """The first key of an origin; None for one that has never signed."""
    asked = select(k.origin, k.key, k.made_at).where(k.origin == origin)
    with as_refusals(), snapshot(engine) as connection:
        row = connection.execute(asked).one_or_none()
    return None if row is None else FirstKey(*row)


def add_first(engine: Engine, key: FirstKey) -> bool:
    """Keep the first key of an origin; False if it has one already."""
    row = {name: getattr(key, name) for name in FirstKey.__slots__}
    with as_refusals(writing=True), transaction(engine) as connection:
        return insert_new(connection, log_keys, [row]) == 1
