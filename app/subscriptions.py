"""What somebody subscribes to: which entries, from which place in the log on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.cursors import read_cursor
from app.entry_filter import EntryFilter, read_filter
from app.parley import Parley
from ledger.filter import Filter


@dataclass(frozen=True, slots=True)
class Subscription:
    """What somebody wants to be sent, and from which position on."""

    where: Filter
    after: int


def subscription(
    parley: Parley, asked: EntryFilter, after: str | None, field: str = "after"
) -> Subscription:
    """What is asked for; without a cursor from the date on, and without either from now on.

    Raises InvalidInput, and what `read_cursor` raises.
    """
    where, head = read_filter(asked), parley.ledger.head()
    position = None if after is None else read_cursor(parley, after, field)
    since = where.recorded_since
    if since is None:
        return Subscription(where, head.size if position is None else position)
    first = parley.ledger.position_at(since - 1)
    if first < head.size:
        # Everything after it was recorded since then, so no entry need be asked.
        where = replace(where, recorded_since=None)
    return Subscription(where, max(first, position or 0))
