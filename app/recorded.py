"""What came of a request to record, or would come of it: receipts, and what to look at now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from audit.leaf import format_recorded_at
from projections.answers import Answer
from projections.changes import Change

if TYPE_CHECKING:
    from app.record import Recorded
    from app.scenarios import Effect
    from domain.entry import Entry
    from ledger.ticket import Receipt


class RecordedEntry(Answer):
    """Where an entry stands in the log; without a time and a hash it would stand there.

    `leaf_hash` is the SHA-256 of its leaf (RFC 6962, 2.1), in lower-case hex.
    """

    position: int
    id: UUID
    kind: str
    stream: str
    version: int
    recorded_at: str | None = None
    leaf_hash: str | None = None


class Anomaly(Answer):
    """A step that no longer fits its story: which entry, what it clashes with, and the rule."""

    code: str
    entry: UUID
    clashes_with: UUID | None
    rule: str


class Dependant(Answer):
    """An entry of another thing that was recorded by the light of `names`."""

    id: UUID
    position: int
    kind: str
    stream: str
    names: UUID


class Outcome(Answer):
    """The entries by position, and what they did, or would do, elsewhere.

    `changes` are what would be different in the framework of now; only a dry run
    tells them, and not where it opens the negotiation itself.
    """

    dry_run: bool
    recorded: tuple[RecordedEntry, ...]
    anomalies: tuple[Anomaly, ...]
    dependants: tuple[Dependant, ...]
    changes: tuple[Change, ...] | None = None


def outcome_of(recorded: Recorded, effect: Effect | None = None) -> Outcome:
    """What is told of a request that was taken; `effect` is that of a dry run."""
    receipts = {receipt.position: receipt for receipt in recorded.receipts}
    return Outcome(
        dry_run=recorded.dry_run,
        recorded=tuple(_entry_of(e, receipts.get(e.position)) for e in recorded.entries),
        anomalies=tuple(map(Anomaly.model_validate, recorded.anomalies)),
        dependants=tuple(map(Dependant.model_validate, recorded.dependants)),
        changes=None if effect is None else effect.changes,
    )


def _entry_of(entry: Entry, receipt: Receipt | None) -> RecordedEntry:
    return RecordedEntry(
        position=entry.position,
        id=entry.id,
        kind=entry.kind,
        stream=entry.stream,
        version=entry.version,
        recorded_at=None if receipt is None else format_recorded_at(receipt.recorded_at),
        leaf_hash=None if receipt is None else receipt.leaf_hash.hex(),
    )
