"""CloudEvents 1.0 as the document of the API tells of them: the envelope, and the leaf in it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.cursors import PATTERN as CURSOR
from app.read_log import CloudEventHead
from domain.citations import Citation
from feed.frames import BYE, CAUGHT_UP, PROGRESS
from feed.subscriber import Why
from projections.answers import Answer

EVENT = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EVENT_STREAM = "text/event-stream"


class Narrowed(Answer):
    """What order constraints made of the start, in minutes since the epoch."""

    start_lo: int | None = None
    start_hi: int | None = None


class LeafBounds(Answer):
    """What `occurred` means in minutes since the epoch (UTC); what is open is left out."""

    when: Literal[1]
    start_lo: int | None = None
    start_hi: int | None = None
    end_lo: int | None = None
    end_hi: int | None = None
    narrowed: Narrowed | None = None


class LeafImport(Answer):
    """Where an imported entry came from."""

    format: str
    key: str
    digest: str


class LeafData(Answer):
    """The attributes of an event, of whichever kind; the document lists them all."""


class Leaf(Answer):
    """The bytes that the log keeps of an entry, as the object they spell (RFC 8785)."""

    v: Literal[1]
    position: int
    id: UUID
    stream: str
    version: int
    kind: str
    schema_: int = Field(alias="schema")
    recorded_at: str
    recorded_by: str
    auth: str | None = None
    request: str | None = None
    nonce: str
    data: LeafData
    cite: tuple[Citation, ...] | None = None
    occurred: str | None = None
    bounds: LeafBounds | None = None
    import_: LeafImport | None = Field(default=None, alias="import")


class CloudEvent(CloudEventHead):
    """An entry as a CloudEvent; `data` is its leaf, byte for byte, and is hashed as it is."""

    data: Leaf


class Reached(Answer):
    """What a stream says of itself: the position that it has come to."""

    position: int


class Ended(Answer):
    """What it says last: why it ends."""

    reason: Why


def stream_form() -> dict[str, Any]:
    """What a decorator says of a stream: the shape of each of its events."""
    told = {"oneOf": [_reference(each) for each in (CloudEvent, Reached, Ended)]}
    kind = {"contentMediaType": "application/json", "contentSchema": told}
    event = {
        "type": "object",
        "description": "One event: an entry as a CloudEvent, or by its name what is told of the "
        "stream itself.",
        "properties": {
            # What has no `event` is taken for a `message` (WHATWG HTML, 9.2.6).
            "event": {"type": "string", "enum": ["message", CAUGHT_UP, PROGRESS, BYE]},
            "id": {"type": "string", "pattern": CURSOR},
            "data": {"type": "string", **kind},
            "retry": {"type": "integer", "minimum": 0},
        },
        "additionalProperties": False,
    }
    return {EVENT_STREAM: {"schema": event}}


def event_form() -> dict[str, Any]:
    """What a decorator says of one CloudEvent."""
    return {EVENT: {"schema": _reference(CloudEvent)}}


def batch_form() -> dict[str, Any]:
    """What a decorator says of a batch of them."""
    return {BATCH: {"schema": {"type": "array", "items": _reference(CloudEvent)}}}


def _reference(model: type[Answer]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
