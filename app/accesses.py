"""The read audit: who exported, and who took entries and proofs away."""

from __future__ import annotations

from enum import StrEnum

from app.parley import Parley
from audit.leaf import format_recorded_at
from ledger import accesses
from ledger.accesses import NumberedAccess
from projections.answers import Answer


class Taken(StrEnum):
    """What somebody took away."""

    EXPORT = "export"
    BACKUP = "backup"
    ENTRIES = "entries"
    PROOF = "proof"
    CONSISTENCY = "consistency"


class AccessShown(Answer):
    """Somebody took the entries from `first` to `last` away, or proofs of them.

    `subject` is null for somebody who needed no key.
    """

    number: int
    at: str
    subject: str | None
    auth: str | None
    what: str
    first: int
    last: int
    request: str | None


class Accesses(Answer):
    """Accesses, the newest first; `more` says that there are older ones."""

    accesses: tuple[AccessShown, ...]
    more: bool


def note_access(
    parley: Parley,
    what: Taken,
    first: int,
    last: int,
    *,
    subject: str | None,
    auth: str | None = None,
    request: str | None = None,
) -> None:
    """Keep that somebody takes something away; before they get it, so that none is left out."""
    access = accesses.Access(parley.clock(), subject, auth, what.value, first, last, request)
    accesses.add(parley.ledger.engine, access)


def access_page(parley: Parley, before: int | None = None, limit: int = accesses.PAGE) -> Accesses:
    """Up to `limit` accesses, the newest first, with numbers below `before`."""
    found = accesses.page(parley.ledger.engine, before, limit + 1)
    return Accesses(accesses=tuple(map(_shown, found[:limit])), more=len(found) > limit)


def _shown(found: NumberedAccess) -> AccessShown:
    access = found.access
    return AccessShown(
        number=found.number,
        at=format_recorded_at(access.at),
        subject=access.subject,
        auth=access.auth,
        what=access.what,
        first=access.first,
        last=access.last,
        request=access.request,
    )
