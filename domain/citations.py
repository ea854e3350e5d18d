"""Who says so: the source, the place in it, and the chain of voices.

A claim is never bare. The chain runs from the outermost voice (the publisher)
to the innermost (the speaker); each link says how it hands the claim on and
which words soften it. A hedge stays a word: it never becomes a number.
The locator is the text quote and text position selector of the W3C Web
Annotation Data Model, with the digest of the archived text beside it.
"""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.meanings import meaning_of
from domain.text import MAX_QUOTE, ActorSlug, Context, Quote, Sha256, SourceSlug, Text, Whole
from domain.vocabularies import ChainMode, ChainRole, HedgeWord

MAX_OFFSET = 2**53 - 1
"""The largest offset: a leaf holds no larger whole number."""
Offset = Annotated[int, Whole(0, MAX_OFFSET)]
"""A place in a text, in Unicode code points from 0."""

MAX_HEDGES = 12
"""The most hedges of one voice: each word of the closed list once."""
MAX_CHAIN = 16
"""The most voices of one chain; hearsay of hearsay is long before that."""
MAX_SUPPORTED = 64
"""The most attributes one citation names; no kind has more."""

NAME_LISTS = (
    *("after", "all_of", "any_of", "approvers", "audience", "authors", "before", "beneficiaries"),
    *("by", "contradicts", "elements", "flags", "gates", "issues", "modes", "on", "owners"),
    *("participants", "parties", "pledges", "pledgors", "supports", "targets", "topics", "unset"),
)
"""The fields, of any part, that hold a list of names; one that is not here takes a name twice.

Asking every field would cost more than all its other rules (a test finds what is missing)."""

Supported = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}(?:/[a-z0-9]+(?:-[a-z0-9]+)*)?$"),
]
"""The attribute a citation supports, or `attribute/key` for one member of it."""


class Part(BaseModel):
    """A part of an event: frozen, and closed to attributes it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """The JSON Schema, in which every field says what it means."""
        found = handler(schema)
        for name, field in handler.resolve_ref_schema(found).get("properties", {}).items():
            if meaning := meaning_of(cls, name):
                field.setdefault("description", meaning)
        return found

    @field_validator(*NAME_LISTS, mode="after", check_fields=False)
    @classmethod
    def _named_once(cls, value: object) -> object:
        """A list of names says each of them once: twice would mean nothing, for ever."""
        if isinstance(value, tuple):
            names = [name for name in value if isinstance(name, str | UUID)]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                message = f"names {twice} twice; name it once"
                raise ValueError(message)
        return value


class FilledPart(Part):
    """A part whose attributes are all optional; without any of them it is left out."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(value in (None, ()) for _, value in self):
            message = f"is empty; give one of {', '.join(type(self).model_fields)}, or leave it out"
            raise ValueError(message)
        return self


class Hedge(Part):
    """A softening word: its place in the closed list, and the words that stand there."""

    hedge: HedgeWord
    cue: Quote


class ChainLink(Part):
    """One voice in the chain, how it hands the claim on, and with which reservations."""

    actor: ActorSlug
    role: ChainRole
    mode: ChainMode
    hedges: tuple[Hedge, ...] = Field(default=(), max_length=MAX_HEDGES)


class Locator(FilledPart):
    """Where in the source it stands; offsets count Unicode code points from 0, end exclusive."""

    exact: Quote | None = Field(default=None, description=f"The words, at most {MAX_QUOTE}.")
    prefix: Context | None = None
    suffix: Context | None = None
    start: Offset | None = None
    end: Offset | None = None
    sha256: Sha256 | None = Field(default=None, description="Digest of the archived text.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.start is None) != (self.end is None):
            message = "start and end go together; give both or neither"
            raise ValueError(message)
        if self.start is not None and self.end is not None and self.end <= self.start:
            message = "end must be greater than start"
            raise ValueError(message)
        return self


class Citation(Part):
    """One source's support for named attributes of an event."""

    source: SourceSlug
    row: Text | None = Field(default=None, description="The row of the table it was read from.")
    supports: tuple[Supported, ...] = Field(
        default=(),
        max_length=MAX_SUPPORTED,
        description="The attributes it supports; none means the whole event.",
    )
    locator: Locator | None = None
    chain: tuple[ChainLink, ...] = Field(
        default=(),
        max_length=MAX_CHAIN,
        description="Outermost first: publisher, author, reporter, speaker.",
    )
