"""What one entry of the log changes in the record: the one thing that read models are fed with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Entry
from domain.state import Anomaly
from domain.story import amend, correct_or_tell

KEPT = 20_000
"""Entries of streams that stay in memory, some kilobytes each."""
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


@dataclass(slots=True)
class _Stream:
    """A stream as far as it was taken: as recorded, as it stands, and what misfits."""

    told: list[Entry]
    standing: dict[UUID, Entry]
    anomalies: list[Anomaly]


class Amending:
    """Says of each entry, in log order, what it changes.

    The streams about which something was said lately stay in memory, so that one
    more correction costs one more correction.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._kept: OrderedDict[str, _Stream] = OrderedDict()
        self._size = 0

    def stream(self, name: str, upto: int) -> Sequence[Entry]:
        """The entries of a stream as far as a position."""
        kept = self._kept.get(name)
        if kept is None:
            return self._streams(name, upto)
        return [entry for entry in kept.told if entry.position <= upto]

    def change_of(self, entry: Entry) -> Change:
        """What an entry changes; the entries before it have been told."""
        if not isinstance(entry.event, EntryCorrected | EntryRetracted):
            if (stream := self._kept.get(entry.stream)) is not None:
                stream.told.append(entry)
                stream.standing[entry.id] = entry
                self._size += 1
            return Change(entry, (), (entry,))
        stream = self._stream_of(entry)
        stream.told.append(entry)
        self._size += 1
        if isinstance(entry.event, EntryCorrected):
            return _corrected(stream, entry, entry.event.entry)
        return _retracted(stream, entry)

    def _stream_of(self, entry: Entry) -> _Stream:
        """The stream of an entry as it stood before it."""
        kept = self._kept.get(entry.stream)
        if kept is None:
            told = list(self._streams(entry.stream, entry.position - 1))
            amended, anomalies = amend(told)
            kept = _Stream(told, {e.id: e for e in amended}, list(anomalies))
            self._kept[entry.stream] = kept
            self._size += len(told)
        self._kept.move_to_end(entry.stream)
        while self._size > KEPT and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1].told)
        return kept


def _corrected(stream: _Stream, correction: Entry, name: UUID) -> Change:
    """One more correction, which is the last to be written in."""
    was = stream.standing.get(name)
    if was is None:
        return Change(correction, (), ())
    now, anomaly = correct_or_tell(was, correction)
    stream.standing[name] = now
    stream.anomalies += [] if anomaly is None else [anomaly]
    troubles = _troubles(stream) if stream.anomalies else None
    if anomaly is not None:
        return Change(correction, (), (), troubles)
    return Change(correction, (was,), (now,), troubles)


def _retracted(stream: _Stream, retraction: Entry) -> Change:
    """A retraction can bring back what another one took away, so all is amended anew."""
    was = stream.standing
    amended, anomalies = amend(stream.told)
    stream.standing, stream.anomalies = {e.id: e for e in amended}, list(anomalies)
    return Change(
        entry=retraction,
        gone=tuple(e for i, e in was.items() if stream.standing.get(i) != e),
        come=tuple(e for i, e in stream.standing.items() if was.get(i) != e),
        troubles=_troubles(stream),
    )


def _troubles(stream: _Stream) -> tuple[Trouble, ...]:
    return troubles_of(stream.anomalies, {e.id: e for e in stream.told} | stream.standing)


def troubles_of(anomalies: Iterable[Anomaly], known: Mapping[UUID, Entry]) -> tuple[Trouble, ...]:
    """Anomalies with the entries that they name, as these stand."""
    return tuple(
        Trouble(a, known[a.entry], None if a.clashes_with is None else known[a.clashes_with])
        for a in anomalies
    )
