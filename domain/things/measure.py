"""Measures: sanctions, freezes and the like, from a thought to an act and back."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, MeasureSlug, Text
from domain.vocabularies import Instrument

MAX_NAMED = 64
"""The most actors or alternatives one measure names."""


class MeasureEvent(WorldEvent):
    """A step of a measure; each says the whole of what is known of it."""

    THING: ClassVar[str] = "measure"

    instrument: Instrument
    by: tuple[ActorSlug, ...] = Field(min_length=1, max_length=MAX_NAMED)
    summary: Text
    on: tuple[ActorSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    purpose: Text | None = None
    any_of: tuple[MeasureSlug, ...] = Field(
        default=(), max_length=MAX_NAMED, description="Measures it is an alternative to."
    )


class MeasureConsidered(MeasureEvent):
    """It is thought about."""

    TOPIC: ClassVar[str] = "measure.considered"
    OPENS: ClassVar[bool] = True
    kind: Literal["measure.considered"] = "measure.considered"


class MeasureProposed(MeasureEvent):
    """Somebody proposes it."""

    TOPIC: ClassVar[str] = "measure.proposed"
    OPENS: ClassVar[bool] = True
    kind: Literal["measure.proposed"] = "measure.proposed"


class MeasureThreatened(MeasureEvent):
    """Somebody threatens to take it."""

    TOPIC: ClassVar[str] = "measure.threatened"
    OPENS: ClassVar[bool] = True
    kind: Literal["measure.threatened"] = "measure.threatened"


class MeasureAdopted(MeasureEvent):
    """It is taken."""

    TOPIC: ClassVar[str] = "measure.adopted"
    OPENS: ClassVar[bool] = True
    kind: Literal["measure.adopted"] = "measure.adopted"


class MeasureLifted(MeasureEvent):
    """It is taken back."""

    TOPIC: ClassVar[str] = "measure.lifted"
    kind: Literal["measure.lifted"] = "measure.lifted"


class MeasureRejected(MeasureEvent):
    """It will not be taken."""

    TOPIC: ClassVar[str] = "measure.rejected"
    kind: Literal["measure.rejected"] = "measure.rejected"


KINDS = (
    MeasureConsidered,
    MeasureProposed,
    MeasureThreatened,
    MeasureAdopted,
    MeasureLifted,
    MeasureRejected,
)


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a measure; status is the last word of its kind."""
    status = entry.kind.removeprefix("measure.")
    anomaly = None
    if state is None:
        if not type(entry.event).OPENS:
            anomaly = not_opened(entry)
    elif status == "adopted" and state.status == "adopted":
        anomaly = ("already_adopted", f"{entry.stream} is adopted already")
    elif status == "lifted" and state.status != "adopted":
        anomaly = (
            "not_adopted",
            f"{entry.stream} is {state.status}; only what is adopted is lifted",
        )
    elif status != "lifted" and state.status == "adopted":
        anomaly = ("already_adopted", f"{entry.stream} is adopted; lift it first")
    return step(state, entry, status=status, content=entry.event, anomaly=anomaly)
