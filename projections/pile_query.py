"""How many attacks in each window, which was the largest, which the last: as of (t, k).

Write E(x) for the number of attacks that are there by minute x because they can
have begun, P(x) for those of them that cannot have begun later, S(x) for those of
P(x) whose date is not uncertain, D(x) for those of S(x) of which somebody says
since when, and B(x) for how many of that sort have their first possible minute at
or before x. In a window that begins after minute x and ends with t are

- for certain or possibly E(t) - P(x); of those that must be there, S(t) - S(x);
- for certain D(t) - B(x) + W, where W are the spans that reach over both ends of
  the window, which B(x) counts and D(t) does not;
- since the beginning, E(t) and S(t): there everything that has passed is certain.

Each of these is a sum over whole years, months and days and over the points of
one cut day; the largest and the last are the best of the same rows.

An answer reads, at any number of attacks: a row for each year before t in which
any attack lies; at most 11 months and 30 days for t and for the beginning of each
of three windows; the month and the year of t; the points of the four cut days
up to the cut, of which there are none if t is the last minute of a day; and the
loose pieces in the day, the month and the year of t and across years.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sqlalchemy import Connection

from projections.calendar_buckets import (
    DAY,
    FIRST_MINUTE,
    LAST_MINUTE,
    buckets_of,
    span_of,
    whole_before,
)
from projections.pile_answer import NO_ATTACKS, WINDOWS, PileAnswer
from projections.pile_edges import Cut, Where, counts_in, fall_at, largest_in, last_in, wide_at
from projections.tally import NOTHING, Counts, Record, Tally, better_of
from projections.tally_query import tallies_at, years_until


def pile_at(
    connection: Connection,
    edition: int,
    shelf: int,
    minute: int,
    position: int,
    certainty: Literal["possible", "certain"],
) -> PileAnswer:
    """The attacks of a shelf that are in the pile, as of a minute and as known at a position.

    `certainty` says which of them are there: those that may have begun, or those that must have.
    """
    if minute < FIRST_MINUTE:
        return NO_ATTACKS
    where = Where(edition, shelf, position)
    look = _Look(connection, where, min(minute, LAST_MINUTE - 1))
    certain = certainty == "certain"
    return PileAnswer.of(look.windows(certain=certain), *look.records(certain=certain))


class _Look:
    """The rows of one answer; `edges` are the minutes before which things are summed up.

    The first edge is the one after t, the others are the first minutes of the windows.
    """

    def __init__(self, connection: Connection, where: Where, minute: int) -> None:
        self._connection, self._where, self._minute = connection, where, minute
        starts = [minute - days * DAY + 1 for days in WINDOWS if days is not None]
        self._edges = [max(edge, FIRST_MINUTE) for edge in (minute + 1, *starts)]
        until = buckets_of(minute + 1)[2]
        self._years = years_until(connection, where.edition, where.shelf, until)
        wanted = {bucket for edge in self._edges for bucket in self._buckets(edge)}
        wanted.update(buckets_of(minute)[1:])
        found = tallies_at(connection, where.edition, where.shelf, wanted, where.position)
        self._tallies = {bucket: tally for bucket, (_, tally) in found.items()}
        self._cuts = [Cut(span_of(buckets_of(edge)[0])[0], edge) for edge in self._edges]

    def _buckets(self, edge: int) -> Iterator[int]:
        """The whole buckets from the beginning up to the day of an edge."""
        year = buckets_of(edge)[2]
        yield from (found for found in self._years if found < year)
        yield from whole_before(edge)

    def _before(self, edge: int) -> Iterator[Tally]:
        return (self._tallies[b] for b in self._buckets(edge) if b in self._tallies)

    def windows(self, *, certain: bool) -> Iterator[tuple[int, int]]:
        """Of each window how many are in it for certain, and for certain or possibly."""
        cuts = counts_in(self._connection, self._where, self._cuts)
        sums = [
            Counts._make(map(sum, zip(*(t.counts for t in self._before(edge)), cut, strict=True)))
            for edge, cut in zip(self._edges, cuts, strict=True)
        ]
        wide = wide_at(self._connection, self._where, self._minute)
        end, starts = sums[0], iter(zip(self._edges[1:], sums[1:], strict=True))
        there = end.sure if certain else end.entered
        for days in WINDOWS:
            if days is None:
                yield end.sure, there
            else:
                start, before = next(starts)
                over = sum(count for first, count in wide.items() if first < start)
                inside = end.dated - before.began + over + self._whole_over(start)
                yield inside, there - (before.sure if certain else before.passed)

    def _whole_over(self, start: int) -> int:
        """How many began in a month or a year, and no closer, that reaches over a whole window."""
        spans = {bucket: span_of(bucket) for bucket in buckets_of(self._minute)[1:]}
        return sum(
            self._tallies.get(bucket, NOTHING).counts.whole
            for bucket, (first, last) in spans.items()
            if first < start and last > self._minute
        )

    def records(self, *, certain: bool) -> tuple[Record | None, Record | None]:
        """The largest and the last of those that are there."""
        connection, where, cut = self._connection, self._where, self._cuts[0]
        largest = better_of(
            largest_in(connection, where, cut, certain=certain),
            fall_at(connection, where, self._minute, certain=certain),
        )
        last = last_in(connection, where, cut, certain=certain)
        for tally in self._before(self._edges[0]):
            found = tally.records
            largest = better_of(largest, found.certain_largest if certain else found.largest)
            last = better_of(last, found.certain_last if certain else found.last)
        return largest, last
