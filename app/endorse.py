"""Endorse: a second person has checked an entry against its source."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.entries import find_entry
from app.parley import Parley
from app.record import Recorded, record


def endorse(
    parley: Parley,
    which: int | str | UUID,
    *,
    note: str | None = None,
    subject: str | None = None,
    key: str | None = None,
    dry_run: bool = False,
    request: str | None = None,
) -> Recorded:
    """Endorse an entry, named by position or id; nobody endorses what they recorded.

    Raises NotFound and InvalidInput.
    """
    target = find_entry(parley, which)
    body: dict[str, Any] = {"kind": "entry.endorsed", "entry": str(target.id)}
    if note is not None:
        body["note"] = note
    return record(
        parley,
        target.negotiation,
        body,
        subject=subject,
        key=key,
        dry_run=dry_run,
        request=request,
    )
