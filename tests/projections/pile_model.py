"""The pile by brute force: every strike is kept, and each is looked at for each answer.

It also draws what a pile may be told: strikes of every precision, close together
and on the borders of days, months and years, told, told otherwise and taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal, TypeAlias

from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from domain.dates import parse_occurred
from ledger.database import transaction
from projections.calendar_buckets import DAY
from projections.strike import Sizes, Strike

SHELF = 7
Told: TypeAlias = tuple[int, str, Strike | None]
Certainty: TypeAlias = Literal["possible", "certain"]
CERTAINTIES: tuple[Certainty, ...] = ("possible", "certain")
WINDOWS = (7, 30, 365, None)
NEVER_SAID = -(2**62)


class _Undo(Exception):
    """Ends a transaction without a trace."""


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A transaction that is rolled back in the end, so that one database serves many examples."""
    with suppress(_Undo), transaction(engine) as connection:
        yield connection
        raise _Undo


@dataclass(frozen=True)
class History:
    """What a pile is told in log order, and where to ask it."""

    told: tuple[Told, ...]
    minutes: tuple[int, ...]
    positions: tuple[int, ...]


# --- The count --------------------------------------------------------------------------------


def known(told: Iterable[Told], position: int, shelf: int = SHELF) -> list[Strike]:
    """The strikes as known at a position."""
    held = {stream: strike for since, stream, strike in told if since <= position}
    return [s for s in held.values() if s is not None and s.shelf == shelf]


def counted(strikes: Iterable[Strike], minute: int, certainty: Certainty) -> tuple[Any, ...]:
    """Windows as (certain, possible), the largest as (stream, size), the last with its minutes."""
    there = {s: shown for s in strikes if (shown := _shown(s, certainty)) and minute >= shown[0][0]}
    ordered = sorted(there, key=lambda s: s.stream)
    told = {s: size for s in ordered if (size := _size(there[s], minute)) is not None}
    largest = max(told, key=lambda s: told[s], default=None)
    last = max(ordered, key=lambda s: (_lo(s), s.hi), default=None)
    return (
        tuple(_window(ordered, days, minute) for days in WINDOWS),
        None if largest is None else (largest.stream, told[largest]),
        None if last is None else (last.stream, last.lo, last.hi),
    )


def _shown(strike: Strike, certainty: Certainty) -> Sizes:
    return strike.sizes if certainty == "possible" else strike.certain_sizes


def _lo(strike: Strike) -> int:
    return NEVER_SAID if strike.lo is None else strike.lo


def _size(sizes: Sizes, minute: int) -> int | None:
    return [size for begins, size in sizes if begins <= minute][-1]


def _window(there: Sequence[Strike], days: int | None, minute: int) -> tuple[int, int]:
    start = None if days is None else minute - days * DAY + 1
    certain = [
        s for s in there if (start is None or _lo(s) >= start) and s.hi <= minute and not s.marked
    ]
    either = [s for s in there if (start is None or s.hi >= start) and _lo(s) <= minute]
    return len(certain), len(either) - len(certain)


# --- What is drawn ----------------------------------------------------------------------------

DATES = (
    "2024-02-29",
    "2024-02-28",
    "2024-03-01",
    "2024-02",
    "2024-03",
    "2024",
    "2023",
    "2023-12-31",
    "2024-01-01",
    "2024-01-01T00:00Z",
    "2023-12-31T23:59Z",
    "2024-02-29T12:00Z",
    "2023-12-31T12:00+03:00",
    "[2024-02-01..2024-02-20]",
    "[2024-02-20..2024-03-02]",
    "[2023-12-30..2024-01-02]",
    "[2023-12-01..2024-12-31]",
    "[2024-02-22..2024-02-29]",
    "[..2024-02-29]",
    "[..2024]",
    "1914-06-28",
    "2400-02",
)
"""Borders of days, months and years, a leap day, spans over them, and years far away."""
KYIV = -3 * 60
"""A day of another time zone lies across a day of UTC."""


@st.composite
def spans(draw: st.DrawFn) -> tuple[int | None, int]:
    """Between which minutes an attack can have begun."""
    bounds = parse_occurred(draw(st.sampled_from(DATES))).bounds
    if bounds.start_hi is None:
        raise ValueError("each of the dates has a last minute")
    shift = draw(st.sampled_from((0, 0, 0, 0, DAY, -DAY, KYIV, 7 * DAY, 1, -1)))
    lo = None if bounds.start_lo is None else bounds.start_lo + shift
    return lo, bounds.start_hi + shift


NUMBERS = st.sampled_from((None, 0, 1, 5, 5, 9, 800))


@st.composite
def sizes(draw: st.DrawFn, first: int) -> Sizes:
    """Munitions launched from a minute on, most of the time never told otherwise."""
    later = draw(st.lists(st.sampled_from((1, DAY, 31 * DAY, 400 * DAY)), max_size=2))
    if draw(st.booleans()):
        later = []
    return tuple((minute, draw(NUMBERS)) for minute in accumulate([first, *later]))


@st.composite
def strikes(draw: st.DrawFn, stream: str) -> Strike:
    """A strike of any precision, marked or not."""
    lo, hi = draw(spans())
    marked = draw(st.sampled_from((False, False, False, True)))
    return Strike(
        shelf=draw(st.sampled_from((SHELF, SHELF, SHELF, SHELF, SHELF + 1))),
        stream=stream,
        lo=lo,
        hi=hi,
        marked=marked,
        sizes=draw(sizes(hi if lo is None else lo)),
        certain_sizes=() if marked else draw(sizes(hi)),
    )


@st.composite
def histories(draw: st.DrawFn, longest: int = 12) -> History:
    """Attacks told, told otherwise, taken away and told again, and where that is asked."""
    told: list[Told] = []
    position = 0
    for _ in range(draw(st.integers(1, longest))):
        position += draw(st.sampled_from((0, 1, 1, 1, 3))) if told else 2
        stream = f"talks/attack/{draw(st.sampled_from('abcde'))}"
        gone = any(s == stream for _, s, _ in told) and draw(st.integers(0, 3)) == 0
        told.append((position, stream, None if gone else draw(strikes(stream))))
    bounds = [m for _, _, s in told if s is not None for m in _bounds(s)]
    minutes = st.builds(
        lambda bound, days, by: bound + days * DAY + by,
        st.sampled_from(bounds or [0]),
        st.sampled_from((0, 0, 7, 30, 365)),
        st.sampled_from((-1, 0, 1, 700)),
    )
    return History(
        tuple(told),
        tuple(draw(st.lists(minutes, min_size=2, max_size=6))),
        tuple(draw(st.lists(st.integers(0, position + 1), min_size=1, max_size=3))),
    )


def _bounds(strike: Strike) -> Iterator[int]:
    yield strike.hi
    if strike.lo is not None:
        yield strike.lo
    for minute, _ in (*strike.sizes, *strike.certain_sizes):
        yield minute
