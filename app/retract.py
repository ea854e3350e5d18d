"""Retract: the entry should not stand; a retraction can itself be retracted."""

from __future__ import annotations

from uuid import UUID

from app.batch import Request
from app.entries import find_entry
from app.parley import Parley
from app.record import Recorded, record


def retract(  # noqa: PLR0913 - the parts of a request are named at the call.
    parley: Parley,
    which: int | str | UUID,
    *,
    reason: str,
    replaced_by: int | str | UUID | None = None,
    subject: str | None = None,
    key: str | None = None,
    expected_version: int | None = None,
    dry_run: bool = False,
    request: str | None = None,
    auth: str | None = None,
) -> Recorded:
    """Retract an entry, named by position or id; `replaced_by` names what stands in its place.

    Never refused for what it does to the story: the answer carries the
    anomalies it causes, and the entries elsewhere that were ordered by it.
    Raises NotFound, InvalidInput, VersionConflict, and Conflict for a second
    retraction of an entry that is retracted.
    """
    target = find_entry(parley, which)
    given = {"reason": reason}
    if replaced_by is not None:
        given["replaced_by"] = str(find_entry(parley, replaced_by, "replaced_by").id)
    return record(
        parley,
        target.negotiation,
        {"kind": "entry.retracted", "entry": str(target.id), **given},
        subject=subject,
        key=key,
        expected_version=expected_version,
        dry_run=dry_run,
        request=request,
        auth=auth,
        asked=Request("retract", str(target.id), given),
    )
