"""What is to be told of a story beside its state: anomalies, undated claims, disputes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from domain.entry import Entry
from domain.story import Story, place
from projections.change import Trouble, troubles_of
from projections.lines import Stretch, Value
from projections.passages import Passage
from projections.stored import Note, format_notes
from projections.tables import BEGINNING, FOR_EVER
from projections.world import Mention

ANOMALY = "anomaly"
UNDATED = "undated"
DISPUTING = "disputing"


@dataclass(frozen=True, slots=True)
class Noted:
    """A note, from one minute until another; the facet names the sort and the entry."""

    facet: str
    start: int
    end: int
    note: Note

    def stretch(self, shelf: int) -> Stretch:
        """The rectangle that tells it."""
        return Stretch(self.start, self.end, Value(format_notes((self.note,)), 0, shelf))


def notes_of(passage: Passage, members: Mapping[UUID, Entry]) -> frozenset[Noted]:
    """The notes that a passage gives rise to; what was wrong in it stays so after it."""
    found = {
        _noted(UNDATED, BEGINNING, placed.hi, placed.entry)
        for placed in passage.placed
        if placed.lo is None
    }
    starts = [*(piece.start for piece in passage.pieces), FOR_EVER]
    for (start, end), piece in zip(pairwise(starts), passage.pieces, strict=True):
        for anomaly in piece.anomalies:
            clash = anomaly.clashes_with
            other = None if clash is None else members[clash]
            found.add(_wrong(start, end, Trouble(anomaly, members[anomaly.entry], other)))
    return frozenset(_joined(found))


def story_notes(story: Story, members: Mapping[UUID, Entry]) -> frozenset[Noted]:
    """The notes on a story as a whole: circles, and entries that dispute others."""
    circles = troubles_of(story.anomalies, members)
    disputes = (
        _noted(DISPUTING, max(place(entry).folds_at, BEGINNING), FOR_EVER, entry)
        for entry in story.disputing
    )
    return frozenset([*map(always_wrong, circles), *disputes])


def always_wrong(trouble: Trouble) -> Noted:
    """A note on what is wrong whatever the minute."""
    return _wrong(BEGINNING, FOR_EVER, trouble)


def _noted(sort: str, start: int, end: int, entry: Entry) -> Noted:
    return Noted(f"{sort}:{entry.id}", start, end, Note(entry.id, Mention.of(entry)))


def _wrong(start: int, end: int, trouble: Trouble) -> Noted:
    anomaly, clash = trouble.anomaly, trouble.clash
    note = Note(
        entry=anomaly.entry,
        mention=Mention.of(trouble.entry),
        code=anomaly.code,
        rule=anomaly.rule,
        clash=anomaly.clashes_with,
        clash_mention=None if clash is None else Mention.of(clash),
    )
    return Noted(f"{ANOMALY}:{anomaly.code}:{anomaly.entry}", max(start, BEGINNING), end, note)


def _joined(notes: Iterable[Noted]) -> Iterator[Noted]:
    """Notes that say the same from one minute to the next as one."""
    last: Noted | None = None
    for noted in sorted(notes, key=lambda n: (n.facet, n.start)):
        if last is not None and (last.facet, last.end, last.note) == (
            noted.facet,
            noted.start,
            noted.note,
        ):
            last = Noted(last.facet, last.start, noted.end, noted.note)
            continue
        if last is not None:
            yield last
        last = noted
    if last is not None:
        yield last
