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
from ledger.log import Ledger
from ledger.reading import StreamHead

MAX_SUPPOSED = 100
"""The most events of one scenario; more than a reader can keep in mind, and quick to fold."""


class LogThen:
    """The log as it was at some position, for whatever asks what is known."""

    def __init__(self, ledger: Ledger, position: int) -> None:
        self._ledger = ledger
        self._position = position
        self._streams: dict[str, Sequence[Entry]] = {}

    def stream_heads(self, names: Iterable[str]) -> dict[str, StreamHead]:
        """Where each of these streams stood; those that did not exist are left out."""
        now = self._ledger.existing_streams(names)
        return {name: _head_of(entries) for name in now if (entries := self.stream(name))}

    def stream(self, name: str) -> Sequence[Entry]:
        """The entries of one stream in order."""
        if name not in self._streams:
            self._streams[name] = self._ledger.stream(name, self._position)
        return self._streams[name]

    def by_ids(self, ids: Iterable[UUID]) -> dict[UUID, Entry]:
        """The entries with these ids; those that were not known are left out."""
        found = self._ledger.by_ids(ids)
        return {name: entry for name, entry in found.items() if entry.position <= self._position}


def _head_of(entries: Sequence[Entry]) -> StreamHead:
    return StreamHead(len(entries), any(isinstance(e.event, EntryRetracted) for e in entries))


def suppose(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], position: int
) -> list[Entry]:
    """The entries that the bodies would be, after the log as far as a position.

    They are held against that log as a record is against the whole of it, and
    refused for the same reasons, every bad one by its index; but they need no
    citation, because nobody says them. Their ids are made up and never leave the
    answer.
    """
    if not 1 <= len(bodies) <= MAX_SUPPOSED:
        rule = f"holds {len(bodies)} events"
        raise InvalidInput(Problem("body", rule, f"suppose between 1 and {MAX_SUPPOSED}"))
    read = read_bodies(bodies, negotiation, parley.new_id, supposed=True)
    writer = Writer(negotiation, parley.settings.subject)
    log = LogThen(parley.ledger, position)
    drafts = draft_or_refuse(read, writer, Pending(log))
    supposed: list[Entry] = []
    for place, draft in enumerate(drafts, start=position + 1):
        before = (*log.stream(draft.stream), *(e for e in supposed if e.stream == draft.stream))
        supposed.append(replace(as_entry(draft, before), position=place))
    return supposed
