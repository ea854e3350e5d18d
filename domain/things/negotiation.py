"""A negotiation: what it is called, who takes part, and how it ended."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import RESERVED_NEGOTIATIONS, ActorSlug, Slug, Text

MAX_PARTIES = 256


def _check_not_reserved(slug: str) -> str:
    if slug in RESERVED_NEGOTIATIONS:
        message = f"{slug!r} is reserved; choose another name for the negotiation"
        raise ValueError(message)
    return slug


class NegotiationEvent(WorldEvent):
    """A step of a negotiation as a whole; its date is optional."""

    THING: ClassVar[str] = "negotiation"

    slug: Annotated[Slug, AfterValidator(_check_not_reserved)]


class NegotiationOpened(NegotiationEvent):
    """A negotiation enters the record."""

    TOPIC: ClassVar[str] = "negotiation.opened"
    OPENS: ClassVar[bool] = True
    kind: Literal["negotiation.opened"] = "negotiation.opened"
    title: Text
    parties: tuple[ActorSlug, ...] = Field(default=(), max_length=MAX_PARTIES)


class NegotiationClosed(NegotiationEvent):
    """A negotiation ends, with what came of it."""

    TOPIC: ClassVar[str] = "negotiation.closed"
    kind: Literal["negotiation.closed"] = "negotiation.closed"
    outcome: Text


KINDS = (NegotiationOpened, NegotiationClosed)


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a negotiation; status is `open` or `closed`."""
    event = entry.event
    opened = state is not None and state.content is not None
    if isinstance(event, NegotiationOpened):
        again = ("already_opened", f"{entry.stream} is open already")
        status = "open"
        return step(state, entry, status=status, content=event, anomaly=again if opened else None)
    if not opened:
        return step(state, entry, status="closed", extra=event, anomaly=not_opened(entry))
    closed = state is not None and state.status == "closed"
    twice = ("already_closed", f"{entry.stream} is closed already")
    return step(state, entry, status="closed", extra=event, anomaly=twice if closed else None)
