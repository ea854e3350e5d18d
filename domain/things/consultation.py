"""Consultations: who met or talked, about what, and how far it got."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, Slug, Text
from domain.vocabularies import ConsultationMode

MAX_NAMED = 128
"""The most participants or topics of one consultation."""


class ConsultationEvent(WorldEvent):
    """A step of a consultation; each says the whole of what is known of it."""

    THING: ClassVar[str] = "consultation"

    participants: tuple[ActorSlug, ...] = Field(min_length=1, max_length=MAX_NAMED)
    summary: Text
    place: Text | None = None
    topics: tuple[Slug, ...] = Field(default=(), max_length=MAX_NAMED)
    mode: ConsultationMode | None = None


class ConsultationScheduled(ConsultationEvent):
    """A meeting is set."""

    TOPIC: ClassVar[str] = "consultation.scheduled"
    OPENS: ClassVar[bool] = True
    kind: Literal["consultation.scheduled"] = "consultation.scheduled"


class ConsultationHeld(ConsultationEvent):
    """A meeting took place."""

    TOPIC: ClassVar[str] = "consultation.held"
    OPENS: ClassVar[bool] = True
    kind: Literal["consultation.held"] = "consultation.held"


class ConsultationStarted(ConsultationEvent):
    """Talks that last have begun."""

    TOPIC: ClassVar[str] = "consultation.started"
    OPENS: ClassVar[bool] = True
    kind: Literal["consultation.started"] = "consultation.started"


class ConsultationEnded(ConsultationEvent):
    """Talks that lasted are over."""

    TOPIC: ClassVar[str] = "consultation.ended"
    kind: Literal["consultation.ended"] = "consultation.ended"


class ConsultationCancelled(ConsultationEvent):
    """A meeting that was set does not take place."""

    TOPIC: ClassVar[str] = "consultation.cancelled"
    kind: Literal["consultation.cancelled"] = "consultation.cancelled"


KINDS = (
    ConsultationScheduled,
    ConsultationHeld,
    ConsultationStarted,
    ConsultationEnded,
    ConsultationCancelled,
)
OPEN_ENDED = frozenset({"scheduled", "started"})


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a consultation; status is the last word of its kind."""
    status = entry.kind.removeprefix("consultation.")
    anomaly = None
    if state is None:
        if not type(entry.event).OPENS:
            anomaly = not_opened(entry)
    elif state.status == status and status != "scheduled":
        anomaly = (f"already_{status}", f"{entry.stream} is {status} already")
    elif state.status not in OPEN_ENDED:
        anomaly = ("over", f"{entry.stream} is {state.status}; a further meeting needs a slug")
    elif status == "ended" and state.status != "started":
        anomaly = ("not_started", f"{entry.stream} has not started, so it cannot end")
    elif status == "cancelled" and state.status == "started":
        anomaly = ("already_started", f"{entry.stream} has started; record that it ended")
    elif status == "scheduled" and state.status == "started":
        anomaly = ("already_started", f"{entry.stream} has started already")
    return step(state, entry, status=status, content=entry.event, anomaly=anomaly)
