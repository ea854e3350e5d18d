"""Link: two entries stand in a relation, certainly or with a hedge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.batch import Request
from app.entries import find_entry
from app.parley import Parley
from app.record import Recorded, record


def link(  # noqa: PLR0913 - the parts of a request are named at the call.
    parley: Parley,
    which: int | str | UUID,
    *,
    relation: str,
    to: int | str | UUID,
    hedges: Sequence[Mapping[str, str]] = (),
    note: str | None = None,
    subject: str | None = None,
    key: str | None = None,
    dry_run: bool = False,
    request: str | None = None,
    auth: str | None = None,
) -> Recorded:
    """Say that an entry is the same event as, restates, contradicts or duplicates another.

    Both are named by position or id. Raises NotFound and InvalidInput.
    """
    target = find_entry(parley, which)
    given: dict[str, Any] = {
        "relation": relation,
        "to": str(find_entry(parley, to, "to").id),
        "hedges": list(hedges),
    }
    if note is not None:
        given["note"] = note
    return record(
        parley,
        target.negotiation,
        {"kind": "entry.linked", "entry": str(target.id), **given},
        subject=subject,
        key=key,
        dry_run=dry_run,
        request=request,
        auth=auth,
        asked=Request("link", str(target.id), given),
    )
