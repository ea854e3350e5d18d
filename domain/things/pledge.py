"""Pledges: what somebody undertakes to do, and how far it has come.

The ladder is the Kiel Ukraine Support Tracker's, from words to deliveries; the
side states are beside it, so that a stalled pledge keeps its rung.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from domain.bounds import EdtfText
from domain.citations import FilledPart, Part
from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import (
    ActorSlug,
    Cardinality,
    ConditionSlug,
    Currency,
    ElementSlug,
    QuantityText,
    Slug,
    Text,
    Truth,
)
from domain.vocabularies import DatedBy, Formality, ObligationType, PledgeLevel

LADDER = (
    "floated",
    "offered",
    "pledged",
    "committed",
    "allocated",
    "partially_delivered",
    "delivered",
)
"""From the weakest to the strongest."""
ENDED = frozenset({"withdrawn", "expired"})
MAX_COMPONENTS = 64
"""The most components of one pledge, so that its state stays bounded."""
MAX_NAMED = 64
"""The most pledgors, beneficiaries or elements one pledge names."""


class Component(Part):
    """One separable part of a pledge: what, how much of it, and what it waits for."""

    key: Slug
    element: ElementSlug | None = None
    text: Text | None = None
    quantity: QuantityText | None = None
    unit: Text | None = None
    currency: Currency | None = None
    gates: tuple[ConditionSlug, ...] = Field(default=(), max_length=MAX_NAMED)


def _check_keys(components: tuple[Component, ...]) -> tuple[Component, ...]:
    keys = [component.key for component in components]
    if len(set(keys)) != len(keys):
        message = "two components share a key; give each a key of its own"
        raise ValueError(message)
    return components


# The limits stand before the check of the keys: pydantic writes them as those of a text behind it.
Components = Annotated[
    tuple[Component, ...], Field(max_length=MAX_COMPONENTS), AfterValidator(_check_keys)
]
SomeComponents = Annotated[
    tuple[Component, ...],
    Field(min_length=1, max_length=MAX_COMPONENTS),
    AfterValidator(_check_keys),
]


class PledgeEvent(WorldEvent):
    """A step in the life of a pledge."""

    THING: ClassVar[str] = "pledge"


class PledgeMade(PledgeEvent):
    """Somebody undertakes something, at one of the four levels of words."""

    TOPIC: ClassVar[str] = "pledge.made"
    OPENS: ClassVar[bool] = True
    kind: Literal["pledge.made"] = "pledge.made"
    level: PledgeLevel
    pledgors: tuple[ActorSlug, ...] = Field(min_length=1, max_length=MAX_NAMED)
    beneficiaries: tuple[ActorSlug, ...] = Field(min_length=1, max_length=MAX_NAMED)
    summary: Text
    elements: tuple[ElementSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    components: Components = ()
    cardinality_reported: Cardinality | None = None
    obligation_type: ObligationType | None = None
    formality: Formality | None = None
    due: EdtfText | None = None
    testable: Truth | None = None
    dated_by: DatedBy | None = None


class PledgeStrengthened(PledgeEvent):
    """The same pledge, at a higher level."""

    TOPIC: ClassVar[str] = "pledge.strengthened"
    kind: Literal["pledge.strengthened"] = "pledge.strengthened"
    level: PledgeLevel


class PledgeChanges(FilledPart):
    """Whole new values of attributes of the pledge; its level changes by strengthening alone."""

    pledgors: tuple[ActorSlug, ...] | None = Field(default=None, min_length=1, max_length=MAX_NAMED)
    beneficiaries: tuple[ActorSlug, ...] | None = Field(
        default=None, min_length=1, max_length=MAX_NAMED
    )
    summary: Text | None = None
    elements: tuple[ElementSlug, ...] | None = Field(default=None, max_length=MAX_NAMED)
    components: Components | None = None
    cardinality_reported: Cardinality | None = None
    obligation_type: ObligationType | None = None
    formality: Formality | None = None
    due: EdtfText | None = None
    testable: Truth | None = None


class PledgeAmended(PledgeEvent):
    """Those who made it change its terms in the world (a mistake of the record is a correction)."""

    TOPIC: ClassVar[str] = "pledge.amended"
    kind: Literal["pledge.amended"] = "pledge.amended"
    set: PledgeChanges


class PledgeAllocated(PledgeEvent):
    """Means are set aside for named components."""

    TOPIC: ClassVar[str] = "pledge.allocated"
    kind: Literal["pledge.allocated"] = "pledge.allocated"
    components: SomeComponents


class PledgeDelivered(PledgeEvent):
    """Named components arrive; `complete` says whether nothing is left to come."""

    TOPIC: ClassVar[str] = "pledge.delivered"
    kind: Literal["pledge.delivered"] = "pledge.delivered"
    components: SomeComponents
    complete: Truth


class PledgeNote(PledgeEvent):
    """A step that changes where the pledge stands, and nothing of its terms."""

    summary: Text | None = None
    reason: Text | None = None
    note: Text | None = None


class PledgeStalled(PledgeNote):
    """Nothing moves."""

    TOPIC: ClassVar[str] = "pledge.stalled"
    kind: Literal["pledge.stalled"] = "pledge.stalled"


class PledgeResumed(PledgeNote):
    """It moves again."""

    TOPIC: ClassVar[str] = "pledge.resumed"
    kind: Literal["pledge.resumed"] = "pledge.resumed"


class PledgeWithdrawn(PledgeNote):
    """Those who made it take it back."""

    TOPIC: ClassVar[str] = "pledge.withdrawn"
    kind: Literal["pledge.withdrawn"] = "pledge.withdrawn"


class PledgeExpired(PledgeNote):
    """It ran out by its own terms."""

    TOPIC: ClassVar[str] = "pledge.expired"
    kind: Literal["pledge.expired"] = "pledge.expired"


KINDS = (
    PledgeMade,
    PledgeStrengthened,
    PledgeAmended,
    PledgeAllocated,
    PledgeDelivered,
    PledgeStalled,
    PledgeResumed,
    PledgeWithdrawn,
    PledgeExpired,
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pledge has come; the last word on each component, keyed by component."""

    rung: str
    side: str | None = None
    allocated: Mapping[str, Component] = field(default_factory=dict)
    delivered: Mapping[str, Component] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The side state where there is one, the rung otherwise."""
        return self.side or self.rung


def rung_at_least(rung: str, other: str) -> bool:
    """Whether `rung` stands on the ladder where `other` does, or above."""
    return LADDER.index(rung) >= LADDER.index(other)


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a pledge; status is a rung of the ladder or a side state."""
    event = entry.event
    content = state.content if state is not None else None
    if isinstance(event, PledgeMade):
        again = ("already_made", f"{entry.stream} is made already; strengthen or amend it")
        anomaly = None if content is None else again
        progress = state.extra if state is not None else Progress(event.level)
        progress = replace(progress, rung=_higher(progress.rung, event.level))
        return step(
            state,
            entry,
            status=progress.status,
            content=event,
            extra=progress,
            anomaly=anomaly,
        )
    before = state.extra if state is not None else Progress("floated")
    progress, anomaly = _advance(before, entry)
    if isinstance(event, PledgeAmended) and isinstance(content, PledgeMade):
        # Each new value was checked when it was recorded, and no term depends on another.
        content = content.model_copy(update={name: v for name, v in event.set if v is not None})
    if content is None:
        anomaly = not_opened(entry)
    return step(
        state,
        entry,
        status=progress.status,
        content=content,
        extra=progress,
        anomaly=anomaly,
    )


