"""A value at every minute, as the fewest stretches that say it: what rectangles are made of."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from projections.tables import BEGINNING, FOR_EVER


class Value(NamedTuple):
    """What a rectangle says, and where it is found.

    `there` is 1 if the thing may be there, 2 if it must be, 3 for both; `shelf`
    is where it is looked for (`projections.shelves`).
    """

    payload: bytes
    there: int
    shelf: int


Point = tuple[int, Value | None]
"""From which minute on it is what; None where there is nothing to say."""


class Stretch(NamedTuple):
    """A value from a minute until another; the end does not belong to it."""

    start: int
    end: int
    value: Value | None


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What a change of a line takes away and brings; stretches without a value are left out."""

    gone: tuple[Stretch, ...] = ()
    come: tuple[Stretch, ...] = ()


@dataclass(slots=True)
class Line:
    """A value at every minute; two stretches that touch never have the same one."""

    _starts: list[int] = field(default_factory=lambda: [BEGINNING])
    _values: list[Value | None] = field(default_factory=lambda: [None])

    def at(self, minute: int) -> Value | None:
        """The value at a minute."""
        return self._values[bisect_right(self._starts, minute) - 1]

    def draw(self, points: Sequence[Point], end: int) -> Redrawn:
        """Give the minutes from the first point until `end` these values.

        Looks at one stretch more on either side, which may have the same value.
        """
        start = points[0][0]
        if start >= end or self._says(points, end):
            return Redrawn()
        first = max(bisect_right(self._starts, start) - 2, 0)
        last = min(bisect_left(self._starts, end) + 1, len(self._starts))
        old = self._stretches(first, last)
        kept = [(s.start, s.value) for s in old if s.start < start]
        beyond = [(max(s.start, end), s.value) for s in old if s.end > end]
        drawn = _fewest([*kept, *points, *beyond])
        self._starts[first:last] = [minute for minute, _ in drawn]
        self._values[first:last] = [value for _, value in drawn]
        new = [Stretch(*each) for each in _ended(drawn, old[-1].end)]
        return _compared(old, new)

    def recolour(self, start: int, end: int, value: Value | None) -> Redrawn:
        """Give every stretch between two minutes that has a value this one."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_left(self._starts, end)
        if start >= end or all(each is None for each in self._values[first:last]):
            return Redrawn()
        points = [
            (max(s.start, start), None if s.value is None else value)
            for s in self._stretches(first, last)
        ]
        return self.draw(points, end)

    def forget(self, minute: int) -> None:
        """Let go of what it says before a minute, which is not asked for again."""
        first = bisect_right(self._starts, minute) - 1
        del self._starts[:first], self._values[:first]

    def _says(self, points: Sequence[Point], end: int) -> bool:
        """Whether one stretch says all of it already, as is so nearly always of what is rare."""
        here = bisect_right(self._starts, points[0][0])
        value = self._values[here - 1]
        if here < len(self._starts) and self._starts[here] < end:
            return False
        return all(value is said or value == said for _, said in points)

    def _stretches(self, first: int, last: int) -> list[Stretch]:
        ends = [*self._starts[first + 1 : last + 1], FOR_EVER]
        found = zip(self._starts[first:last], ends, self._values[first:last], strict=False)
        return [Stretch(*each) for each in found]


def _fewest(points: Sequence[Point]) -> list[Point]:
    drawn: list[Point] = []
    for minute, value in points:
        if not drawn or drawn[-1][1] != value:
            drawn.append((minute, value))
    return drawn


def _ended(points: Sequence[Point], end: int) -> list[tuple[int, int, Value | None]]:
    return [(s, e, value) for (s, value), (e, _) in pairwise([*points, (end, None)])]


def _compared(old: Sequence[Stretch], new: Sequence[Stretch]) -> Redrawn:
    before = {(s.start, s.end): s.value for s in old}
    after = {(s.start, s.end): s.value for s in new}
    return Redrawn(
        gone=tuple(
            s for s in old if s.value is not None and after.get((s.start, s.end)) != s.value
        ),
        come=tuple(
            s for s in new if s.value is not None and before.get((s.start, s.end)) != s.value
        ),
    )
