"""Record: one event or an array, all or nothing, once for each idempotency key."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.batch import Request, Writer, check_names
from app.bodies import Body, Read, read_bodies
from app.drafting import draft_or_refuse
from app.effects import Dependant, Effects, Searched, effects_of
from app.parley import Parley
from app.pending import Pending
from app.supposing import LogThen
from domain.decide import as_entry
from domain.entry import Draft, Entry
from domain.errors import (
    Conflict,
    DuplicateId,
    InvalidInput,
    KeyConflict,
    NotFound,
    Problem,
    Unavailable,
)
from domain.negotiations import no_name
from domain.state import Anomaly
from domain.text import is_slug
from ledger.ticket import IdempotencyKey, Receipt

ATTEMPTS = 50
"""How often a record is decided when other writers are quicker on its stream: more often than
one process answers at a time, of whom each can be quicker once."""
PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds to wait at most before the next time, for each time that there was, and in all: at
random, so that those who meet do not meet again."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded, or would be.

    `receipts` is empty for a dry run of what was not recorded before; `entries` stand
    at the positions they have, or would have now. `anomalies` and `dependants` are what
    corrections and retractions among them did elsewhere. `replayed` says that all of it
    was recorded by an earlier request with the same key.
    """

    receipts: tuple[Receipt, ...]
    entries: tuple[Entry, ...]
    anomalies: tuple[Anomaly, ...] = ()
    dependants: tuple[Dependant, ...] = ()
    dry_run: bool = False
    replayed: bool = False


def record(  # noqa: PLR0913 - the parts of a request are named at the call.
    parley: Parley,
    negotiation: str,
    bodies: Body | Sequence[Body],
    *,
    subject: str | None = None,
    key: str | None = None,
    expected_version: int | None = None,
    dry_run: bool = False,
    request: str | None = None,
    auth: str | None = None,
    asked: Request | None = None,
) -> Recorded:
    """Record one body, or an array of them, in a negotiation.

    Raises one error that carries every broken rule of every bad member; then
    nothing is recorded. `expected_version` is the version the stream of a
    single body must stand at. A `key` used before for the same bodies gives
    what was recorded then, also to a dry run, which does not use it up. `subject` is
    the settings' if none is given; `auth` says how they proved to be it.
    `asked` is what the key stands for, where it is not for these bodies.
    """
    who = parley.settings.subject if subject is None else subject
    check_names(subject=who, idempotency_key=key, request=request, auth=auth)
    _check_negotiation(negotiation)
    used: IdempotencyKey | None = None
    if key is not None:
        asked = Request("record", negotiation, bodies) if asked is None else asked
        used = IdempotencyKey(who, key, asked.digest())
        # Before the bodies are read: what was recorded once may not be readable any more.
        if before := _recorded_before(parley, used):
            return replace(before, dry_run=dry_run)
    read = read_bodies(bodies, negotiation, parley.new_id)
    if expected_version is not None and len(read.members) + len(read.errors) > 1:
        rule = "an array has no stream version of its own"
        raise InvalidInput(Problem("expected_version", rule, "send the events one by one"))
    writer = Writer(negotiation, who, request, auth, expected_version)
    if dry_run:
        drafts, effects = _decide(parley, read, writer, Searched())
        return _would_be(parley, drafts, effects)
    try:
        return _append(parley, read, writer, used)
    except (InvalidInput, NotFound, Conflict):
        # Its twin may have come between, and made impossible what it asks for itself.
        if used is not None and (before := _recorded_before(parley, used)):
            return before
        raise


def _check_negotiation(name: object) -> None:
    """Raise InvalidInput for what can begin no stream; whether it is open is asked later."""
    if not isinstance(name, str) or not is_slug(name):
        raise InvalidInput(no_name(name))


def _append(parley: Parley, read: Read, writer: Writer, key: IdempotencyKey | None) -> Recorded:
    """Decide and append; decide anew if another writer was quicker and the caller did not mind."""
    attempt, searched = 1, Searched()
    while True:
        drafts, effects = _decide(parley, read, writer, searched)
        try:
            receipts = parley.ledger.append(drafts, key=key)
        except (KeyConflict, DuplicateId):
            raise
        except Conflict:
            if writer.expected_version is not None:
                raise
            if attempt == ATTEMPTS:
                raise _too_busy(drafts) from None
            _pause(attempt)
            attempt += 1
            continue
        if receipts[0].id != str(drafts[0].id):
            # Another request with the same key came between; this is its answer.
            return _replayed(parley, receipts)
        entries = tuple(map(_recorded, drafts, receipts))
        return Recorded(receipts, entries, effects.anomalies, effects.dependants)


def _pause(attempt: int) -> None:
    longest = min(PAUSE * attempt, LONGEST_PAUSE)
    time.sleep(random.uniform(0, longest))  # noqa: S311 - nothing depends on who guesses it.


def _too_busy(drafts: Sequence[Draft]) -> Unavailable:
    streams = ", ".join(dict.fromkeys(draft.stream for draft in drafts))
    rule = f"{ATTEMPTS} others were quicker, one after the other, on {streams}"
    return Unavailable.of("request", rule, "send it again in a moment")


def _decide(
    parley: Parley, read: Read, writer: Writer, searched: Searched
) -> tuple[tuple[Draft, ...], Effects]:
    """The drafts and what they do; raises one error with everything that is wrong."""
    pending = Pending(parley.ledger)
    drafts = draft_or_refuse(read, writer, pending)
    return drafts, effects_of(drafts, pending, parley.ledger, searched)


def _would_be(parley: Parley, drafts: Sequence[Draft], effects: Effects) -> Recorded:
    """The entries as they would stand if they were recorded now."""
    size = parley.ledger.head().size
    now = parley.clock()
    versions = parley.ledger.existing_streams([draft.stream for draft in drafts])
    entries: list[Entry] = []
    for place, draft in enumerate(drafts, start=1):
        version = versions[draft.stream] = versions.get(draft.stream, 0) + 1
        entry = as_entry(draft, ())
        entries.append(replace(entry, position=size + place, version=version, recorded_at=now))
    return Recorded((), tuple(entries), effects.anomalies, effects.dependants, dry_run=True)


def _recorded(draft: Draft, receipt: Receipt) -> Entry:
    return replace(
        as_entry(draft, ()),
        position=receipt.position,
        version=receipt.version,
        recorded_at=receipt.recorded_at,
        request=draft.request,
    )


def _recorded_before(parley: Parley, key: IdempotencyKey) -> Recorded | None:
    """What was recorded under a key; None if it is new. Raises KeyConflict."""
    receipts = parley.ledger.receipts(key)
    return _replayed(parley, receipts) if receipts else None


def _replayed(parley: Parley, receipts: tuple[Receipt, ...]) -> Recorded:
    """The first answer once more: what it did elsewhere is found as it was known before it."""
    entries = tuple(parley.ledger.entry(receipt.position) for receipt in receipts)
    before = min(receipt.position for receipt in receipts) - 1
    pending = Pending(LogThen(parley.ledger, before))
    drafts = [Draft(e.event, e.stream, e.id, e.recorded_by, e.span) for e in entries]
    for draft in drafts:
        pending.add(draft)
    effects = effects_of(drafts, pending, parley.ledger, Searched(before))
    return Recorded(receipts, entries, effects.anomalies, effects.dependants, replayed=True)
