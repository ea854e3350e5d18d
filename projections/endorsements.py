"""Which entries has a second person endorsed? Four eyes, as they stood at any position.

An entry is reviewed from the endorsement on until that is retracted, and again when
the retraction is. Nobody endorses what they recorded: such an endorsement, which no
command takes, counts for nothing. A correction is an entry of its own, and whoever
endorsed the entry before has not endorsed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Update, bindparam, insert, select, update

from domain.entries import EntryEndorsed
from domain.entry import Entry
from domain.story import amend, take
from ledger.lots import in_lots
from ledger.mapper import entry_of
from ledger.tables import events
from projections.change import Change
from projections.register_tables import ENDORSEMENTS
from projections.tables import FOR_EVER


def reviewed_in(entries: Iterable[Entry], known: int) -> frozenset[int]:
    """The positions of the entries that are reviewed, as known at a position."""
    log = take(entries, known)
    by_id = {entry.id: entry for entry in log}
    # What is said of an entry stands behind it on its stream, so all streams may be one.
    standing, _ = amend(log)
    found = set()
    for entry in standing:
        if isinstance(entry.event, EntryEndorsed):
            target = by_id.get(entry.event.entry)
            if target is not None and target.recorded_by != entry.recorded_by:
                found.add(target.position)
    return frozenset(found)


class Endorsements:
    """One edition of the endorsements while it is written: told every change, in log order."""

    def __init__(self, edition: int) -> None:
        """Write to the table of this edition."""
        self._edition = edition
        self._came: list[tuple[Entry, UUID, int]] = []
        self._went: list[tuple[Entry, UUID, int]] = []

    def tell(self, change: Change) -> None:
        """Gather the endorsements that came and went."""
        self._came += _endorsing(change.come, change.position)
        self._went += _endorsing(change.gone, change.position)

    def write(self, connection: Connection) -> None:
        """Write those that came since the last time, and then end those that went."""
        if not self._came and not self._went:
            return
        targets = _find(connection, {name for _, name, _ in (*self._came, *self._went)})
        came = [
            {"target": target.position, "position": e.position, "known_from": at}
            for e, name, at in self._came
            if (target := targets.get(name)) is not None and target.recorded_by != e.recorded_by
        ]
        went = [
            {"which": target.position, "by": e.position, "at": at}
            for e, name, at in self._went
            if (target := targets.get(name)) is not None
        ]
        if came:
            rows = [{**row, "known_to": FOR_EVER} for row in came]
            connection.execute(insert(ENDORSEMENTS[self._edition]), rows)
        if went:
            connection.execute(_ending(self._edition), went)
        self._came, self._went = [], []


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


def _endorsing(entries: Iterable[Entry], at: int) -> list[tuple[Entry, UUID, int]]:
    """The endorsements among entries, with what each names."""
    return [(e, e.event.entry, at) for e in entries if isinstance(e.event, EntryEndorsed)]


def _find(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Entry]:
    """The entries with these ids, as they were recorded."""
    e, names, found = events.c, [str(each) for each in ids], dict[UUID, Entry]()
    for lot in in_lots(names):
        asked = select(e.position, e.leaf).where(e.id.in_(lot))
        for position, leaf in connection.execute(asked):
            entry = entry_of(leaf, position)
            found[entry.id] = entry
    return found


def _ending(edition: int) -> Update:
    """Ends the row of an endorsement that stood until a position."""
    e = ENDORSEMENTS[edition].c
    which, by = (bindparam(name, type_=e.position.type) for name in ("which", "by"))
    at = bindparam("at", type_=e.known_to.type)
    was_open = (e.target == which, e.position == by, e.known_from < at, e.known_to == FOR_EVER)
    return update(ENDORSEMENTS[edition]).where(*was_open).values(known_to=at)