def _higher(rung: str, other: str) -> str:
    return max(rung, other, key=LADDER.index)


def _advance(before: Progress, entry: Entry) -> tuple[Progress, tuple[str, str] | None]:
    """Where the pledge stands after a later step, and what is wrong with the step."""
    event = entry.event
    anomaly = None
    if before.side in ENDED:
        anomaly = ("after_end", f"{entry.stream} is {before.side}; nothing moves it any more")
    match event:
        case PledgeStrengthened(level=level):
            if anomaly is None and rung_at_least(before.rung, level):
                anomaly = ("not_stronger", f"{entry.stream} stands at {before.rung} already")
            return replace(before, rung=_higher(before.rung, level)), anomaly
        case PledgeAllocated(components=components):
            if anomaly is None and before.rung == "delivered":
                anomaly = ("already_delivered", f"{entry.stream} is delivered already")
            rung = _higher(before.rung, "allocated")
            return _moved(before, rung, allocated=components), anomaly
        case PledgeDelivered(components=components, complete=complete):
            if anomaly is None and before.rung == "delivered":
                anomaly = ("already_delivered", f"{entry.stream} is delivered already")
            rung = "delivered" if complete else "partially_delivered"
            return _moved(before, _higher(before.rung, rung), delivered=components), anomaly
        case PledgeResumed():
            if before.side != "stalled":
                anomaly = ("not_stalled", f"{entry.stream} is not stalled; only then it resumes")
            return _beside(before, None), anomaly
        case PledgeStalled() | PledgeWithdrawn() | PledgeExpired():
            side = entry.kind.removeprefix("pledge.")
            if anomaly is None and before.rung == "delivered":
                anomaly = ("already_delivered", f"{entry.stream} is delivered already")
            elif anomaly is None and before.side == side:
                anomaly = (f"already_{side}", f"{entry.stream} is {side} already")
            return _beside(before, side), anomaly
        case _:
            return before, anomaly


def _beside(before: Progress, side: str | None) -> Progress:
    """Another side state; a pledge that has ended stays ended."""
    return before if before.side in ENDED else replace(before, side=side)


def _moved(
    before: Progress,
    rung: str,
    *,
    allocated: tuple[Component, ...] = (),
    delivered: tuple[Component, ...] = (),
) -> Progress:
    """Allocations and deliveries move a pledge, so it is no longer stalled."""
    return replace(
        before,
        rung=rung,
        side=None if before.side == "stalled" else before.side,
        allocated=_last_word(before.allocated, allocated),
        delivered=_last_word(before.delivered, delivered),
    )


def _last_word(old: Mapping[str, Component], new: tuple[Component, ...]) -> Mapping[str, Component]:
    merged = {**old, **{component.key: component for component in new}}
    return dict(sorted(merged.items())[:MAX_COMPONENTS])
