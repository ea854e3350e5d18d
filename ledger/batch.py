"""What one transaction records: pure decisions over what was found under the lock.

Tickets are taken in queue order. Each is held against the log as found and
against the tickets before it, so a conflict refuses its own ticket and leaves
the others alone, and nothing is found out by a unique violation, which would
abort the whole transaction on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from eventsourcing.persistence import StoredEvent

from audit.leaf import LeafError
from audit.tree import hash_leaf
from domain.errors import (
    ClockSetBack,
    Conflict,
    DuplicateId,
    InvalidInput,
    ParleyError,
    VersionConflict,
)
from ledger.mapper import StoredDraft
from ledger.ticket import IdempotencyKey, Receipt, Ticket
from ledger.transaction import Found, Head, Rows, Scope, UsedKey

CLOCK_TOLERANCE = 60_000_000
"""Microseconds that the clock may stand behind the last recorded time: a step of an
ordinary time service is far below, and a year typed wrong would be written for ever."""


class Batch:
    """The tickets of one transaction and what they come to.

    `replay` fetches the receipts of events that are in the log already; `now` is
    in microseconds since the epoch; `nonce` gives 16 fresh bytes a call. Nobody
    is told anything before `settle`: what is decided here, also a refusal, holds
    only if the transaction does.
    """

    def __init__(
        self,
        found: Found,
        *,
        now: int,
        nonce: Callable[[], bytes],
        replay: Callable[[UsedKey], tuple[Receipt, ...]],
    ) -> None:
        self._found = found
        self._now = now
        # A prefix of positions is what was known at an instant, so time never goes back.
        self._recorded_at = max(now, found.head.recorded_at)
        self._nonce = nonce
        self._replay = replay
        self._rows = Rows()
        self._size = found.head.size
        self._hashes: list[bytes] = []
        self._answers: dict[Scope, tuple[IdempotencyKey, tuple[Receipt, ...]]] = {}
        self._verdicts: list[Callable[[], None]] = []

    def take(self, ticket: Ticket) -> None:
        """Decide on one ticket, after those before it."""
        try:
            receipts = self._answer_again(ticket.key) if ticket.key is not None else None
            if receipts is None:
                receipts = self._record(ticket)
        except ParleyError as refusal:
            self._verdicts.append(partial(ticket.refuse, refusal))
        else:
            self._verdicts.append(partial(ticket.accept, receipts))

    def close(self) -> Rows:
        """The rows of all accepted tickets; without a head if there is nothing to write."""
        if self._hashes:
            frontier = self._found.head.frontier.extend(self._hashes)
            self._rows.head = Head(self._size, self._recorded_at, frontier)
        return self._rows

    def settle(self) -> None:
        """Tell every ticket; to be called when the rows are durable."""
        for verdict in self._verdicts:
            verdict()

    def _answer_again(self, key: IdempotencyKey) -> tuple[Receipt, ...] | None:
        """The answer of an earlier request with the same key; None if there was none."""
        if answer := self._answers.get(key.scope):
            before, receipts = answer
            key.match(before.digest)
            return receipts
        if used := self._found.keys.get(key.scope):
            key.match(used.digest)
            return self._replay(used)
        return None

    def _record(self, ticket: Ticket) -> tuple[Receipt, ...]:
        if self._now < self._found.head.recorded_at - CLOCK_TOLERANCE:
            raise _clock_set_back(self._found.head.recorded_at - self._now)
        versions = self._check(ticket.events)
        recorded = self._complete(ticket.events, versions)
        # From here on nothing can be refused, so a refused ticket leaves no trace.
        receipts = tuple(self._keep(*each) for each in recorded)
        if ticket.key is not None:
            span = (receipts[0].position, len(receipts))
            self._rows.keys.append((*ticket.key.scope, ticket.key.digest, *span))
            self._answers[ticket.key.scope] = (ticket.key, receipts)
        self._size += len(receipts)
        return receipts

    def _check(self, stored: Sequence[StoredEvent]) -> list[int]:
        """The version of each event; every bad member is named, not only the first."""
        versions: list[int] = []
        wrong: list[tuple[int, ParleyError]] = []
        here: dict[str, int] = {}
        ids: dict[str, int] = {}
        for index, event in enumerate(stored):
            stream = str(event.originator_id)
            highest = here.get(stream, self._found.versions.get(stream))
            if isinstance(event, StoredDraft):
                version = (highest or 0) + 1
                problems = [self._id_problem(event.id, ids), _version_problem(event, version - 1)]
                ids[event.id] = index
            else:
                version = event.originator_version
                problems = [_opaque_problem(stream, version, highest)]
            wrong += [(index, problem) for problem in problems if problem is not None]
            here[stream] = version
            versions.append(version)
        if wrong:
            raise _together(wrong, alone=len(stored) == 1)
        return versions

    def _id_problem(self, event_id: str, ids: dict[str, int]) -> ParleyError | None:
        if event_id in self._found.ids:
            holder = f"entry {self._found.ids[event_id]}"
        elif event_id in ids:
            holder = f"member {ids[event_id]} of the same array"
        else:
            return None
        return DuplicateId.of(
            "id",
            f"{event_id} is the id of {holder} already",
            "leave `id` out or choose a new one; to repeat a request, send its idempotency key",
        )

    def _complete(
        self, stored: Sequence[StoredEvent], versions: Sequence[int]
    ) -> list[tuple[StoredEvent, Receipt, bytes]]:
        """Each event with its receipt and leaf; raises InvalidInput for what no leaf can hold."""
        recorded = []
        for index, event in enumerate(stored):
            position, version, at = self._size + 1 + index, versions[index], self._recorded_at
            # Opaque bytes are stored as they come; the tree covers them all the same.
            event_id, leaf = None, event.state
            if isinstance(event, StoredDraft):
                event_id = event.id
                try:
                    leaf = event.leaf.complete(
                        position=position, version=version, recorded_at=at, nonce=self._nonce()
                    )
                except LeafError as fault:
                    place = fault.path.removeprefix(".") or "body"
                    refusal = InvalidInput.of(place, fault.rule, "correct it and record it again")
                    raise refusal if len(stored) == 1 else refusal.at(index) from None
            stream = str(event.originator_id)
            receipt = Receipt(position, event_id, stream, version, at, hash_leaf(leaf))
            recorded.append((event, receipt, leaf))
        return recorded

    def _keep(self, event: StoredEvent, receipt: Receipt, leaf: bytes) -> Receipt:
        """Add the rows of one event, and let the tickets after it see it."""
        envelope = None
        if isinstance(event, StoredDraft):
            envelope = event.envelope
            self._found.ids[event.id] = receipt.position
        self._rows.add(receipt, event.topic, leaf, envelope)
        self._hashes.append(receipt.leaf_hash)
        self._found.versions[receipt.stream] = receipt.version
        return receipt


def _version_problem(event: StoredDraft, current: int) -> ParleyError | None:
    if event.expected is None or event.expected == current:
        return None
    return VersionConflict.of(
        "expected_version",
        f"{event.originator_id} stands at version {current}, not {event.expected}",
        "read it again and decide on what it says now",
    )


def _opaque_problem(stream: str, version: int, highest: int | None) -> ParleyError | None:
    if highest is None or version > highest:
        return None
    return VersionConflict.of(
        "originator_version",
        f"{stream} stands at version {highest}, so {version} is taken or comes too late",
        "read the stream again and append after its last version",
    )


def _together(wrong: Sequence[tuple[int, ParleyError]], *, alone: bool) -> ParleyError:
    """All problems of an array as one refusal, of the narrowest sort that fits them all."""
    sorts = {type(error) for _, error in wrong}
    sort = sorts.pop() if len(sorts) == 1 else Conflict
    placed = (error if alone else error.at(index) for index, error in wrong)
    return sort(*(problem for error in placed for problem in error.problems))


def _clock_set_back(difference: int) -> ParleyError:
    return ClockSetBack.of(
        "clock",
        f"this machine's clock stands {difference // 1_000_000} seconds before the last "
        "recorded time",
        "set the clock right; a recorded time can never be taken back",
    )
