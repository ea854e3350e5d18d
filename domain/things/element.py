"""Elements: the parts a guarantee framework is made of."""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.entry import Entry
from domain.event import Registration
from domain.state import State, Step, not_opened, step
from domain.text import Text
from domain.vocabularies import ElementType


class ElementRegistration(Registration):
    """What an element is, whenever it holds."""

    THING: ClassVar[str] = "element"

    title: Text
    element_type: ElementType
    description: Text | None = None


class ElementDefined(ElementRegistration):
    """A part of the framework gets a name."""

    TOPIC: ClassVar[str] = "element.defined"
    OPENS: ClassVar[bool] = True
    kind: Literal["element.defined"] = "element.defined"


class ElementRedefined(ElementRegistration):
    """A part of the framework is described anew, as a whole."""

    TOPIC: ClassVar[str] = "element.redefined"
    kind: Literal["element.redefined"] = "element.redefined"


KINDS = (ElementDefined, ElementRedefined)


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into an element; status is `defined`."""
    anomaly = None
    if isinstance(entry.event, ElementRedefined) and state is None:
        anomaly = not_opened(entry)
    elif isinstance(entry.event, ElementDefined) and state is not None:
        anomaly = ("already_defined", f"{entry.stream} is defined already; redefine it")
    return step(state, entry, status="defined", content=entry.event, anomaly=anomaly)
