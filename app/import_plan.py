"""What an import would do: every entry of a file held against what was imported before.

The key is the identity of an entry and the digest says whether it changed since
it was last imported, so a correction made by hand in between is not undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.batch import Member
from app.bodies import claims_of
from app.pending import Pending, retraction_of
from domain.entries import EntryCorrected, EntryLinked, EntryRetracted
from domain.entry import Entry, Import, stream_of
from domain.errors import Conflict, InvalidInput, NotFound, ParleyError, Problem
from domain.event import COMMONS, EntryEvent, Event, ThingEvent
from domain.registry import read_event
from domain.story import corrected_event
from exchange.mapping import (
    GENERATION,
    Case,
    CaseEntry,
    digest_of,
    import_id,
    is_id,
    resolve,
    scope_of,
)
from ledger.log import Ledger
from ledger.reading import LastImport

CHANGED = "The imported entry has changed."
"""The reason of a correction by import."""
REPLACED = "The imported entry is of another kind or thing now."
"""The reason of a retraction by import."""


@dataclass(slots=True)
class Plan:
    """What to record for which key, in the order of the file; lists of keys for the summary."""

    members: list[Member] = field(default_factory=list)
    sources: list[CaseEntry] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    refused: list[tuple[CaseEntry, ParleyError]] = field(default_factory=list)

    def add(self, entry: CaseEntry, *members: Member) -> None:
        """Record these members for an entry; each knows its place in the plan."""
        for member in members:
            self.members.append(replace(member, index=len(self.members)))
            self.sources.append(entry)


class Planner:
    """Plans one import; `skip` are keys that were refused and stay out."""

    def __init__(
        self,
        case: Case,
        ledger: Ledger,
        pending: Pending,
        new_id: Callable[[], UUID],
        skip: Collection[str] = (),
    ) -> None:
        self._case, self._pending, self._new_id = case, pending, new_id
        self._entries = case.by_key()
        self._known = {
            scope: ledger.imports(scope, case.format) for scope in (case.negotiation, COMMONS)
        }
        owners = self._owners()
        self._scopes = {e.key: scope_of(e, case, self._entries, owners) for e in case.entries}
        self._keys = {e.key: self._newest(e.key) for e in case.entries}
        self._skip = frozenset(skip)
        self._ids = {k: self._id(k) for k in self._keys if self._can_be_named(k)}

    def plan(self) -> Plan:
        """What the import would record; entries that cannot be read are in `refused`."""
        plan = Plan()
        entries = [entry for entry in self._case.entries if entry.key not in self._skip]
        self._pending.look_up_entries(self._ids.values())
        found = map(self._pending.find, self._ids.values())
        self._pending.look_up(entry.stream for entry in found if entry is not None)
        for entry in entries:
            try:
                if entry.fault is not None:
                    raise entry.fault
                event = read_event(resolve(entry, self._ids, self._entries))
                self._take(entry, event, plan)
            except (InvalidInput, NotFound, Conflict) as error:
                plan.refused.append((entry, error))
                self._pending.refuse(
                    self._id(entry.key), *claims_of(entry.body, self._case.negotiation)
                )
        return plan

    def vanished(self, *, with_commons: bool) -> tuple[str, ...]:
        """Keys that were imported before and are in the file no more."""
        scopes = [self._case.negotiation, *([COMMONS] if with_commons else [])]
        before = {key.partition(GENERATION)[0] for scope in scopes for key in self._known[scope]}
        return tuple(sorted(before - self._entries.keys()))

    def _owners(self) -> dict[str, str]:
        """The owners of entries of the log that entries of the case name by id."""
        named = [str(entry.body.get("entry")) for entry in self._case.entries]
        ids = {UUID(name): name for name in named if is_id(name)}
        self._pending.look_up_entries(ids)
        found = ((name, self._pending.find(event_id)) for event_id, name in ids.items())
        return {name: entry.negotiation for name, entry in found if entry is not None}

    def _take(self, entry: CaseEntry, event: Event, plan: Plan) -> None:
        known = self._last(entry.key)
        digest = digest_of(event)
        if known is None and entry.if_unknown and self._is_known(event):
            plan.unchanged.append(entry.key)
        elif known is None:
            plan.recorded.append(entry.key)
            plan.add(entry, self._member(entry.key, event, digest))
        elif known.digest == digest:
            plan.unchanged.append(entry.key)
        else:
            self._change(entry, event, digest, known.id, plan)

    def _is_known(self, event: Event) -> bool:
        """Whether somebody else has made the thing known that an entry would open."""
        if not isinstance(event, ThingEvent):
            return False
        return self._pending.version(stream_of(event, self._case.negotiation)) > 0

    def _change(
        self, entry: CaseEntry, event: Event, digest: str, record_id: UUID, plan: Plan
    ) -> None:
        record = self._pending.find(record_id)
        if record is None:
            raise RuntimeError(f"{record_id} was imported and is not in the log")
        if record.negotiation == COMMONS:
            self._refuse_another(entry.key, record, event)
        history = self._pending.history(record.stream)
        if retraction_of(record.id, history) is not None:
            plan.left.append(entry.key)
            return
        if not self._stays(record, event):
            self._replace(entry, event, digest, record, plan)
            return
        changes = _changes(as_last_imported(record, history), event)
        if not changes:
            plan.unchanged.append(entry.key)
            return
        body = {"kind": "entry.corrected", "entry": str(record.id), "reason": CHANGED, **changes}
        correction = read_event({**body, "schema": type(event).class_version})
        imported = Import(self._case.format, self._keys[entry.key], digest)
        plan.corrected.append(entry.key)
        plan.add(entry, Member(correction, self._new_id(), imported=imported))

    def _refuse_another(self, key: str, record: Entry, event: Event) -> None:
        """Raise Conflict where the key stands for something else in the commons.

        All cases share the keys there, so the record may be another case's, and
        to take its place would take it from that case.
        """
        if self._stays(record, event):
            return
        if isinstance(event, EntryEvent) and isinstance(record.event, EntryEvent):
            target = self._pending.find(event.entry)
            if target is not None and target.stream == record.stream:
                return
        rule = f"key {key} is {record.kind} on {record.stream}, imported before"
        raise Conflict(Problem("key", rule, "rename the key"))

    def _replace(
        self, entry: CaseEntry, event: Event, digest: str, record: Entry, plan: Plan
    ) -> None:
        base, _, generation = self._keys[entry.key].partition(GENERATION)
        self._keys[entry.key] = f"{base}{GENERATION}{int(generation or 1) + 1}"
        retraction = EntryRetracted(
            entry=record.id, reason=REPLACED, replaced_by=self._id(entry.key)
        )
        self._ids[entry.key] = self._id(entry.key)
        plan.replaced.append(entry.key)
        plan.add(entry, Member(retraction, self._new_id()), self._member(entry.key, event, digest))

    def _stays(self, record: Entry, event: Event) -> bool:
        """Whether the change is a correction: the same kind, on the same stream."""
        if record.kind != event.TOPIC:
            return False
        if isinstance(event, EntryLinked) and isinstance(record.event, EntryLinked):
            return record.event.entry == event.entry
        if isinstance(event, ThingEvent):
            return record.stream == stream_of(event, self._case.negotiation)
        return False

    def _member(self, key: str, event: Event, digest: str) -> Member:
        imported = Import(self._case.format, self._keys[key], digest)
        return Member(event, self._id(key), imported=imported)

    def _newest(self, key: str) -> str:
        """The key that the entry of a file goes by now: itself, or its last replacement."""
        known = self._known[self._scopes[key]]
        newest, generation = key, 2
        while (replacement := f"{key}{GENERATION}{generation}") in known:
            newest, generation = replacement, generation + 1
        return newest

    def _can_be_named(self, key: str) -> bool:
        """Whether entries of the file may name it: it will be there, or an earlier import was.

        In the commons that import may have been another case's, and of something else.
        """
        is_own = self._scopes[key] != COMMONS and self._last(key) is not None
        return key not in self._skip or is_own

    def _id(self, key: str) -> UUID:
        last = self._last(key)
        if last is not None:
            return last.id
        return import_id(self._scopes[key], self._case.format, self._keys[key])

    def _last(self, key: str) -> LastImport | None:
        return self._known[self._scopes[key]].get(self._keys[key])


def as_last_imported(record: Entry, history: Collection[Entry]) -> Event:
    """The record as the last import of its key left it; corrections by hand are no part of it."""
    event = record.event
    for entry in history:
        correction = entry.event
        by_import = entry.imported is not None and isinstance(correction, EntryCorrected)
        if by_import and isinstance(correction, EntryEvent) and correction.entry == record.id:
            event = corrected_event(event, correction)
    return event


def _changes(old: Event, new: Event) -> dict[str, object]:
    """The whole attributes that differ, as a correction sets and unsets them."""
    before, now = old.body(), new.body()
    before.pop("id", None)
    changed = {name: value for name, value in now.items() if before.get(name) != value}
    gone = [name for name in before if name not in now]
    return {
        **({"set": changed} if changed else {}),
        **({"unset": gone} if gone else {}),
    }
