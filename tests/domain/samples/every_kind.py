"""The case in which every kind occurs, as a log would hold it, with the example of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from domain.decide import (
    as_entry,
    decide,
    decide_correction,
    decide_endorsement,
    narrow,
)
from domain.entries import EntryCorrected, EntryEndorsed
from domain.entry import Draft, Entry, Import, stream_of
from domain.event import EntryEvent, Event, ThingEvent
from domain.registry import read_event
from exchange.cases import case_named
from exchange.mapping import Case, CaseEntry, digest_of, import_id, resolve, scope_of

NAME = "every-kind"
RECORDER, REVIEWER = "user:recorder", "user:reviewer"
FIRST_SECOND = 1_767_225_600
"""2026-01-01T00:00:00Z; the case is recorded one entry a second."""


@cache
def read_case() -> Case:
    """The case as its files hold it."""
    return case_named(NAME)


@cache
def ids() -> Mapping[str, UUID]:
    """The id of each entry by its key, as an import gives it."""
    case = read_case()
    by_key = case.by_key()
    return {
        each.key: import_id(scope_of(each, case, by_key), case.format, each.key)
        for each in case.entries
    }


def event_of(entry: CaseEntry) -> Event:
    """The entry as the domain reads it, with ids for keys."""
    return read_event(resolve(entry, ids(), read_case().by_key()))


@cache
def recorded() -> tuple[Entry, ...]:
    """The case as a log would hold it; every entry is decided on the story before it."""
    log: list[Entry] = []
    for entry in read_case().entries:
        log.append(_record(entry, log))
    return tuple(log)


@cache
def examples() -> Mapping[str, CaseEntry]:
    """The example of each kind: the first entry of that kind."""
    found: dict[str, CaseEntry] = {}
    for entry in read_case().entries:
        found.setdefault(str(entry.body["kind"]), entry)
    return found


def _record(entry: CaseEntry, log: list[Entry]) -> Entry:
    event = event_of(entry)
    known = {each.id: each for each in log}
    who = REVIEWER if isinstance(event, EntryEndorsed) else RECORDER
    if isinstance(event, EntryEvent):
        stream = known[event.entry].stream
        history = [each for each in log if each.stream == stream]
        changed = _decide_on(event, known[event.entry], history, who)
        span = narrow(changed, stream, known)
    elif isinstance(event, ThingEvent):
        stream = stream_of(event, NAME)
        history = [each for each in log if each.stream == stream]
        span = narrow(event, stream, known)
    else:
        raise TypeError(f"{event.TOPIC} is for the log alone")
    imported = Import("parley-case", entry.key, digest_of(event))
    draft = Draft(event, stream, ids()[entry.key], who, span, imported=imported)
    decide(draft, history)
    return _in_log(as_entry(draft, history), len(log) + 1)


def _decide_on(event: EntryEvent, target: Entry, history: list[Entry], who: str) -> Event:
    """The event whose bounds the entry carries: the corrected one, if its date is corrected."""
    if isinstance(event, EntryEndorsed):
        decide_endorsement(event, target, history, who)
    if isinstance(event, EntryCorrected):
        corrected = decide_correction(event, target, history)
        if "occurred" in event.set:
            return corrected
    return event


def _in_log(entry: Entry, position: int) -> Entry:
    """The entry at its place in the log, with a time and a nonce that any run gives again."""
    return Entry(
        event=entry.event,
        stream=entry.stream,
        id=entry.id,
        recorded_by=entry.recorded_by,
        position=position,
        version=entry.version,
        recorded_at=(FIRST_SECOND + position) * 1_000_000,
        schema=entry.schema,
        nonce=position.to_bytes(16, "big").hex(),
        span=entry.span,
        imported=entry.imported,
    )
