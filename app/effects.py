"""What corrections and retractions do beyond their own entry: told to a person, never refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.entry_drafts import DATING
from app.pending import PROVISIONAL, Pending
from domain.entries import EntryCorrected, EntryRetracted
from domain.entry import Draft, Entry
from domain.event import COMMONS, Event, WorldEvent
from domain.registry import EVOLVE
from domain.state import Anomaly
from domain.story import anomalies_of, tell
from ledger.filter import Filter
from ledger.log import Ledger

_ALL = PROVISIONAL << 1
"""After every position, those of a batch included."""


@dataclass(frozen=True, slots=True)
class Dependant:
    """An entry of another thing whose start was narrowed by `names` when it was recorded."""

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


def effects_of(drafts: Sequence[Draft], pending: Pending, ledger: Ledger) -> Effects:
    """What these drafts, all of them in `pending` by now, do to stories and dependants."""
    amending = [d for d in drafts if isinstance(d.event, EntryCorrected | EntryRetracted)]
    if not amending:
        return Effects()
    anomalies = [
        anomaly
        for stream in dict.fromkeys(draft.stream for draft in amending)
        for anomaly in _added_anomalies(pending.history(stream))
    ]
    moved = {record.id: record for draft in amending if (record := _moved(draft, pending))}
    return Effects(tuple(anomalies), tuple(_dependants(moved, pending, ledger)))


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


def _dependants(
    records: Mapping[UUID, Entry], pending: Pending, ledger: Ledger
) -> Iterator[Dependant]:
    """Entries of other things that name a moved record, found by reading what came after it."""
    if not records:
        return
    owners = {record.negotiation for record in records.values()}
    owner = owners.pop() if len(owners) == 1 else COMMONS
    # Anyone may name what is in the commons; a negotiation's own is named within it.
    where = Filter(negotiation=None if owner == COMMONS else owner)
    first = min(record.position for record in records.values())
    seen: set[UUID] = set()
    for entry in ledger.entries(after=first, where=where):
        event = entry.event
        ordered = event.entry if isinstance(event, EntryCorrected) else entry.id
        if ordered in seen or not _ordering(event) & records.keys():
            continue
        seen.add(ordered)
        known = pending.as_known_now(ordered)
        for name in () if known is None else sorted(_ordering(known.event) & records.keys()):
            if known is not None and known.stream != records[name].stream:
                yield Dependant(known.id, known.position, known.kind, known.stream, name)


def _ordering(event: Event) -> set[UUID]:
    """The entries that an event, or the new value in a correction, is ordered by."""
    if isinstance(event, EntryCorrected):
        given = (*event.set.get("after", ()), *event.set.get("before", ()))
        return {UUID(str(name)) for name in given}
    return {*event.after, *event.before} if isinstance(event, WorldEvent) else set()
