"""Attacks pile up: they are served as day, month and year buckets that are rectangles.

A row of a bucket tells what it comes to as known from a position to a position;
which of its attacks lie before a minute inside of it, its points tell one by one.
So an answer is a sum over whole years, months and days and one cut day, whatever
the number of attacks: see projections.pile_query, which also says how many rows.

Writing goes in log order. A put writes a point or two and a new row for a day, a
month and a year, each with the old row closed; nothing else is touched, wherever
in time the attack lies and in whatever order attacks are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection

from projections.calendar_buckets import buckets_of, is_day, is_year, parts_of, upwards
from projections.pile_rows import Held, Key, Pending, Store
from projections.strike import Loose, Point, Strike
from projections.tally import (
    NOTHING,
    Records,
    Shift,
    Tally,
    best_of,
    counts_after,
    part_of,
    records_after,
    whole_part_of,
)

MOST_HELD = 50_000
"""How many buckets are held in memory between batches, some 130 years of days."""


class _Told(NamedTuple):
    """What an attack comes to from a position on; nothing if it is in the pile no longer."""

    position: int
    stream: str
    points: frozenset[Point] = frozenset()
    loose: frozenset[Loose] = frozenset()


class Pile:
    """The pile of one edition while it is written: told every strike, once, in log order."""

    def __init__(self, edition: int) -> None:
        self._edition = edition
        self._told: list[_Told] = []
        self._held: dict[Key, Held] = {}

    def put(self, position: int, stream: str, strike: Strike | None) -> None:
        """From `position` on an attack is as said; None: it is in the pile no longer.

        Positions never fall, and what is put at one position is written together;
        of two puts of a stream at one position the second holds. Raises ValueError
        for a strike that does not fit (see `Strike.fits`).
        """
        if strike is None:
            self._told.append(_Told(position, stream))
        elif strike.fits() and strike.stream == stream:
            self._told.append(_Told(position, stream, strike.points(), strike.loose()))
        else:
            raise ValueError(f"not a strike that the pile can hold: {strike}")

    def write(self, connection: Connection) -> None:
        """Write what was told since the last time, in the caller's transaction.

        Whoever's transaction comes to nothing has to tell it again, to a new pile.
        """
        if not self._told:
            return
        if len(self._held) > MOST_HELD:
            self._held = {}
        batch = _Batch(Store(connection, self._edition), self._held, self._told)
        for told in self._told:
            batch.fold(told)
        batch.pending.write()
        self._told = []


class _Batch:
    """One run of puts, folded in memory over what the database holds of the same attacks."""

    def __init__(self, store: Store, held: dict[Key, Held], told: list[_Told]) -> None:
        self.pending = Pending(store)
        self._store = store
        self._held = held
        self._streams = {put.stream for put in told}
        self._points: dict[str, dict[Point, int]] = {stream: {} for stream in self._streams}
        self._loose: dict[str, dict[Loose, int]] = {stream: {} for stream in self._streams}
        # The points of these attacks by day, and those of all others as far as they are needed.
        self._own: dict[Key, dict[Point, None]] = {}
        self._others: dict[Key, list[Point]] = {}
        for point, since in store.open_points(self._streams):
            self._points[point.stream][point] = since
            self._own.setdefault(_day_of(point), {})[point] = None
        for piece, since in store.open_loose(self._streams):
            self._loose[piece.stream][piece] = since
        old, new = self._points.values(), (put.points for put in told)
        touched = {_day_of(point) for point in chain.from_iterable((*old, *new))}
        self._hold({(shelf, bucket) for shelf, day in touched for bucket in upwards(day)})

    def _hold(self, keys: set[Key]) -> None:
        wanted = keys - self._held.keys()
        if wanted:
            self._held.update(dict.fromkeys(wanted, Held(0, NOTHING)))
            self._held.update(self._store.newest_tallies(wanted))

    def fold(self, told: _Told) -> None:
        """Close what of an attack is so no longer, and open what is so from here on."""
        position, points, loose = told.position, self._points[told.stream], self._loose[told.stream]
        gone = [point for point in points if point not in told.points]
        come = [point for point in told.points if point not in points]
        for point in gone:
            self.pending.close_point(point, points.pop(point), position)
            del self._own[_day_of(point)][point]
        for point in come:
            self.pending.open_point(point, position)
            points[point] = position
            self._own.setdefault(_day_of(point), {})[point] = None
        for piece in [piece for piece in loose if piece not in told.loose]:
            self.pending.close_loose(piece, loose.pop(piece), position)
        for piece in told.loose - loose.keys():
            self.pending.open_loose(piece, position)
            loose[piece] = position
        shifts = _shifts(gone, come)
        for key in sorted(shifts, key=_finest_first):
            self._shift(position, key, shifts[key])

    def _shift(self, position: int, key: Key, shift: Shift) -> None:
        old = self._held[key]
        records = records_after(old.tally.records, shift)
        if records is None:
            records = self._records_of_parts(key)
        tally = Tally(counts_after(old.tally.counts, shift), records)
        if tally != old.tally:
            self.pending.close_tally(key, old, position)
            self.pending.open_tally(key, tally, position)
            self._held[key] = Held(position, tally)

    def _records_of_parts(self, key: Key) -> Records:
        """The records among the parts of a bucket, as they are now."""
        shelf, bucket = key
        if is_day(bucket):
            if key not in self._others:
                found = self._store.open_points_of_day(key)
                self._others[key] = [p for p in found if p.stream not in self._streams]
            points = chain(self._others[key], self._own.get(key, ()))
            return reduce(best_of, (part_of(point).records for point in points), Records())
        parts = [(shelf, part) for part in parts_of(bucket)]
        self._hold(set(parts))
        return reduce(best_of, (self._held[part].tally.records for part in parts), Records())


def _shifts(gone: Iterable[Point], come: Iterable[Point]) -> dict[Key, Shift]:
    """What happens to each bucket."""
    days: dict[Key, Shift] = {}
    wholes: list[tuple[Key, Shift]] = []
    for points, shift_by in ((gone, _loss), (come, _gain)):
        for point in points:
            day, shift = _day_of(point), shift_by(part_of(point))
            days[day] = days[day].and_(shift) if day in days else shift
            if (whole := whole_part_of(point)) is not None:
                wholes.append(((point.shelf, whole[0]), shift_by(whole[1])))
    shifts: dict[Key, Shift] = {}
    upper = (((day[0], b), shift) for day, shift in days.items() for b in upwards(day[1]))
    for key, shift in chain(upper, wholes):
        shifts[key] = shifts[key].and_(shift) if key in shifts else shift
    return shifts


def _loss(part: Tally) -> Shift:
    return Shift(lost=(part,))


def _gain(part: Tally) -> Shift:
    return Shift(gained=part)


def _day_of(point: Point) -> Key:
    return point.shelf, buckets_of(point.minute)[0]


def _finest_first(key: Key) -> tuple[bool, bool]:
    """Where a record goes, a month looks at its days and a year at its months."""
    return not is_day(key[1]), is_year(key[1])
