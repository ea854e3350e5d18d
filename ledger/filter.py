"""What to look for in the log, and how far a page has looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Filter:
    """Entries that fit everything that is given; None fits all.

    `negotiation` is the owner of the stream (also `commons` and `log`), `thing`
    the sort of thing (`pledge`), `stream` one thing's full name, `actor` an
    actor that the entry names. An entry lies in the window from
    `occurred_from` to `occurred_to` (minutes since the epoch, inclusive) if it
    can have begun in it. A correction names the actors, and has the date, that it
    newly sets. `recorded_since` is in microseconds since the epoch. `positions`
    are the only ones to look at, no more than a few thousand.
    """

    negotiation: str | None = None
    kind: str | None = None
    actor: str | None = None
    thing: str | None = None
    stream: str | None = None
    occurred_from: int | None = None
    occurred_to: int | None = None
    recorded_since: int | None = None
    positions: tuple[int, ...] | None = None

    @property
    def has_window(self) -> bool:
        """Whether entries that hold at every date are left out."""
        return self.occurred_from is not None or self.occurred_to is not None


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in log order, and the position up to which the log was searched for them.

    The search may end before the page is full; going on from `scanned_to` misses
    nothing. Newest first, `scanned_to` is the lowest position searched.
    """

    entries: tuple[Entry, ...]
    scanned_to: int


class Moment(NamedTuple):
    """A place in a page by valid time: the earliest minute of an entry, and its position."""

    earliest: int
    position: int


@dataclass(frozen=True, slots=True)
class TimePage:
    """Entries by when they can have begun, and where the next page begins; None at the end."""

    entries: tuple[Entry, ...]
    next: Moment | None
