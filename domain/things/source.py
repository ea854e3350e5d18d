"""Sources: what was published where and when, common to all negotiations."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from domain.bounds import EdtfText
from domain.entry import Entry
from domain.event import Registration
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, Language, Sha256, Text, Whole

MAX_AUTHORS = 64


Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=2_000)]
MediaType = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+$", max_length=127)
]


class SourceRegistration(Registration):
    """A step in the register of sources."""

    THING: ClassVar[str] = "source"


class SourceRegistered(SourceRegistration):
    """A source enters the register, as a bibliography would list it."""

    TOPIC: ClassVar[str] = "source.registered"
    OPENS: ClassVar[bool] = True
    kind: Literal["source.registered"] = "source.registered"
    title: Text
    published: EdtfText = Field(description="When it was made public, as EDTF.")
    publisher: ActorSlug | None = None
    authors: tuple[ActorSlug, ...] = Field(default=(), max_length=MAX_AUTHORS)
    url: Url | None = None
    language: Language | None = None
    reliability: Text | None = Field(
        default=None, description="What the recorder thinks of it, in words."
    )


class SourceArchived(SourceRegistration):
    """A copy of the source was kept; the digest is of the copy's bytes."""

    TOPIC: ClassVar[str] = "source.archived"
    kind: Literal["source.archived"] = "source.archived"
    sha256: Sha256
    media_type: MediaType
    size: Annotated[int, Whole(0, 2**53 - 1)] = Field(description="Bytes.")


KINDS = (SourceRegistered, SourceArchived)


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into a source; status is `registered` or `archived`."""
    event = entry.event
    if isinstance(event, SourceRegistered):
        opened = state is not None and state.content is not None
        again = ("already_registered", f"{entry.stream} is registered already")
        return step(
            state,
            entry,
            status="registered",
            content=event,
            anomaly=again if opened else None,
        )
    if state is None or state.content is None:
        return step(state, entry, status="unregistered", anomaly=not_opened(entry))
    return step(state, entry, status="archived", extra=event)
