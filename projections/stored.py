"""What stands in a rectangle, as bytes: written and read back, inverse to each other.

Equal content gives equal bytes, so that a rebuilt edition can be compared with
the one that serves byte for byte. `FORMAT` is the number of this form; an
edition of another form is not read but made anew. Notes and links are on this page,
what a story has come to in `projections.stored_states`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from projections.relations import Link
from projections.world import Mention

FORMAT = 3
"""The number of the form that payloads are written in; a new form gets a new number.

So does a new rule of what counts as reviewed (domain.review), of which a table is kept.
"""

_WRITE = TypeAdapter[Any](Any)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be told of a story at some minutes: an entry, and what it clashes with.

    `code` and `rule` are those of an anomaly.
    """

    entry: UUID
    mention: Mention
    code: str = ""
    rule: str = ""
    clash: UUID | None = None
    clash_mention: Mention | None = None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link, and the position that puts it in order."""

    position: int
    link: Link


_NOTES = TypeAdapter(tuple[Note, ...])
_LINK = TypeAdapter(StoredLink)


def format_notes(notes: tuple[Note, ...]) -> bytes:
    """What is to be told of a story."""
    return _format(notes)


def parse_notes(payload: bytes) -> tuple[Note, ...]:
    """The inverse of `format_notes`."""
    return _NOTES.validate_json(payload)


def format_link(link: StoredLink) -> bytes:
    """A link whose two ends are known."""
    return _format(link)


def parse_link(payload: bytes) -> StoredLink:
    """The inverse of `format_link`."""
    return _LINK.validate_json(payload)


def _format(value: object) -> bytes:
    # Attributes that an event does not have are left out, as in its leaf.
    return _WRITE.dump_json(value, exclude_unset=True, by_alias=True)
