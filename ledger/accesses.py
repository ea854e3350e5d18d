"""Who took entries and proofs away: a log of its own, which no entry of the record tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, insert, select

from ledger.database import snapshot, transaction
from ledger.faults import as_refusals
from ledger.tables import accesses

PAGE = 100
"""Accesses of a page unless asked otherwise."""
a = accesses.c


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody took the entries from `first` to `last` away, or proofs of them.

    `at` is in microseconds since the epoch, UTC; `subject` is None for somebody who
    needed no key, `auth` says by which key they proved to be it, and `request` is the id
    that the log of the server has as well.
    """

    at: int
    subject: str | None
    auth: str | None
    what: str
    first: int
    last: int
    request: str | None = None


@dataclass(frozen=True, slots=True)
class NumberedAccess:
    """An access as it is kept; numbers rise, and may leave some out."""

    number: int
    access: Access


def add(engine: Engine, access: Access) -> None:
    """Keep that somebody took something away."""
    row = {name: getattr(access, name) for name in Access.__slots__}
    with as_refusals(writing=True), transaction(engine) as connection:
        connection.execute(insert(accesses).values(row))


def page(engine: Engine, before: int | None = None, limit: int = PAGE) -> list[NumberedAccess]:
    """Up to `limit` accesses, the newest first, with numbers below `before`."""
    asked = _SELECT.order_by(a.number.desc()).limit(limit)
    if before is not None:
        asked = asked.where(a.number < before)
    with as_refusals(), snapshot(engine) as connection:
        return [_numbered(row) for row in connection.execute(asked)]


def _numbered(row: Row[Any]) -> NumberedAccess:
    values = tuple(row)
    return NumberedAccess(values[0], Access(*values[1:]))


_SELECT = select(a.number, *(a[name] for name in Access.__slots__))
