"""Endorse: a second person has checked an entry against its source."""

from __future__ import annotations

from uuid import UUID

from app.batch import Request
from app.entries import find_entry
from app.parley import Parley
from app.record import Recorded, record


def endorse(  # noqa: PLR0913 - the parts of a request are named at the call.
    parley: Parley,
    which: int | str | UUID,
    *,
    note: str | None = None,
    subject: str | None = None,
    key: str | None = None,
    dry_run: bool = False,
    request: str | None = None,
    auth: str | None = None,
) -> Recorded:
    """Endorse an entry, named by position or id; nobody endorses what they recorded.

    Raises NotFound and InvalidInput.
    """
    target = find_entry(parley, which)
    given = {} if note is None else {"note": note}
    return record(
        parley,
        target.negotiation,
        {"kind": "entry.endorsed", "entry": str(target.id), **given},
        subject=subject,
        key=key,
        dry_run=dry_run,
        request=request,
        auth=auth,
        asked=Request("endorse", str(target.id), given),
    )
