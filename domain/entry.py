"""An event on its way into the log, and as the log gives it back.

Both carry a stream and a version, so they are domain events to the
`eventsourcing` library; its aggregates would fold them in the order they were
recorded, which is not the order of the story, so states come from
`domain.story` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.bounds import Span
from domain.event import Event, LogEvent, ThingEvent, owner_of
from domain.negotiations import opening_stream

LOG_STREAM = "log"


@dataclass(frozen=True, slots=True)
class Import:
    """Where an imported entry came from; `digest` is the SHA-256 of what it was mapped to."""

    format: str
    key: str
    digest: str

    def to_leaf(self) -> dict[str, Any]:
        """The object the leaf keeps under `import`."""
        return {"format": self.format, "key": self.key, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Draft:
    """An event ready to be recorded; the log adds position, time, version and nonce.

    `expected_version` is the version its stream must stand at (0: must not exist
    yet); None appends at whatever comes next.
    """

    event: Event
    stream: str
    id: UUID
    recorded_by: str
    span: Span | None = None
    expected_version: int | None = None
    request: str | None = None
    auth: str | None = None
    imported: Import | None = None

    @property
    def originator_id(self) -> str:
        """The stream, under the name the library knows it by."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The version it will have if nothing comes between; 0 if any version will do."""
        return 0 if self.expected_version is None else self.expected_version + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded event with its envelope; `recorded_at` in microseconds since the epoch, UTC.

    `span` is None for kinds that hold at every date. `schema` is the number it was
    written with; `event` is of the newest. `corrected_by` are the positions of the
    corrections that the story rule has written in.
    """

    event: Event
    stream: str
    id: UUID
    recorded_by: str
    position: int
    version: int
    recorded_at: int
    schema: int = 1
    nonce: str = ""
    corrected_by: tuple[int, ...] = ()
    span: Span | None = None
    request: str | None = None
    auth: str | None = None
    imported: Import | None = None

    @property
    def originator_id(self) -> str:
        """The stream, under the name the library knows it by."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The place in the stream, counted from 1."""
        return self.version

    @property
    def kind(self) -> str:
        """The wire name of the event's kind."""
        return self.event.TOPIC

    @property
    def negotiation(self) -> str:
        """The owner of the stream: a negotiation, `commons`, or `log`."""
        return self.stream.partition("/")[0]

    @property
    def thing(self) -> str:
        """The sort of thing the stream belongs to, such as `pledge`."""
        return self.stream.split("/")[1] if "/" in self.stream else LOG_STREAM

    @property
    def slug(self) -> str:
        """The name of the thing within its sort."""
        return self.stream.rpartition("/")[2]


def stream_of(event: ThingEvent | LogEvent, negotiation: str) -> str:
    """The stream an event belongs to; entry events live on the stream of the entry they name."""
    if isinstance(event, LogEvent):
        return LOG_STREAM
    if event.THING == "negotiation":
        return opening_stream(event.slug)
    return f"{owner_of(event.THING, negotiation)}/{event.THING}/{event.slug}"
