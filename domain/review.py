"""Four eyes: the rule by which an entry counts as reviewed.

An entry is reviewed while it reads as others have checked it:

- somebody who did not record it has endorsed it, and the endorsement stands;
- the corrections in force when they endorsed it are still in force, because nobody
  checked how it reads without them;
- each correction in force was checked by somebody who did not record it: by who
  endorsed the entry after it, or by who endorsed the correction itself.

A correction is an entry of its own and is reviewed by the same rule, which for want of
corrections of it is the first line alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from uuid import UUID

from domain.entries import EntryCorrected, EntryEndorsed, EntryRetracted
from domain.entry import Entry
from domain.event import EntryEvent

NONE = frozenset[UUID]()
Review = tuple[int, int]
"""The position of an entry that is reviewed, and of an endorsement by which it is."""


class Said:
    """A record and all that was said about it, told entry by entry in log order."""

    def __init__(self, told: Iterable[Entry] = ()) -> None:
        """Begin with what was told before."""
        self._entries: dict[UUID, Entry] = {}
        self._recorded: dict[str, set[UUID]] = {}
        # How many standing retractions name each entry.
        self._against: Counter[UUID] = Counter()
        # The corrections in force of each entry, and those that were when it was endorsed.
        self._in_force: dict[UUID, frozenset[UUID]] = {}
        self._seen: dict[UUID, frozenset[UUID]] = {}
        for entry in told:
            self.tell(entry)

    def tell(self, entry: Entry) -> None:
        """Take one more entry in."""
        self._entries[entry.id] = entry
        self._recorded.setdefault(entry.recorded_by, set()).add(entry.id)
        event = entry.event
        if isinstance(event, EntryEndorsed):
            self._seen[entry.id] = self._in_force.get(event.entry, NONE)
        elif isinstance(event, EntryCorrected):
            self._in_force[event.entry] = self._in_force.get(event.entry, NONE) | {entry.id}
        elif isinstance(event, EntryRetracted):
            for turned in self._turned(event.entry):
                if isinstance(turned.event, EntryCorrected):
                    self._in_force[turned.event.entry] ^= {turned.id}

    def reviews(self) -> frozenset[Review]:
        """The reviews there are by now."""
        by_others = [
            (endorsement, target)
            for endorsement in map(self._entries.__getitem__, self._seen)
            if not self._against[endorsement.id] and (target := self._checked_by(endorsement))
        ]
        by_itself = {target.id for _, target in by_others}
        found: set[Review] = set()
        for endorsement, target in by_others:
            then, now = self._seen[endorsement.id], self._in_force.get(target.id, NONE)
            own = now & self._recorded[endorsement.recorded_by]
            if then <= now and (now - then) | own <= by_itself:
                found.add((target.position, endorsement.position))
        return frozenset(found)

    def _turned(self, named: UUID) -> Iterator[Entry]:
        """The entries that stand no longer, or again, because the first of them is retracted."""
        more = 1
        while (entry := self._entries.get(named)) is not None:
            stood = not self._against[named]
            self._against[named] += more
            if stood == (not self._against[named]):
                return
            yield entry
            if not isinstance(entry.event, EntryRetracted):
                return
            # A retraction that falls gives back what it took, and takes it again when it rises.
            named, more = entry.event.entry, -1 if stood else 1

    def _checked_by(self, endorsement: Entry) -> Entry | None:
        """What somebody endorsed who had not recorded it."""
        event = endorsement.event
        target = self._entries.get(event.entry) if isinstance(event, EntryEndorsed) else None
        own = target is not None and target.recorded_by == endorsement.recorded_by
        return None if own else target


def reviews_in(told: Iterable[Entry]) -> frozenset[Review]:
    """The reviews among entries in log order: of one stream, or of any number of whole ones."""
    found: set[Review] = set()
    for about in by_record(told).values():
        if any(isinstance(entry.event, EntryEndorsed) for entry in about):
            found |= Said(about).reviews()
    return frozenset(found)


def by_record(told: Iterable[Entry]) -> dict[UUID, list[Entry]]:
    """Entries in order by the record that they are about in the end, which is the first of them."""
    record: dict[UUID, UUID] = {}
    found: dict[UUID, list[Entry]] = {}
    for entry in told:
        named = entry.event.entry if isinstance(entry.event, EntryEvent) else entry.id
        record[entry.id] = record.get(named, entry.id)
        found.setdefault(record[entry.id], []).append(entry)
    return found
