"""Statements: what somebody said, asked, refused, judged or held."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from domain.bounds import EdtfText
from domain.citations import Part
from domain.entry import Entry
from domain.event import WorldEvent
from domain.state import State, Step, step
from domain.text import ActorSlug, ElementSlug, IssueSlug, Slug, Text
from domain.vocabularies import Stance, StatementFlag, StatementType

MAX_NAMED = 64
"""The most speakers, issues, elements or topics one statement names."""


class Speaker(Part):
    """Who speaks, for whom, and in which office."""

    actor: ActorSlug
    on_behalf_of: ActorSlug | None = None
    office: Text | None = None

    @property
    def principal(self) -> str:
        """Whose stance it is: the one spoken for, or the speaker."""
        return self.on_behalf_of or self.actor


class StatementMade(WorldEvent):
    """Somebody says or holds something; `occurred` is when, `about` is the time it is about."""

    TOPIC: ClassVar[str] = "statement.made"
    THING: ClassVar[str] = "statement"
    OPENS: ClassVar[bool] = True
    kind: Literal["statement.made"] = "statement.made"
    statement_type: StatementType
    speakers: tuple[Speaker, ...] = Field(min_length=1, max_length=MAX_NAMED)
    summary: Text
    audience: tuple[ActorSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    about: EdtfText | None = None
    issues: tuple[IssueSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    elements: tuple[ElementSlug, ...] = Field(default=(), max_length=MAX_NAMED)
    topics: tuple[Slug, ...] = Field(default=(), max_length=MAX_NAMED)
    stance: Stance | None = None
    strength: Text | None = None
    rationale: Text | None = None
    flags: tuple[StatementFlag, ...] = Field(default=(), max_length=4)


KINDS = (StatementMade,)


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a statement, which is made once; status is `made`."""
    again = ("already_made", f"{entry.stream} is made already; a further statement needs a slug")
    return step(
        state,
        entry,
        status="made",
        content=entry.event,
        anomaly=None if state is None else again,
    )
