"""What corrections and retractions do beyond their own entry: told to a person, never refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.entry_drafts import DATING
from app.pending import PROVISIONAL, Pending, taken_back_by
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Draft, Entry
from domain.event import COMMONS, Event, WorldEvent
from domain.references import references
from domain.registry import EVOLVE
from domain.state import Anomaly
from domain.story import anomalies_of, tell
from ledger.filter import Filter
from ledger.log import Ledger

MAX_TEXTS = 16
"""Names that the database is asked to look for in every leaf; for more, reading each is quicker."""
_ALL = PROVISIONAL << 1
"""After every position, those of a batch included."""


@dataclass(frozen=True, slots=True)
class Dependant:
    """An entry of another thing that was recorded by the light of `names`.

    Its start was narrowed by it, or it names the thing that it opened.
    """

    id: UUID
    position: int
    kind: str
    stream: str
    names: UUID


@dataclass(frozen=True, slots=True)
class Effects:
    """Anomalies that were not there before, and entries that a person should look at again."""

    anomalies: tuple[Anomaly, ...] = ()
    dependants: tuple[Dependant, ...] = ()


@dataclass(frozen=True, slots=True)
class _Changed:
    """Records that may have another date now, and by stream what had opened a closed thing."""

    records: Mapping[UUID, Entry]
    closed: Mapping[str, Entry]

    def texts(self) -> tuple[str, ...]:
        """What a leaf holds that names one of them: an id, or the end of a slug or a stream."""
        slugs = {f'{record.slug}"' for record in self.closed.values()}
        return (*sorted(map(str, self.records)), *sorted(slugs))

    def named_by(self, entry: Entry) -> set[UUID]:
        """The changed records of other things by whose light the entry was recorded."""
        ordering = _ordering(entry.event) & self.records.keys()
        found = {name for name in ordering if self.records[name].stream != entry.stream}
        if self.closed:
            named = (r for r in references(entry.event) if r.to != "event")
            streams = {reference.stream(entry.negotiation) for reference in named}
            found |= {self.closed[s].id for s in streams & self.closed.keys() - {entry.stream}}
        return found

    def may_be_named_by(self, entry: Entry) -> bool:
        """The same, asked quickly; the values of a correction are looked at as text only."""
        event = entry.event
        if not isinstance(event, EntryCorrected):
            return bool(self.named_by(entry))
        text = str(event.set) if self.closed else ""
        is_spelled = any(record.slug in text for record in self.closed.values())
        return is_spelled or bool(_ordering(event) & self.records.keys())


@dataclass(slots=True)
class Searched:
    """What may name the changed records, as far as the log was looked through for it.

    What is decided anew because another writer was quicker goes on from there. `end` is
    how much of the log there is to look through, by default all of it.
    """

    end: int | None = None
    asked: object = None
    upto: int = 0
    found: list[Entry] = field(default_factory=list)

    def entries(
        self, ledger: Ledger, texts: Sequence[str], after: int, negotiation: str | None
    ) -> Sequence[Entry]:
        """The entries after a position that hold any of the texts, and perhaps others."""
        if self.asked != (texts, after, negotiation):
            self.asked, self.upto, self.found = (texts, after, negotiation), after, []
        size = ledger.head().size if self.end is None else self.end
        if len(texts) <= MAX_TEXTS:
            self.found += ledger.holding(texts, self.upto, size, negotiation)
        else:
            self.found += ledger.entries(self.upto, size, Filter(negotiation=negotiation))
        self.upto = size
        return self.found


def effects_of(
    drafts: Sequence[Draft], pending: Pending, ledger: Ledger, searched: Searched | None = None
) -> Effects:
    """What these drafts, all of them in `pending` by now, do to stories and dependants."""
    amending = [d for d in drafts if isinstance(d.event, EntryCorrected | EntryRetracted)]
    if not amending:
        return Effects()
    anomalies = [
        anomaly
        for stream in dict.fromkeys(draft.stream for draft in amending)
        for anomaly in _added_anomalies(pending.history(stream))
    ]
    records = [record for draft in amending if (record := _moved(draft, pending))]
    streams = {record.stream for record in records}
    closed = {stream: gone for stream in streams if (gone := _closed(stream, pending))}
    changed = _Changed({record.id: record for record in records}, closed)
    dependants = _dependants(changed, pending, ledger, searched or Searched())
    return Effects(tuple(anomalies), tuple(dependants))


def _added_anomalies(history: Sequence[Entry]) -> Iterator[Anomaly]:
    evolve = EVOLVE[history[0].thing]
    before = anomalies_of(tell(history, PROVISIONAL), evolve)
    for anomaly in anomalies_of(tell(history, _ALL), evolve):
        if anomaly not in before:
            yield anomaly


def _moved(draft: Draft, pending: Pending) -> Entry | None:
    """The record whose date may have changed: one that was recorded before this batch."""
    event = draft.event
    if isinstance(event, EntryCorrected) and not DATING & {*event.set, *event.unset}:
        return None
    entry = pending.find(draft.id)
    record = entry and pending.record_of(entry)
    return record if record is not None and record.position < PROVISIONAL else None


def _closed(stream: str, pending: Pending) -> Entry | None:
    """What opened a thing that was known before this batch and is no more."""
    retraction = pending.taken_back(stream)
    if retraction is None or not isinstance(retraction.event, EntryRetracted):
        return None
    before = [entry for entry in pending.history(stream) if entry.position < PROVISIONAL]
    return pending.find(retraction.event.entry) if taken_back_by(before) is None else None


def _dependants(
    changed: _Changed, pending: Pending, ledger: Ledger, searched: Searched
) -> Iterator[Dependant]:
    """Entries of other things that name what changed, looked for in what came after it."""
    if not changed.records:
        return
    owners = {record.negotiation for record in changed.records.values()}
    owner = owners.pop() if len(owners) == 1 else COMMONS
    # Anyone may name what is in the commons; a negotiation's own is named within it.
    within = None if owner == COMMONS else owner
    # A thing may have been opened, and named, before the opening that is closed now.
    opened = [pending.history(stream)[0].position for stream in changed.closed]
    first = min([*opened, *(record.position for record in changed.records.values())])
    seen: set[UUID] = set()
    for entry in searched.entries(ledger, changed.texts(), first, within):
        event = entry.event
        naming = event.entry if isinstance(event, EntryCorrected) else entry.id
        if naming in seen or not changed.may_be_named_by(entry):
            continue
        seen.add(naming)
        known = pending.as_known_now(naming)
        if known is not None:
            for name in sorted(changed.named_by(known)):
                yield Dependant(known.id, known.position, known.kind, known.stream, name)


def _ordering(event: Event) -> set[UUID]:
    """The entries that an event, or the new value in a correction, is ordered by."""
    if isinstance(event, EntryCorrected):
        given = (*event.set.get("after", ()), *event.set.get("before", ()))
        return {UUID(str(name)) for name in given}
    return {*event.after, *event.before} if isinstance(event, WorldEvent) else set()
