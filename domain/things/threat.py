"""Threats: who threatens whom with what, and whether it was done."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from domain.citations import FilledPart
from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, AttackSlug, ElementSlug, PledgeSlug, Text, Truth
from domain.vocabularies import ThreatMode

MAX_NAMED = 64
"""The most targets, elements or pledges one threat names."""


class Aim(FilledPart):
    """What of the framework a threat is directed against."""

    elements: tuple[ElementSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    pledges: tuple[PledgeSlug, ...] = Field(default=(), max_length=MAX_NAMED)


class ThreatEvent(WorldEvent):
    """A step in the life of a threat."""

    THING: ClassVar[str] = "threat"


class ThreatIssued(ThreatEvent):
    """Somebody threatens somebody."""

    TOPIC: ClassVar[str] = "threat.issued"
    OPENS: ClassVar[bool] = True
    kind: Literal["threat.issued"] = "threat.issued"
    issuer: ActorSlug
    targets: tuple[ActorSlug, ...] = Field(min_length=1, max_length=MAX_NAMED)
    mode: ThreatMode
    summary: Text
    threatened_action: Text | None = None
    conditional: Truth | None = None
    trigger: Text | None = None
    scope: Text | None = None
    against: Aim | None = None


class ThreatNote(ThreatEvent):
    """A later step, with what was said about it."""

    summary: Text | None = None
    reason: Text | None = None
    note: Text | None = None


class ThreatRepeated(ThreatNote):
    """The same threat again; it stands again if it had been withdrawn."""

    TOPIC: ClassVar[str] = "threat.repeated"
    kind: Literal["threat.repeated"] = "threat.repeated"


class ThreatCarriedOut(ThreatNote):
    """What was threatened is done; `by` is the attack that did it."""

    TOPIC: ClassVar[str] = "threat.carried_out"
    kind: Literal["threat.carried_out"] = "threat.carried_out"
    by: AttackSlug


class ThreatWithdrawn(ThreatNote):
    """The threat is taken back."""

    TOPIC: ClassVar[str] = "threat.withdrawn"
    kind: Literal["threat.withdrawn"] = "threat.withdrawn"


KINDS = (ThreatIssued, ThreatRepeated, ThreatCarriedOut, ThreatWithdrawn)
STANDING = "standing"


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a threat; status is `standing`, `carried_out` or `withdrawn`."""
    event = entry.event
    opened = state is not None and state.content is not None
    if isinstance(event, ThreatIssued):
        again = ("already_issued", f"{entry.stream} is issued already; repeat it instead")
        return step(state, entry, status=STANDING, content=event, anomaly=again if opened else None)
    anomaly = None
    withdrawn = state is not None and state.status == "withdrawn"
    if not opened:
        anomaly = not_opened(entry)
    elif withdrawn and not isinstance(event, ThreatRepeated):
        anomaly = ("withdrawn", f"{entry.stream} is withdrawn; it stands again once repeated")
    status = {"threat.repeated": STANDING}.get(entry.kind, entry.kind.removeprefix("threat."))
    return step(state, entry, status=status, anomaly=anomaly)
