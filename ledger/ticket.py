"""What a caller hands to the log and gets back: a ticket with events, receipts or a refusal.

A ticket is taken whole or not at all. Its key, if it has one, makes it count
once: the second ticket with the key gets the receipts of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from domain.errors import KeyConflict

if TYPE_CHECKING:
    from eventsourcing.persistence import StoredEvent

    from domain.entry import Draft


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A request that must count once.

    `subject` is who asks (keys of two people never meet), `key` is of their
    choice, `digest` is of the method, the path and the canonical body.
    """

    subject: str
    key: str
    digest: str

    @property
    def scope(self) -> tuple[str, str]:
        """What makes two requests the same request."""
        return self.subject, self.key

    def match(self, digest: str) -> None:
        """Raise KeyConflict unless the key was used for the same body."""
        if digest != self.digest:
            raise KeyConflict.of(
                "idempotency_key",
                f"the key {self.key!r} was used before with another body",
                "use a new key for a new request, or send the first body again",
            )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the log says of one recorded event; durable before anyone sees it.

    `recorded_at` is in microseconds since the epoch, UTC; `id` is the event's
    UUID as text, None for an event that is stored as it comes.
    """

    position: int
    id: str | None
    stream: str
    version: int
    recorded_at: int
    leaf_hash: bytes


class Ticket:
    """One caller's events on their way through the appender.

    They come encoded, or as drafts with what encodes one: whoever leads does it then.
    The ticket is settled once, with receipts or with a refusal. `leads` says that its
    caller was woken to commit the next batch.
    """

    __slots__ = (
        *("_drafts", "_encode", "_gate", "_receipts", "_refusal"),
        *("events", "key", "leads"),
    )

    def __init__(
        self,
        events: Sequence[StoredEvent] = (),
        *,
        key: IdempotencyKey | None = None,
        drafts: Sequence[Draft] = (),
        encode: Callable[[Draft], StoredEvent] | None = None,
    ) -> None:
        self.key = key
        self.events = events
        self._drafts, self._encode = drafts, encode
        self.leads = False
        self._receipts: tuple[Receipt, ...] | None = None
        self._refusal: BaseException | None = None
        # A bare lock wakes its one waiter ten times cheaper than an Event does.
        self._gate = Lock()
        self._gate.acquire()

    def __len__(self) -> int:
        """How many events it brings."""
        return len(self._drafts) or len(self.events)

    def encode(self) -> bool:
        """Encode its drafts; False if one of them cannot be, and then the ticket is refused."""
        if self._encode is not None:
            try:
                self.events = list(map(self._encode, self._drafts))
            except Exception as error:  # noqa: BLE001 - the caller gets it as its own
                self.refuse(error)
                return False
        return True

    def wait(self) -> None:
        """Sleep until the ticket is settled or called to lead the next batch."""
        self._gate.acquire()

    def wake(self) -> None:
        """Wake the caller who waits; called once for each `wait`."""
        self._gate.release()

    def accept(self, receipts: tuple[Receipt, ...]) -> None:
        """Settle it: recorded now and durable, or recorded before under the same key."""
        self._receipts, self._refusal = receipts, None

    def refuse(self, refusal: BaseException) -> None:
        """Settle it: nothing of it is recorded."""
        self._receipts, self._refusal = None, refusal

    @property
    def is_settled(self) -> bool:
        """Whether its caller can be told."""
        return self._receipts is not None or self._refusal is not None

    def outcome(self) -> tuple[Receipt, ...]:
        """The receipts; raises the refusal if that is how it was settled."""
        if self._refusal is not None:
            raise self._refusal
        if self._receipts is None:
            raise RuntimeError("the ticket is not settled yet")
        return self._receipts
