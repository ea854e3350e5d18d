"""What if: bodies that are folded as if they were recorded next, and never are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.batch import Writer
from app.bodies import read_bodies
from app.drafting import draft_or_refuse
from app.parley import Parley
from app.pending import Pending
from domain.decide import as_entry
from domain.entries import EntryRetracted
from domain.entry import Entry
from domain.errors import InvalidInput, Problem
from ledger.reading import StreamHead

MAX_SUPPOSED = 100
"""The most events of one scenario; more than a reader can keep in mind, and quick to fold."""


class _LogThen:
    """The log as it was at some position, for whatever asks what is known."""

    def __init__(self, log: Sequence[Entry]) -> None:
        self._entries = {entry.id: entry for entry in log}
        self._streams: dict[str, list[Entry]] = {}
        for entry in log:
            self._streams.setdefault(entry.stream, []).append(entry)

    def stream_heads(self, names: Iterable[str]) -> dict[str, StreamHead]:
        there = {name: self._streams[name] for name in names if name in self._streams}
        return {name: _head_of(entries) for name, entries in there.items()}

    def stream(self, name: str) -> Sequence[Entry]:
        return self._streams.get(name, ())

    def by_ids(self, ids: Iterable[UUID]) -> dict[UUID, Entry]:
        return {name: self._entries[name] for name in ids if name in self._entries}


def _head_of(entries: Sequence[Entry]) -> StreamHead:
    return StreamHead(len(entries), any(isinstance(e.event, EntryRetracted) for e in entries))


def suppose(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], log: Sequence[Entry]
) -> list[Entry]:
    """The entries that the bodies would be, after `log`.

    They are held against that log as a record is against the whole of it, and
    refused for the same reasons, every bad one by its index; but they need no
    citation, because nobody says them. Their ids are made up and never leave the
    answer.
    """
    if not 1 <= len(bodies) <= MAX_SUPPOSED:
        rule = f"holds {len(bodies)} events"
        raise InvalidInput(Problem("events", rule, f"suppose between 1 and {MAX_SUPPOSED}"))
    read = read_bodies(bodies, negotiation, parley.new_id, supposed=True)
    writer = Writer(negotiation, parley.settings.subject)
    drafts = draft_or_refuse(read, writer, Pending(_LogThen(log)))
    first = max((entry.position for entry in log), default=0) + 1
    supposed: list[Entry] = []
    for position, draft in enumerate(drafts, start=first):
        before = [entry for entry in (*log, *supposed) if entry.stream == draft.stream]
        supposed.append(replace(as_entry(draft, before), position=position))
    return supposed
