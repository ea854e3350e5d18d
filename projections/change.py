"""What one entry of the log changes in the record: the one thing that read models are fed with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Entry
from domain.state import Anomaly
from domain.story import amend

Streams: TypeAlias = Callable[[str, int], Sequence[Entry]]
"""The entries of a stream as far as a position, in order."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a record itself: an anomaly, and the entries that it names."""

    anomaly: Anomaly
    entry: Entry
    clash: Entry | None


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the log, and the entries that stand otherwise because of it.

    `gone` are entries as they stood before, amended, that stand so no longer;
    `come` are entries as they stand from this position on. A plain record comes
    itself; a correction takes the old form of an entry away and brings the new
    one; a retraction takes one away, and one of a retraction brings it back.
    Links and endorsements come and go like records. `troubles` are all
    corrections of the stream that do not fit any more, or None where that is as
    it was.
    """

    entry: Entry
    gone: tuple[Entry, ...]
    come: tuple[Entry, ...]
    troubles: tuple[Trouble, ...] | None = None

    @property
    def position(self) -> int:
        """The position from which it is known."""
        return self.entry.position


def change_of(entry: Entry, streams: Streams) -> Change:
    """What an entry changes; reads its stream where it says something about another entry."""
    if not isinstance(entry.event, EntryCorrected | EntryRetracted):
        return Change(entry, (), (entry,))
    told = streams(entry.stream, entry.position)
    was = {e.id: e for e in amend(told[:-1])[0]}
    amended, anomalies = amend(told)
    now = {e.id: e for e in amended}
    known = {e.id: e for e in told} | now
    return Change(
        entry=entry,
        gone=tuple(e for i, e in was.items() if now.get(i) != e),
        come=tuple(e for i, e in now.items() if was.get(i) != e),
        troubles=troubles_of(anomalies, known),
    )


def troubles_of(anomalies: Iterable[Anomaly], known: Mapping[UUID, Entry]) -> tuple[Trouble, ...]:
    """Anomalies with the entries that they name, as these stand."""
    return tuple(
        Trouble(a, known[a.entry], None if a.clashes_with is None else known[a.clashes_with])
        for a in anomalies
    )
