"""Attacks: who struck whom with what, and what is claimed of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.bounds import ALWAYS, EdtfText
from domain.citations import FilledPart, Part
from domain.dates import parse_occurred
from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, DecimalText, Text, Truth, Whole
from domain.vocabularies import AttackMode, PlacePrecision

MAX_PARTS = 128
"""The most munitions, places, targets or superlatives of one attack."""
MAX_COUNT = 10_000_000
"""No count of munitions or casualties in one attack can exceed this."""
Count = Annotated[int, Whole(0, MAX_COUNT)]
"""How many of something; nobody counts less than none."""


class Munition(Part):
    """One model of munition: how many were launched, intercepted, or lost on the way."""

    model: Text
    launched: Count | None = None
    intercepted: Count | None = None
    not_reached: Count | None = None
    launched_from: Text | None = None
    note: Text | None = None


class Place(Part):
    """Where it struck; degrees of WGS 84, and how precisely the place is known."""

    name: Text
    precision: PlacePrecision | None = None
    lat: DecimalText | None = None
    lon: DecimalText | None = None

    @model_validator(mode="after")
    def _on_the_globe(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            message = "lat and lon go together; give both or neither"
            raise ValueError(message)
        for name, value, limit in (("lat", self.lat, 90), ("lon", self.lon, 180)):
            if value is not None and abs(float(value)) > limit:
                message = f"{name} is beyond {limit} degrees; give degrees of WGS 84"
                raise ValueError(message)
        return self


class Target(Part):
    """What was struck."""

    name: Text
    civilian: Truth | None = None


class Figure(Part):
    """A figure with its best, lowest and highest estimate; at least one of them."""

    best: Count | None = None
    low: Count | None = None
    high: Count | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        given = [v for v in (self.low, self.best, self.high) if v is not None]
        if not given:
            message = "has neither best, low nor high; give one of them or leave it out"
            raise ValueError(message)
        if given != sorted(given):
            message = "is not in the order low ≤ best ≤ high; check the figures"
            raise ValueError(message)
        return self


class Casualties(FilledPart):
    """The dead and the injured; absent means nobody says."""

    killed: Figure | None = None
    injured: Figure | None = None


class Superlative(Part):
    """A claim to be the largest or first, with the unit, the scope and the date it is made for."""

    claim: Text
    unit: Text | None = None
    scope: Text | None = None
    as_of: EdtfText | None = None


class AttackEvent(WorldEvent):
    """A step in the record of an attack."""

    THING: ClassVar[str] = "attack"


class AttackCarriedOut(AttackEvent):
    """Somebody struck."""

    TOPIC: ClassVar[str] = "attack.carried_out"
    OPENS: ClassVar[bool] = True
    kind: Literal["attack.carried_out"] = "attack.carried_out"
    perpetrator: ActorSlug
    target_country: ActorSlug
    modes: tuple[AttackMode, ...] = Field(min_length=1, max_length=8)
    summary: Text
    munitions: tuple[Munition, ...] = Field(default=(), max_length=MAX_PARTS)
    places: tuple[Place, ...] = Field(default=(), max_length=MAX_PARTS)
    targets: tuple[Target, ...] = Field(default=(), max_length=MAX_PARTS)
    casualties: Casualties | None = None
    superlatives: tuple[Superlative, ...] = Field(default=(), max_length=MAX_PARTS)


class AttackReassessed(AttackEvent):
    """Figures rise without anyone having been wrong; each given attribute replaces the old one."""

    TOPIC: ClassVar[str] = "attack.reassessed"
    kind: Literal["attack.reassessed"] = "attack.reassessed"
    munitions: tuple[Munition, ...] = Field(default=(), max_length=MAX_PARTS)
    places: tuple[Place, ...] = Field(default=(), max_length=MAX_PARTS)
    targets: tuple[Target, ...] = Field(default=(), max_length=MAX_PARTS)
    casualties: Casualties | None = None
    superlatives: tuple[Superlative, ...] = Field(default=(), max_length=MAX_PARTS)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.figures():
            message = "reassesses nothing; give at least one of the figures"
            raise ValueError(message)
        return self

    def figures(self) -> dict[str, Any]:
        """The figures it gives, by attribute."""
        names = ("munitions", "places", "targets", "casualties", "superlatives")
        return {name: value for name in names if (value := getattr(self, name))}


KINDS = (AttackCarriedOut, AttackReassessed)


@dataclass(frozen=True, slots=True)
class Began:
    """When an attack can have begun (minutes, UTC), and whether its date is marked uncertain.

    `lo` is None where nobody says since when. It is counted by this, whatever is
    recorded of it later.
    """

    lo: int | None
    hi: int
    marked: bool

    @property
    def earliest(self) -> int:
        """The first minute it can have begun in, however long ago if nobody says."""
        return ALWAYS if self.lo is None else self.lo


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into an attack; status is `carried_out`."""
    event = entry.event
    content = state.content if state is not None else None
    began: Began | None = state.extra if state is not None else None
    anomaly = None
    if isinstance(event, AttackReassessed):
        if content is None:
            anomaly = not_opened(entry)
        else:
            content = content.model_copy(update=event.figures())
    else:
        if content is not None:
            anomaly = ("already_carried_out", f"{entry.stream} is recorded already; reassess it")
        content = event
        began = began or _began(entry)
    return step(state, entry, status="carried_out", content=content, extra=began, anomaly=anomaly)


def _began(entry: Entry) -> Began:
    span, occurred = entry.span, entry.event.occurred
    if span is None or span.start_hi is None or occurred is None:
        return Began(None, ALWAYS, marked=False)
    return Began(span.start_lo, span.start_hi, parse_occurred(occurred).marked)
