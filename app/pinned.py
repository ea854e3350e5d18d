"""What an answer with a proof was asked for: so exactly that anybody can ask it again.

Every clock is pinned: the world at one minute, the log up to one position, the rules
by their number. Whoever has the log computes the same bytes.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from projections.answers import Answer, Certainty


class AskedFramework(Answer):
    """The whole framework."""

    of: Literal["framework"] = "framework"


class AskedSection(Answer):
    """One sort of thing in it, or a part of the list."""

    of: Literal["section"] = "section"
    section: str
    status: str | None = None
    actor: str | None = None
    element: str | None = None
    after: str = ""
    limit: int | None = Field(default=None, ge=1)


class AskedThing(Answer):
    """One thing with its story."""

    of: Literal["thing"] = "thing"
    sort: str
    slug: str


class AskedEntry(Answer):
    """One entry of the log."""

    of: Literal["entry"] = "entry"
    position: int = Field(ge=1)


class AskedLog(Answer):
    """A page of the log; the filters as they were written."""

    of: Literal["log"] = "log"
    negotiation: str | None = None
    kind: str | None = None
    thing: str | None = None
    slug: str | None = None
    actor: str | None = None
    happened_from: str | None = None
    happened_to: str | None = None
    recorded_since: str | None = None
    reviewed: bool | None = None
    after: int = Field(default=0, ge=0)
    before: int | None = Field(default=None, ge=1)
    limit: int = Field(ge=1)
    order: Literal["oldest", "newest"] = "oldest"


What: TypeAlias = Annotated[
    AskedFramework | AskedSection | AskedThing | AskedEntry | AskedLog, Field(discriminator="of")
]


class Pinned(Answer):
    """A question with every clock pinned.

    `as_of` and `published_by` are minutes (RFC 3339 without seconds, UTC), `known_at` is a
    position; the clocks of the world are None for entries of the log, which have none.
    """

    what: What
    negotiation: str | None
    as_of: str | None
    known_at: int = Field(ge=1)
    published_by: str | None
    certainty: Certainty
    rules: int
