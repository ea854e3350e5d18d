"""What a bucket comes to: how many of each sort of point lie in it, and its records.

A tally is the sum of its parts: of the points of a day, the days of a month, the
months of a year. Counts are added and taken away. A record is the best of the
parts, and is looked for among them anew where the part that holds it goes.
"""

from __future__ import annotations

from functools import cache
from operator import add, sub
from typing import NamedTuple, TypeAlias

from projections.strike import MARKS, Mark, Point, whole_bucket

Record: TypeAlias = tuple[int, int, str]
"""A better one has greater numbers; of equals it is the one whose stream is first by name."""


class Counts(NamedTuple):
    """How many points of each mark lie in a bucket (see Mark).

    `whole` are those that are known to have begun in this month or this year, and no closer.
    """

    entered: int = 0
    began: int = 0
    passed: int = 0
    sure: int = 0
    dated: int = 0
    whole: int = 0


class Records(NamedTuple):
    """The best of a bucket: by what may be so, and by what must be so.

    The largest are (munitions launched, 0, stream), the last (first minute, last
    minute in which it can have begun, stream).
    """

    largest: Record | None = None
    last: Record | None = None
    certain_largest: Record | None = None
    certain_last: Record | None = None


_NO_COUNTS, _NO_RECORDS = Counts(), Records()


class Tally(NamedTuple):
    """What a bucket comes to."""

    counts: Counts = _NO_COUNTS
    records: Records = _NO_RECORDS


NOTHING = Tally()


class Shift(NamedTuple):
    """What a bucket loses, one by one, and what it gains, in one sum."""

    lost: tuple[Tally, ...] = ()
    gained: Tally = NOTHING

    def and_(self, other: Shift) -> Shift:
        """Both shifts in one."""
        return Shift((*self.lost, *other.lost), together(self.gained, other.gained))


def part_of(point: Point) -> Tally:
    """What a point brings to its day, its month and its year."""
    stream, marks = point.stream, point.marks
    began = (point.lo, point.hi, stream)
    return Tally(
        _counts_of(marks),
        Records(
            None if point.size is None else (point.size, 0, stream),
            began if marks & Mark.ENTERS else None,
            None if point.certain_size is None else (point.certain_size, 0, stream),
            began if marks & Mark.SURE else None,
        ),
    )


@cache
def _counts_of(marks: int) -> Counts:
    return Counts(*(int(bool(marks & mark)) for mark in MARKS))


def whole_part_of(point: Point) -> tuple[int, Tally] | None:
    """The month or year that an attack began in and no closer, and what it brings to that."""
    bucket = whole_bucket(point.lo, point.hi) if point.marks & Mark.BEGINS else None
    return None if bucket is None else (bucket, _WHOLE)


_WHOLE = Tally(Counts(whole=1))


def together(one: Tally, other: Tally) -> Tally:
    """The sum of two tallies of different attacks."""
    return Tally(_added(one.counts, other.counts), best_of(one.records, other.records))


def best_of(one: Records, other: Records) -> Records:
    """The best of both, record by record."""
    if one is _NO_RECORDS or other is _NO_RECORDS:
        return other if one is _NO_RECORDS else one
    return Records(
        better_of(one.largest, other.largest),
        better_of(one.last, other.last),
        better_of(one.certain_largest, other.certain_largest),
        better_of(one.certain_last, other.certain_last),
    )


def better_of(one: Record | None, other: Record | None) -> Record | None:
    """The better of two records."""
    if one is None or other is None:
        return other if one is None else one
    if one[:2] == other[:2]:
        return one if one[2] <= other[2] else other
    return one if one[:2] > other[:2] else other


def counts_after(counts: Counts, shift: Shift) -> Counts:
    """What the counts are after a shift."""
    for part in shift.lost:
        counts = Counts._make(map(sub, counts, part.counts))
    return _added(counts, shift.gained.counts)


def records_after(records: Records, shift: Shift) -> Records | None:
    """What the records are after a shift; None if only the parts can tell."""
    gained = shift.gained.records
    for part in shift.lost:
        for place, lost in enumerate(part.records):
            # What is as good as the one that held the record is as good as all the others.
            if lost is not None and lost == records[place] and lost != gained[place]:
                if better_of(lost, gained[place]) == lost:
                    return None
                records = records._replace(**{Records._fields[place]: None})
    return best_of(records, gained)


def _added(one: Counts, other: Counts) -> Counts:
    if one is _NO_COUNTS or other is _NO_COUNTS:
        return other if one is _NO_COUNTS else one
    return Counts._make(map(add, one, other))
