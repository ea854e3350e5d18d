"""Conditions: what has to hold before, or while, something else does."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.citations import Part
from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ConditionSlug, StatusWord, Stream, Text
from domain.vocabularies import ConditionType

MAX_ALTERNATIVES = 32
"""The most conditions one condition is made of."""


class ConditionEvent(WorldEvent):
    """A step in the life of a condition."""

    THING: ClassVar[str] = "condition"


class MetBy(Part):
    """The status of another thing that meets the condition, such as an agreement in force."""

    thing: Stream
    status: StatusWord | None = Field(default=None, description="The status it has to have.")


class ConditionStated(ConditionEvent):
    """Somebody says what has to hold."""

    TOPIC: ClassVar[str] = "condition.stated"
    OPENS: ClassVar[bool] = True
    kind: Literal["condition.stated"] = "condition.stated"
    text: Text
    condition_type: ConditionType
    any_of: tuple[ConditionSlug, ...] = Field(default=(), max_length=MAX_ALTERNATIVES)
    all_of: tuple[ConditionSlug, ...] = Field(default=(), max_length=MAX_ALTERNATIVES)
    met_by: MetBy | None = None

    @model_validator(mode="after")
    def _one_way_to_be_met(self) -> Self:
        if sum(map(bool, (self.any_of, self.all_of, self.met_by))) > 1:
            message = "any_of, all_of and met_by exclude each other; keep one of them"
            raise ValueError(message)
        if self.slug in (*self.any_of, *self.all_of):
            message = "is a part of itself; name other conditions"
            raise ValueError(message)
        return self


class ConditionMet(ConditionEvent):
    """A source says that it holds."""

    TOPIC: ClassVar[str] = "condition.met"
    kind: Literal["condition.met"] = "condition.met"
    note: Text | None = None


class ConditionFailed(ConditionEvent):
    """A source says that it cannot hold, or no longer does."""

    TOPIC: ClassVar[str] = "condition.failed"
    kind: Literal["condition.failed"] = "condition.failed"
    note: Text | None = None


class ConditionWaived(ConditionEvent):
    """Those who stated it no longer ask for it."""

    TOPIC: ClassVar[str] = "condition.waived"
    kind: Literal["condition.waived"] = "condition.waived"
    note: Text | None = None


KINDS = (ConditionStated, ConditionMet, ConditionFailed, ConditionWaived)
NOT_REPORTED_MET = "not_reported_met"


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a condition; no evidence is `not_reported_met`, never "not met"."""
    event = entry.event
    opened = state is not None and state.content is not None
    if isinstance(event, ConditionStated):
        again = ("already_stated", f"{entry.stream} is stated already")
        return step(
            state,
            entry,
            status=NOT_REPORTED_MET,
            content=event,
            anomaly=again if opened else None,
        )
    status = entry.kind.removeprefix("condition.")
    anomaly = None
    if not opened:
        anomaly = not_opened(entry)
    elif state is not None and state.status == status:
        anomaly = (f"already_{status}", f"{entry.stream} is {status} already")
    return step(state, entry, status=status, anomaly=anomaly)
