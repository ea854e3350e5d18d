"""The log as it would be with the members of a batch that are yet to be recorded.

What a batch says is held against the log *and* its own earlier members: an
actor registered in the first line may pledge in the second. Nothing is read
twice, and a stream is read only if something asks what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from domain.decide import as_entry
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Draft, Entry
from domain.story import amend
from ledger.reading import StreamHead

PROVISIONAL = 1 << 52
"""Members of a batch have no position yet; they count from here, after every position there is."""


class Known(Protocol):
    """What is known before the batch: the ledger, or a log as it was at some position."""

    def stream_heads(self, names: Iterable[str], /) -> dict[str, StreamHead]:
        """Where each of these streams stands; those that do not exist are left out."""
        ...

    def stream(self, name: str, /) -> Sequence[Entry]:
        """The entries of one stream in order."""
        ...

    def by_ids(self, ids: Iterable[UUID], /) -> dict[UUID, Entry]:
        """The entries with these ids; those that are not known are left out."""
        ...


class Pending:
    """Reads of the log that see the batch; throw it away and begin anew after a conflict."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._versions: dict[str, int] = {}
        self._histories: dict[str, list[Entry]] = {}
        self._found: dict[UUID, Entry | None] = {}
        self._added: dict[UUID, Entry] = {}
        self._added_on: dict[str, list[Entry]] = {}
        self._refused: set[str | UUID] = set()
        self._taken_back: dict[str, tuple[int, Entry | None]] = {}
        self._retracted_on: set[str] = set()

    def look_up(self, streams: Iterable[str]) -> None:
        """Ask for the versions of many streams in one question."""
        names = [name for name in dict.fromkeys(streams) if name not in self._versions]
        if names:
            heads = self._known.stream_heads(names)
            self._versions |= dict.fromkeys(names, 0)
            self._versions |= {name: head.version for name, head in heads.items()}
            self._retracted_on |= {name for name, head in heads.items() if head.has_retractions}

    def version(self, stream: str) -> int:
        """The version the stream stands at; 0 if nothing is known of it."""
        self.look_up([stream])
        return self._versions[stream]

    def history(self, stream: str) -> list[Entry]:
        """Every entry of the stream, in the order of its versions."""
        if stream not in self._histories:
            added = self._added_on.get(stream, [])
            is_recorded = self.version(stream) > len(added)
            recorded = self._known.stream(stream) if is_recorded else ()
            self._histories[stream] = [*recorded, *added]
            self._versions[stream] = len(self._histories[stream])
        return self._histories[stream]

    def taken_back(self, stream: str) -> Entry | None:
        """The retraction of what opened the thing; None if it stands or was never there."""
        version = self.version(stream)
        if stream not in self._retracted_on:
            # Then it need not be read.
            return None
        if self._taken_back.get(stream, (0, None))[0] != version:
            self._taken_back[stream] = version, taken_back_by(self.history(stream))
        return self._taken_back[stream][1]

    def look_up_entries(self, ids: Iterable[UUID]) -> None:
        """Ask for many entries in one question."""
        unknown = [name for name in dict.fromkeys(ids) if name not in self._found]
        if unknown:
            self._found |= dict.fromkeys(unknown) | self._known.by_ids(unknown)

    def find(self, event_id: UUID) -> Entry | None:
        """The entry with this id."""
        if event_id in self._added:
            return self._added[event_id]
        self.look_up_entries([event_id])
        return self._found[event_id]

    def as_known_now(self, event_id: UUID) -> Entry | None:
        """The entry with every correction written in; None if it was taken back."""
        entry = self.find(event_id)
        if entry is None:
            return None
        amended, _ = amend(self.history(entry.stream))
        return next((each for each in amended if each.id == event_id), None)

    def record_of(self, entry: Entry) -> Entry:
        """The record that an entry event is about in the end, through corrections of it."""
        while isinstance(entry.event, EntryCorrected | EntryRetracted):
            named = self.find(entry.event.entry)
            if named is None:
                break
            entry = named
        return entry

    def add(self, draft: Draft) -> Entry:
        """Take a member of the batch; from now on it is seen as if recorded."""
        version = self.version(draft.stream) + 1
        position = PROVISIONAL + len(self._added) + 1
        entry = replace(as_entry(draft, ()), position=position, version=version)
        self._added[draft.id] = entry
        self._added_on.setdefault(draft.stream, []).append(entry)
        self._versions[draft.stream] = version
        if isinstance(draft.event, EntryRetracted):
            self._retracted_on.add(draft.stream)
        if draft.stream in self._histories:
            self._histories[draft.stream].append(entry)
        return entry

    def refuse(self, *names: str | UUID) -> None:
        """Remember the stream and the id of a member that is refused.

        Members that build on it are not blamed for its absence.
        """
        self._refused.update(names)

    def is_refused(self, name: str | UUID) -> bool:
        """Whether a refused member would have made this stream or id known."""
        return name in self._refused


def retraction_of(event_id: UUID, history: Iterable[Entry]) -> Entry | None:
    """The standing retraction of an entry; None if the entry stands."""
    retracted: dict[UUID, Entry] = {}
    for entry in reversed(list(history)):
        if entry.id not in retracted and isinstance(entry.event, EntryRetracted):
            retracted.setdefault(entry.event.entry, entry)
    return retracted.get(event_id)


def taken_back_by(history: Sequence[Entry]) -> Entry | None:
    """The last retraction of what opened a thing; None if anything that opened it stands."""
    retractions: dict[UUID, Entry] = {}
    last: Entry | None = None
    for entry in reversed(history):
        retraction = retractions.get(entry.id)
        if isinstance(entry.event, EntryRetracted):
            if retraction is None:
                retractions.setdefault(entry.event.entry, entry)
        elif type(entry.event).OPENS:
            if retraction is None:
                return None
            last = last or retraction
    return last
