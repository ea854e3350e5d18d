"""The rows of the pile: what is read of them to write more, and what a batch writes.

A batch opens and closes rows in memory and writes them with both their bounds;
only what stood open before it has to be closed in the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Select, Table, bindparam, select, update

from ledger.lots import in_lots
from projections.bulk_rows import insert_rows
from projections.calendar_buckets import span_of
from projections.pile_tables import LOOSE, POINTS, TALLIES
from projections.strike import Loose, Point
from projections.tables import FOR_EVER
from projections.tally import NOTHING, Record, Tally
from projections.tally_query import tallies_at

Key: TypeAlias = tuple[int, int]
"""Shelf and bucket."""
Row: TypeAlias = tuple[Any, ...]


class Held(NamedTuple):
    """What a bucket comes to now, and from which position on; NOTHING has no row."""

    since: int
    tally: Tally


class Store:
    """The rows of one edition, read and written in the caller's transaction."""

    def __init__(self, connection: Connection, edition: int) -> None:
        self._connection = connection
        self._edition = edition

    def open_points(self, streams: Collection[str]) -> Iterator[tuple[Point, int]]:
        """The points of attacks that are known to this day, and since which position."""
        table = POINTS[self._edition]
        for row in self._open(table, Point._fields, streams):
            yield Point._make(row[:-1]), row[-1]

    def open_loose(self, streams: Collection[str]) -> Iterator[tuple[Loose, int]]:
        """The loose pieces of attacks that are known to this day, and since which position."""
        table = LOOSE[self._edition]
        for row in self._open(table, Loose._fields, streams):
            yield Loose._make(row[:-1]), row[-1]

    def _open(self, table: Table, names: Iterable[str], streams: Collection[str]) -> Iterator[Row]:
        columns = [table.c[name] for name in (*names, "known_from")]
        query = select(*columns).where(
            table.c.known_to == FOR_EVER, table.c.stream.in_(bindparam("streams", expanding=True))
        )
        for lot in in_lots(sorted(streams)):
            yield from map(tuple, self._connection.execute(query, {"streams": lot}))

    def open_points_of_day(self, key: Key) -> Iterator[Point]:
        """Every point of a day that is known to this day."""
        shelf, bucket = key
        rows = self._connection.execute(_of_day(self._edition, shelf, *span_of(bucket)))
        return map(Point._make, rows)

    def newest_tallies(self, keys: Iterable[Key]) -> dict[Key, Held]:
        """What buckets come to as known to this day; those without a row are left out."""
        wanted: dict[int, list[int]] = {}
        for shelf, bucket in sorted(keys):
            wanted.setdefault(shelf, []).append(bucket)
        return {
            (shelf, bucket): Held(since, tally)
            for shelf, buckets in wanted.items()
            for bucket, (since, tally) in tallies_at(
                self._connection, self._edition, shelf, buckets, FOR_EVER - 1
            ).items()
        }

    def insert(self, table: Table, rows: list[Row]) -> None:
        """Add rows, in the order of the table's columns."""
        insert_rows(self._connection, table, rows)

    def close(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Set `known_to` of the rows of these primary keys."""
        if rows:
            same = [c == bindparam(f"old_{c.name}") for c in table.primary_key]
            self._connection.execute(
                update(table).where(*same).values(known_to=bindparam("position")), rows
            )

    def tables(self) -> tuple[Table, Table, Table]:
        """Points, loose pieces, tallies."""
        return POINTS[self._edition], LOOSE[self._edition], TALLIES[self._edition]


def _of_day(edition: int, shelf: int, first: int, last: int) -> Select[Any]:
    table = POINTS[edition]
    return select(*(table.c[name] for name in Point._fields)).where(
        table.c.shelf == shelf,
        table.c.minute.between(first, last),
        table.c.known_to == FOR_EVER,
    )


class _Rows:
    """The rows of one table that a batch opens and closes, by natural key and `known_from`."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.new: dict[tuple[Row, int], tuple[Any, int]] = {}
        self.closed: list[dict[str, Any]] = []
        self._names = [f"old_{c.name}" for c in table.primary_key if c.name != "known_from"]

    def open(self, key: Row, content: object, position: int) -> None:
        self.new[key, position] = content, FOR_EVER

    def close(self, key: Row, since: int, position: int) -> None:
        if (key, since) not in self.new:
            old = dict(zip(self._names, key, strict=True))
            self.closed.append({**old, "old_known_from": since, "position": position})
        elif since == position:
            # What was told twice at one position was never known the first way.
            del self.new[key, since]
        else:
            self.new[key, since] = self.new[key, since][0], position


class Pending:
    """What a batch has opened and closed so far."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._points, self._loose, self._tallies = map(_Rows, store.tables())

    def open_point(self, point: Point, position: int) -> None:
        """A point that is known from `position` on."""
        self._points.open((point.shelf, point.minute, point.stream), point, position)

    def close_point(self, point: Point, since: int, position: int) -> None:
        """A point that is known no longer."""
        self._points.close((point.shelf, point.minute, point.stream), since, position)

    def open_loose(self, piece: Loose, position: int) -> None:
        """A loose piece that is known from `position` on."""
        self._loose.open(piece[:5], piece, position)

    def close_loose(self, piece: Loose, since: int, position: int) -> None:
        """A loose piece that is known no longer."""
        self._loose.close(piece[:5], since, position)

    def open_tally(self, key: Key, tally: Tally, position: int) -> None:
        """What a bucket comes to from `position` on; without a row if that is nothing."""
        if tally != NOTHING:
            self._tallies.open(key, tally, position)

    def close_tally(self, key: Key, held: Held, position: int) -> None:
        """What a bucket comes to no longer."""
        if held.tally != NOTHING:
            self._tallies.close(key, held.since, position)

    def write(self) -> None:
        """Close in the database what stood open, and insert what is new."""
        for rows in (self._points, self._loose, self._tallies):
            self._store.close(rows.table, rows.closed)
        self._store.insert(
            self._points.table,
            [(*p[:3], since, until, *p[3:]) for (_, since), (p, until) in self._points.new.items()],
        )
        self._store.insert(
            self._loose.table,
            [(*p[:6], since, until, p[6]) for (_, since), (p, until) in self._loose.new.items()],
        )
        self._store.insert(
            self._tallies.table,
            [
                (*key, since, until, *_columns(tally))
                for (key, since), (tally, until) in self._tallies.new.items()
            ],
        )


def _columns(tally: Tally) -> Row:
    """The numbers and names of a tally, in the order of the columns of its table."""
    largest, last, certain_largest, certain_last = tally.records
    return (
        *tally.counts,
        *_largest(largest),
        *(last or (None, None, None)),
        *_largest(certain_largest),
        *(certain_last or (None, None, None)),
    )


def _largest(record: Record | None) -> Row:
    return (None, None) if record is None else (record[0], record[2])
