"""Pages of the log that tell what a second person endorsed from what nobody else has checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.parley import Parley
from app.worlds import history
from domain.entry import Entry
from ledger.filter import Filter, Page
from projections.endorsements import reviewed_in

LOT = 1_000
"""Reviewed entries that one page looks at before it comes back with less than it was asked for."""
SEARCHED = 2_000
"""Entries that it looks at where it looks for those that are not reviewed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the log as it was known: after a position and not beyond another."""

    after: int
    upto: int
    known: int
    newest_first: bool = False


def find_page(
    parley: Parley, where: Filter, part: Part, limit: int, *, reviewed: bool | None
) -> Page:
    """Up to `limit` entries that fit, as `Ledger.page` gives them; None looks at no review."""
    if reviewed is None:
        return _page(parley, where, part, limit)
    return (_reviewed if reviewed else _unreviewed)(parley, where, part, limit)


def _reviewed(parley: Parley, where: Filter, part: Part, limit: int) -> Page:
    """There may be few in a long log, so they are looked for first."""
    lot = _positions(parley, part)
    page = _page(parley, replace(where, positions=lot), part, limit)
    if len(page.entries) == limit or len(lot) < LOT:
        return page
    return replace(page, scanned_to=lot[-1])


def _unreviewed(parley: Parley, where: Filter, part: Part, limit: int) -> Page:
    found: list[Entry] = []
    searched = 0
    while True:
        page = _page(parley, where, part, limit)
        reviewed = _among(parley, [entry.position for entry in page.entries], part.known)
        kept = [entry for entry in page.entries if entry.position not in reviewed]
        found += kept[: limit - len(found)]
        if len(found) == limit:
            return Page(tuple(found), found[-1].position)
        searched += len(page.entries)
        if len(page.entries) < limit or searched >= SEARCHED:
            return Page(tuple(found), page.scanned_to)
        if part.newest_first:
            part = replace(part, upto=page.scanned_to - 1)
        else:
            part = replace(part, after=page.scanned_to)


def _page(parley: Parley, where: Filter, part: Part, limit: int) -> Page:
    return parley.ledger.page(
        where, after=part.after, upto=part.upto, limit=limit, newest_first=part.newest_first
    )


def _positions(parley: Parley, part: Part) -> tuple[int, ...]:
    """The first of the reviewed entries of a part, in its order."""
    newest, first = part.newest_first, part.after + 1
    found = parley.read_model.reviewed_between(
        first, part.upto, part.known, LOT, newest_first=newest
    )
    if found is not None:
        return found
    inside = (p for p in _by_reference(parley, part.known) if first <= p <= part.upto)
    return tuple(sorted(inside, reverse=newest)[:LOT])


def _among(parley: Parley, positions: Sequence[int], known: int) -> frozenset[int]:
    """Those of the positions at which a reviewed entry stands."""
    found = parley.read_model.reviewed_among(positions, known)
    return _by_reference(parley, known) if found is None else found


def _by_reference(parley: Parley, known: int) -> frozenset[int]:
    return reviewed_in(history(parley, known), known)
