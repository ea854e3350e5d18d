"""What the pile has to know of one attack, and the rows that this comes to.

An attack that began between `lo` and `hi` is in the window `[start, t]` for
certain or possibly as its two ends lie. So the counts need no ranges: each is a
sum and a difference of how many ends lie at or before a minute (see
projections.pile_query). Every end is a point, and points are what buckets add up.

Two things do not add up so, and are kept apart as loose pieces, in the smallest
bucket that they lie in: a span of more than a week that is not just a month or
a year, because it can reach over both ends of a window; and a size that shrinks
later on, because the largest so far is a maximum, which nothing can be taken from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from projections.calendar_buckets import (
    DAY,
    FIRST_MINUTE,
    LAST_MINUTE,
    smallest_around,
    span_of,
)
from projections.tables import BEGINNING

WEEK = 7 * DAY
"""Minutes of the shortest window; a span that is no longer cannot reach over both its ends."""

Sizes: TypeAlias = tuple[tuple[int, int | None], ...]
"""From which minute on how many munitions were launched, ascending; None where nobody says."""


class Mark:
    """What happens to an attack at a minute; plain numbers, of which a point has a sum."""

    ENTERS = 1
    """From here on it may have begun."""
    BEGINS = 2
    """The first minute it can have begun, where that is known and its date is not uncertain."""
    PASSES = 4
    """The last minute it can have begun."""
    SURE = 8
    """The same, where its date is not uncertain: from here on it must have begun."""
    DATED = 16
    """The same, where the first minute is known as well."""


MARKS = (Mark.ENTERS, Mark.BEGINS, Mark.PASSES, Mark.SURE, Mark.DATED)
"""Every mark."""


class Sort(IntEnum):
    """What a loose piece is."""

    WIDE = 1
    """A span of more than a week that is neither a month nor a year."""
    FALL = 2
    """A time at which the attack was taken for larger than it was later."""
    CERTAIN_FALL = 3
    """The same by what must have been so."""


class Point(NamedTuple):
    """A minute at which something of an attack changes; a row of `pile_points`.

    `lo` is BEGINNING where nobody says since when. The sizes are those from this
    minute on that are never undercut later.
    """

    shelf: int
    minute: int
    stream: str
    marks: int
    lo: int
    hi: int
    size: int | None = None
    certain_size: int | None = None


class Loose(NamedTuple):
    """A piece that is looked at by itself; a row of `pile_loose`. Both minutes belong to it."""

    shelf: int
    bucket: int
    sort: int
    stream: str
    valid_from: int
    valid_until: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Strike:
    """What the pile has to know of one attack, as known from some position on.

    `shelf` is its negotiation; `lo` and `hi` are the first and the last minute in
    which it can have begun, `lo` None where nobody says; `marked` says that its
    date is uncertain. `sizes` are the munitions launched as what may be so has
    it, from the minute on at which it is there: `lo`, or `hi` without one.
    `certain_sizes` the same for what must be so, from `hi` on; empty if marked.
    """

    shelf: int
    stream: str
    lo: int | None
    hi: int
    marked: bool
    sizes: Sizes
    certain_sizes: Sizes

    def fits(self) -> bool:
        """Whether it keeps to the words above; what does not is no matter for the pile."""
        first = self.hi if self.lo is None else self.lo
        return (
            FIRST_MINUTE <= first <= self.hi < LAST_MINUTE
            and _runs_from(first, self.sizes)
            and (not self.certain_sizes if self.marked else _runs_from(self.hi, self.certain_sizes))
        )

    def points(self) -> frozenset[Point]:
        """The minutes at which something of it changes, each once."""
        lo = BEGINNING if self.lo is None else self.lo
        marks = self._marks()
        sizes, certain = dict(_rising(self.sizes)), dict(_rising(self.certain_sizes))
        return frozenset(
            Point(
                self.shelf,
                minute,
                self.stream,
                marks.get(minute, 0),
                lo,
                self.hi,
                sizes.get(minute),
                certain.get(minute),
            )
            for minute in {**marks, **sizes, **certain}
        )

    def _marks(self) -> dict[int, int]:
        start, end = Mark.ENTERS, Mark.PASSES
        if not self.marked:
            end |= Mark.SURE
            if self.lo is not None:
                start |= Mark.BEGINS
                end |= Mark.DATED
        if self.lo is None or self.lo == self.hi:
            return {self.hi: start | end}
        return {self.lo: start, self.hi: end}

    def loose(self) -> frozenset[Loose]:
        """What of it does not add up."""
        return frozenset(self._loose())

    def _loose(self) -> Iterator[Loose]:
        if self.lo is not None and not self.marked and is_wide(self.lo, self.hi):
            yield self._piece(Sort.WIDE, self.lo, self.hi, None)
        for sort, sizes in ((Sort.FALL, self.sizes), (Sort.CERTAIN_FALL, self.certain_sizes)):
            for valid_from, valid_until, size in _falls(sizes):
                yield self._piece(sort, valid_from, valid_until, size)

    def _piece(self, sort: Sort, first: int, last: int, size: int | None) -> Loose:
        bucket = smallest_around(first, last)
        return Loose(self.shelf, bucket, int(sort), self.stream, first, last, size)


def _runs_from(first: int, sizes: Sizes) -> bool:
    minutes = [minute for minute, _ in sizes]
    return minutes[:1] == [first] and all(a < b for a, b in pairwise([*minutes, LAST_MINUTE]))


def whole_bucket(lo: int, hi: int) -> int | None:
    """The month or the year that a span is, to the minute; None for every other span."""
    if hi - lo < WEEK:
        return None
    bucket = smallest_around(lo, hi)
    return bucket if span_of(bucket) == (lo, hi) else None


def is_wide(lo: int, hi: int) -> bool:
    """Whether a span can reach over both ends of a window and is neither a month nor a year."""
    return hi - lo > WEEK and whole_bucket(lo, hi) is None


def _rising(sizes: Sizes) -> Iterator[tuple[int, int]]:
    """The sizes that are never undercut later, and add something to the ones before."""
    kept: list[tuple[int, int]] = []
    least: int | None = None
    for minute, size in reversed(sizes):
        if size is None:
            break
        if least is None or size <= least:
            least = size
            kept.append((minute, size))
    before: int | None = None
    for minute, size in reversed(kept):
        if size != before:
            yield minute, size
        before = size


def _falls(sizes: Sizes) -> Iterator[tuple[int, int, int]]:
    """The sizes that are undercut later, each with its first and last minute."""
    for index, ((first, size), (following, _)) in enumerate(pairwise(sizes)):
        if size is not None and _undercut(size, sizes[index + 1 :]):
            yield first, following - 1, size


def _undercut(size: int, later: Sequence[tuple[int, int | None]]) -> bool:
    return any(other is None or other < size for _, other in later)
