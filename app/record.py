"""Record: one event or an array, all or nothing, once for each idempotency key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.batch import Member, Writer, check_names
from app.bodies import Body, Read, read_bodies
from app.drafting import draft_all
from app.effects import Dependant, Effects, effects_of
from app.parley import Parley
from app.pending import Pending
from app.refusals import gather
from domain.decide import as_entry
from domain.entry import Draft, Entry
from domain.errors import Conflict, DuplicateId, InvalidInput, KeyConflict, NotFound, Problem
from domain.state import Anomaly
from ledger.ticket import IdempotencyKey, Receipt

ATTEMPTS = 5
"""How often a record is decided when other writers are quicker on its stream."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded, or would be.

    `receipts` is empty for a dry run; `entries` stand at the positions they have,
    or would have now. `anomalies` and `dependants` are what corrections and
    retractions among them did elsewhere.
    """

    receipts: tuple[Receipt, ...]
    entries: tuple[Entry, ...]
    anomalies: tuple[Anomaly, ...] = ()
    dependants: tuple[Dependant, ...] = ()
    dry_run: bool = False


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
) -> Recorded:
    """Record one body, or an array of them, in a negotiation.

    Raises one error that carries every broken rule of every bad member; then
    nothing is recorded. `expected_version` is the version the stream of a
    single body must stand at. A `key` used before for the same bodies gives
    what was recorded then. `subject` is the settings' if none is given.
    """
    who = parley.settings.subject if subject is None else subject
    check_names(subject=who, key=key, request=request)
    read = read_bodies(bodies, negotiation, parley.new_id)
    if expected_version is not None and len(read.members) + len(read.errors) > 1:
        rule = "an array has no stream version of its own"
        raise InvalidInput(Problem("expected_version", rule, "send the events one by one"))
    writer = Writer(negotiation, who, request, expected_version)
    if dry_run:
        drafts, effects = _decide(parley, read, writer)
        return _would_be(parley, drafts, effects)
    if key is None or read.errors:
        return _append(parley, read, writer, None)
    used = _used_key(who, key, negotiation, read.members)
    if before := _recorded_before(parley, used):
        return before
    try:
        return _append(parley, read, writer, used)
    except (InvalidInput, NotFound, Conflict):
        # Its twin may have come between, and made impossible what it asks for itself.
        if before := _recorded_before(parley, used):
            return before
        raise


def _append(parley: Parley, read: Read, writer: Writer, key: IdempotencyKey | None) -> Recorded:
    """Decide and append; decide anew if another writer was quicker and the caller did not mind."""
    attempt = 1
    while True:
        drafts, effects = _decide(parley, read, writer)
        try:
            receipts = parley.ledger.append(drafts, key=key)
        except (KeyConflict, DuplicateId):
            raise
        except Conflict:
            if writer.expected_version is not None or attempt == ATTEMPTS:
                raise
            attempt += 1
            continue
        if receipts[0].id != str(drafts[0].id):
            # Another request with the same key came between; this is its answer.
            return Recorded(receipts, _entries_of(parley, receipts))
        entries = tuple(map(_recorded, drafts, receipts))
        return Recorded(receipts, entries, effects.anomalies, effects.dependants)


def _decide(parley: Parley, read: Read, writer: Writer) -> tuple[tuple[Draft, ...], Effects]:
    """The drafts and what they do; raises one error with everything that is wrong."""
    pending = Pending(parley.ledger)
    pending.refuse(*read.claims)
    drafted = draft_all(read.members, writer, pending)
    errors = [*read.errors, *(error for _, error in drafted.refused)]
    if errors:
        raise gather(sorted(errors, key=lambda error: error.problems[0].index or 0))
    return drafted.drafts, effects_of(drafted.drafts, pending, parley.ledger)


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
    return Recorded(receipts, _entries_of(parley, receipts)) if receipts else None


def _entries_of(parley: Parley, receipts: Sequence[Receipt]) -> tuple[Entry, ...]:
    return tuple(parley.ledger.entry(receipt.position) for receipt in receipts)


def _used_key(
    subject: str, key: str, negotiation: str, members: Sequence[Member]
) -> IdempotencyKey:
    """The key with the digest of what it is used for; ids that the log makes are left out."""
    bodies = [member.event.body() for member in members]
    request = {"action": "record", "negotiation": negotiation, "bodies": bodies}
    asked = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(subject, key, hashlib.sha256(asked.encode()).hexdigest())
