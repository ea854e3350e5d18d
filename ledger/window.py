"""Where on the valid-time axis an entry lies, so that a window of it is a few index ranges.

An entry lies in a window if it can have begun in it. Most dates are a day, a
month or a year wide, a few are wider or have no beginning. Entries are
therefore sorted into four *reaches* by the width of their start; within a reach
no start is wider than its limit, so that a window needs to look back no further
than that limit for starts that reach into it. (One B-tree on the earliest start
alone would have to be read from the beginning of time.)
"""

from __future__ import annotations

from typing import NamedTuple

from domain.bounds import Span
from ledger.tables import UNKNOWN_START

_DAY = 24 * 60
REACHES = (_DAY, 31 * _DAY, 366 * _DAY)
"""The widest start of each reach in minutes: a day, a month, a year; the last has no limit."""
UNLIMITED = len(REACHES)


class Place(NamedTuple):
    """The columns `reach`, `earliest` and `latest` of one entry; minutes since the epoch."""

    reach: int | None = None
    earliest: int | None = None
    latest: int | None = None


NOWHERE = Place()
"""An entry that holds at every date once known, and so lies in no window."""


def place_of(span: Span | None) -> Place:
    """Where an entry with this span lies."""
    if span is None:
        return NOWHERE
    earliest, latest = span.start_lo, span.start_hi
    if earliest is None or latest is None:
        return Place(UNLIMITED, UNKNOWN_START if earliest is None else earliest, latest)
    width = latest - earliest
    for reach, limit in enumerate(REACHES):
        if width < limit:
            return Place(reach, earliest, latest)
    return Place(UNLIMITED, earliest, latest)


def look_back(reach: int, start: int) -> int:
    """The first minute at which a start of this reach can lie and still reach into `start`."""
    return UNKNOWN_START if reach == UNLIMITED else max(UNKNOWN_START, start - REACHES[reach])
