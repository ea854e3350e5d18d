"""What came of a request to record, or would come of it: receipts, and what to look at now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from audit.leaf import format_recorded_at
from projections.answers import Answer
from projections.changes import Change

if TYPE_CHECKING:
    from app.record import Recorded
    from app.scenarios import Effects
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


Untold = Literal["opens_the_negotiation", "too_many_negotiations", "recorded_before"]
"""Why a dry run does not tell what would be different."""


class NegotiationChanges(Answer):
    """What would be different in the framework of one negotiation."""

    negotiation: str
    changes: tuple[Change, ...]


class Outcome(Answer):
    """The entries by position, and what they did, or would do, elsewhere.

    `changes` are what would be different in the framework of now; only a dry run
    tells them. One in the commons tells them in `negotiations` instead, for each in
    which something would be different. `untold` says why neither is told: the request
    opens the negotiation itself, there are too many negotiations to look at, or an
    earlier request with the same key has recorded it.
    """

    dry_run: bool
    recorded: tuple[RecordedEntry, ...]
    anomalies: tuple[Anomaly, ...]
    dependants: tuple[Dependant, ...]
    changes: tuple[Change, ...] | None = None
    negotiations: tuple[NegotiationChanges, ...] | None = None
    untold: Untold | None = None


def outcome_of(recorded: Recorded, effects: Effects | None = None) -> Outcome:
    """What is told of a request that was taken; `effects` are those of a dry run."""
    receipts = {receipt.position: receipt for receipt in recorded.receipts}
    return Outcome(
        dry_run=recorded.dry_run,
        recorded=tuple(_entry_of(e, receipts.get(e.position)) for e in recorded.entries),
        anomalies=tuple(map(Anomaly.model_validate, recorded.anomalies)),
        dependants=tuple(map(Dependant.model_validate, recorded.dependants)),
        changes=None if effects is None else _changes_of(effects),
        negotiations=None if effects is None else _by_negotiation(effects),
        untold=None if effects is None else effects.untold,
    )


def _changes_of(effects: Effects) -> tuple[Change, ...] | None:
    """The changes in the one negotiation that a dry run is sent to."""
    told = [] if effects.of_all else list(effects.by_negotiation.values())
    return told[0].changes if told else None


def _by_negotiation(effects: Effects) -> tuple[NegotiationChanges, ...] | None:
    if not effects.of_all:
        return None
    return tuple(
        NegotiationChanges(negotiation=name, changes=each.changes)
        for name, each in effects.by_negotiation.items()
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
