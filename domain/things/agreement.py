"""Agreements: reached, in force, breached, ended."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, Text

MAX_PARTIES = 256


class AgreementEvent(WorldEvent):
    """A step of an agreement; each says the whole of what is known of it."""

    THING: ClassVar[str] = "agreement"

    title: Text
    parties: tuple[ActorSlug, ...] = Field(min_length=1, max_length=MAX_PARTIES)
    instrument_type: Text | None = None


class AgreementReached(AgreementEvent):
    """The parties agree."""

    TOPIC: ClassVar[str] = "agreement.reached"
    OPENS: ClassVar[bool] = True
    kind: Literal["agreement.reached"] = "agreement.reached"


class AgreementEnteredIntoForce(AgreementEvent):
    """It takes effect; it may do so in the moment it is reached."""

    TOPIC: ClassVar[str] = "agreement.entered_into_force"
    OPENS: ClassVar[bool] = True
    kind: Literal["agreement.entered_into_force"] = "agreement.entered_into_force"


class AgreementBreached(AgreementEvent):
    """A party breaks it."""

    TOPIC: ClassVar[str] = "agreement.breached"
    kind: Literal["agreement.breached"] = "agreement.breached"


class AgreementEnded(AgreementEvent):
    """It is over."""

    TOPIC: ClassVar[str] = "agreement.ended"
    kind: Literal["agreement.ended"] = "agreement.ended"


KINDS = (AgreementReached, AgreementEnteredIntoForce, AgreementBreached, AgreementEnded)
STATUS = {
    "agreement.reached": "reached",
    "agreement.entered_into_force": "in_force",
    "agreement.breached": "breached",
    "agreement.ended": "ended",
}


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into an agreement; status is `reached`, `in_force`, `breached` or `ended`."""
    status = STATUS[entry.kind]
    anomaly = None
    if state is None:
        if not type(entry.event).OPENS:
            anomaly = not_opened(entry)
    elif state.status == "ended":
        anomaly = ("ended", f"{entry.stream} is ended; a new agreement needs a slug")
    elif status == "reached":
        anomaly = ("already_reached", f"{entry.stream} is {state.status} already")
    elif status == "in_force" and state.status == "in_force":
        anomaly = ("already_in_force", f"{entry.stream} is in force already")
    return step(state, entry, status=status, content=entry.event, anomaly=anomaly)
