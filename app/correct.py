"""Correct: the record had a mistake; new values of named attributes, and the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.batch import Request
from app.entries import find_entry
from app.parley import Parley
from app.record import Recorded, record


def correct(  # noqa: PLR0913 - the parts of a request are named at the call.
    parley: Parley,
    which: int | str | UUID,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - the wire calls it `set`.
    unset: Sequence[str] = (),
    reason: str,
    subject: str | None = None,
    key: str | None = None,
    expected_version: int | None = None,
    dry_run: bool = False,
    request: str | None = None,
    auth: str | None = None,
) -> Recorded:
    """Correct an entry, named by position or id; whole attributes are set or unset.

    Never refused for what it does to the story: the answer carries the
    anomalies it causes, and the entries elsewhere that were ordered by it.
    Raises NotFound, InvalidInput, VersionConflict.
    """
    target = find_entry(parley, which)
    given = {"reason": reason, "set": dict(set or {}), "unset": list(unset)}
    body = {
        "kind": "entry.corrected",
        "entry": str(target.id),
        "schema": type(target.event).class_version,
        **given,
    }
    return record(
        parley,
        target.negotiation,
        body,
        subject=subject,
        key=key,
        expected_version=expected_version,
        dry_run=dry_run,
        request=request,
        auth=auth,
        asked=Request("correct", str(target.id), given),
    )
