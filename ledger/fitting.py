"""Does an entry fit a filter? The same question as in `queries`, asked of the entry alone.

No index is looked at, so whoever has the leaves of a log can say what a page of it
should hold.
"""

from __future__ import annotations

from domain.entry import Entry
from domain.references import actors_named
from ledger.filter import EVERYTHING, Filter


def fits(entry: Entry, where: Filter) -> bool:
    """Whether an entry fits everything that a filter asks for."""
    if where is EVERYTHING:
        return True
    wanted = (where.negotiation, where.kind, where.thing, where.stream)
    found = (entry.negotiation, entry.kind, entry.thing, entry.stream)
    if any(name not in {None, own} for name, own in zip(wanted, found, strict=True)):
        return False
    if where.positions is not None and entry.position not in where.positions:
        return False
    if where.actor is not None:
        named = actors_named(entry.event, entry.thing, entry.slug)
        if where.actor not in named:
            return False
    if where.recorded_since is not None and entry.recorded_at < where.recorded_since:
        return False
    return not where.has_window or _lies_in_window(entry, where)


def _lies_in_window(entry: Entry, where: Filter) -> bool:
    """Whether it can have begun in the window; what holds at every date lies in none."""
    if entry.span is None:
        return False
    lowest, highest = entry.span.start_lo, entry.span.start_hi
    after = where.occurred_to is not None and lowest is not None and lowest > where.occurred_to
    before = (
        where.occurred_from is not None and highest is not None and highest < where.occurred_from
    )
    return not after and not before
