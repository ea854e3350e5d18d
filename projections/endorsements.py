"""Which entries are reviewed? Four eyes, as they stood at any position.

The rule is that of domain.review: an entry is reviewed while it reads as somebody else
endorsed it. The reference asks it of the log; the table holds from where to where in the
log each endorsement made its entry reviewed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Update, bindparam, insert, select, update

from domain.entries import EntryCorrected, EntryEndorsed, EntryRetracted
from domain.entry import Entry
from domain.event import EntryEvent
from domain.review import Review, Said, reviews_in
from domain.story import take
from ledger.lots import in_lots
from projections.change import Streams
from projections.register_tables import ENDORSEMENTS
from projections.tables import FOR_EVER

KEPT = 20_000
"""Entries of streams that stay in memory, by their ids."""
_SAID = (EntryCorrected, EntryRetracted, EntryEndorsed)
"""What can make an entry reviewed, or no longer so."""


def reviewed_in(entries: Iterable[Entry], known: int) -> frozenset[int]:
    """The positions of the entries that are reviewed, as known at a position."""
    return frozenset(target for target, _ in reviews_in(take(entries, known)))


@dataclass(slots=True)
class _Told:
    """A stream as far as it was told: what is said about each record, and its reviews.

    Only what somebody endorsed is in `said`; the rest may be corrected a thousand times.
    """

    record: dict[UUID, UUID]
    about: dict[UUID, list[Entry]]
    said: dict[UUID, Said]
    reviews: dict[UUID, frozenset[Review]]

    @classmethod
    def of(cls, told: Iterable[Entry]) -> Self:
        """A stream of which so much was told."""
        stream = cls({}, {}, {}, {})
        for entry in told:
            stream.add(entry)
        stream.reviews = {first: said.reviews() for first, said in stream.said.items()}
        return stream

    def tell(self, entry: Entry) -> tuple[frozenset[Review], frozenset[Review]]:
        """Take one more entry in; the reviews of its record before it and after it."""
        first = self.add(entry)
        before = self.reviews.get(first, frozenset[Review]())
        said = self.said.get(first)
        if said is None or not isinstance(entry.event, _SAID):
            return before, before
        after = self.reviews[first] = said.reviews()
        return before, after

    def add(self, entry: Entry) -> UUID:
        """Take an entry in; gives the record that it is about in the end."""
        named = entry.event.entry if isinstance(entry.event, EntryEvent) else entry.id
        first = self.record[entry.id] = self.record.get(named, entry.id)
        about = self.about.setdefault(first, [])
        about.append(entry)
        if first in self.said:
            self.said[first].tell(entry)
        elif isinstance(entry.event, EntryEndorsed):
            self.said[first] = Said(about)
        return first


class Endorsements:
    """One edition of the endorsements while it is written: told every entry, in log order."""

    def __init__(self, edition: int, streams: Streams) -> None:
        """Write to the table of this edition; `streams` gives what was told before."""
        self._edition = edition
        self._streams = streams
        self._kept: OrderedDict[str, _Told] = OrderedDict()
        self._size = 0
        self._came: list[dict[str, int]] = []
        self._went: list[dict[str, int]] = []

    def tell(self, entry: Entry) -> None:
        """Gather the reviews that came and went."""
        stream = self._kept.get(entry.stream)
        if stream is None:
            if not isinstance(entry.event, _SAID):
                return
            stream = _Told.of(self._streams(entry.stream, entry.position - 1))
            self._kept[entry.stream] = stream
            self._size += len(stream.record)
        self._kept.move_to_end(entry.stream)
        self._size += 1
        before, after = stream.tell(entry)
        at = entry.position
        came, went = sorted(after - before), sorted(before - after)
        self._came += [{"target": t, "position": p, "known_from": at} for t, p in came]
        self._went += [{"which": t, "by": p, "at": at} for t, p in went]

    def write(self, connection: Connection) -> None:
        """Write those that came since the last time, and then end those that went."""
        if self._came:
            rows = [{**row, "known_to": FOR_EVER} for row in self._came]
            connection.execute(insert(ENDORSEMENTS[self._edition]), rows)
        if self._went:
            connection.execute(_ending(self._edition), self._went)
        self._came, self._went = [], []
        while self._size > KEPT:
            self._size -= len(self._kept.popitem(last=False)[1].record)


def reviewed_among(
    connection: Connection, edition: int, asked: Sequence[int], known: int
) -> frozenset[int]:
    """Those of the positions at which a reviewed entry stands."""
    e, found = ENDORSEMENTS[edition].c, set[int]()
    for lot in in_lots(asked):
        among = e.target.in_(lot)
        found.update(connection.scalars(select(e.target).where(among, *_stand(edition, known))))
    return frozenset(found)


def reviewed_between(
    connection: Connection,
    edition: int,
    first: int,
    last: int,
    known: int,
    limit: int,
    *,
    newest_first: bool = False,
) -> tuple[int, ...]:
    """Up to `limit` positions of reviewed entries from `first` to `last`, in either order."""
    e = ENDORSEMENTS[edition].c
    asked = select(e.target).where(e.target >= first, e.target <= last, *_stand(edition, known))
    in_order = asked.distinct().order_by(e.target.desc() if newest_first else e.target)
    return tuple(connection.scalars(in_order.limit(limit)))


def _stand(edition: int, known: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    e = ENDORSEMENTS[edition].c
    return e.known_from <= known, e.known_to > known


def _ending(edition: int) -> Update:
    """Ends the row of a review that held until a position."""
    e = ENDORSEMENTS[edition].c
    which, by = (bindparam(name, type_=e.position.type) for name in ("which", "by"))
    at = bindparam("at", type_=e.known_to.type)
    was_open = (e.target == which, e.position == by, e.known_from < at, e.known_to == FOR_EVER)
    return update(ENDORSEMENTS[edition]).where(*was_open).values(known_to=at)
