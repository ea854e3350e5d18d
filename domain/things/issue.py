"""Issues: the open questions of a negotiation and who owns them."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, ElementSlug, IssueSlug, Text

MAX_NAMED = 64
"""The most elements or owners one issue names."""


class IssueEvent(WorldEvent):
    """A step in the life of an open question."""

    THING: ClassVar[str] = "issue"


class IssueRaised(IssueEvent):
    """A question is open."""

    TOPIC: ClassVar[str] = "issue.raised"
    OPENS: ClassVar[bool] = True
    kind: Literal["issue.raised"] = "issue.raised"
    question: Text
    elements: tuple[ElementSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    owners: tuple[ActorSlug, ...] = Field(
        default=(), max_length=MAX_NAMED, description="Who would have to answer it."
    )
    parent: IssueSlug | None = None

    @model_validator(mode="after")
    def _of_another(self) -> Self:
        if self.parent == self.slug:
            message = "is its own parent; name another issue or leave `parent` out"
            raise ValueError(message)
        return self


class IssueNarrowed(IssueEvent):
    """Part of the question is answered; `text` is what is left of it."""

    TOPIC: ClassVar[str] = "issue.narrowed"
    kind: Literal["issue.narrowed"] = "issue.narrowed"
    text: Text


class IssueSettled(IssueEvent):
    """The question is answered."""

    TOPIC: ClassVar[str] = "issue.settled"
    kind: Literal["issue.settled"] = "issue.settled"
    answer: Text


class IssueLapsed(IssueEvent):
    """The question no longer arises."""

    TOPIC: ClassVar[str] = "issue.lapsed"
    kind: Literal["issue.lapsed"] = "issue.lapsed"
    reason: Text | None = None


class IssueReopened(IssueEvent):
    """The question is open again."""

    TOPIC: ClassVar[str] = "issue.reopened"
    kind: Literal["issue.reopened"] = "issue.reopened"
    reason: Text | None = None


KINDS = (IssueRaised, IssueNarrowed, IssueSettled, IssueLapsed, IssueReopened)
STATUS = {
    "issue.raised": "open",
    "issue.narrowed": "narrowed",
    "issue.settled": "settled",
    "issue.lapsed": "lapsed",
    "issue.reopened": "open",
}
CLOSED = frozenset({"settled", "lapsed"})


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into an issue; `extra` is the last event that told where it stands."""
    event = entry.event
    opened = state is not None and state.content is not None
    closed = state is not None and state.status in CLOSED
    anomaly = None
    if isinstance(event, IssueRaised):
        if opened:
            anomaly = ("already_raised", f"{entry.stream} is raised already; reopen it instead")
        return step(state, entry, status="open", content=event, extra=event, anomaly=anomaly)
    if not opened:
        anomaly = not_opened(entry)
    elif isinstance(event, IssueReopened):
        if not closed:
            anomaly = ("not_closed", f"{entry.stream} is open; only a closed issue is reopened")
    elif closed:
        anomaly = ("closed", f"{entry.stream} is closed; reopen it first")
    return step(state, entry, status=STATUS[entry.kind], extra=event, anomaly=anomaly)
