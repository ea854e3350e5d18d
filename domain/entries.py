"""What can be said about an entry of the log: corrected, retracted, endorsed, linked.

Nothing is erased. A correction sets whole top-level attributes, a retraction
takes an entry back (also a correction or another retraction), and both are
entries of their own that say why.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.citations import Hedge
from domain.event import EntryEvent
from domain.text import SEALED, SEALED_REFUSED, EventId, Text, Whole, check_text
from domain.vocabularies import Relation

MAX_ATTRIBUTES = 64
"""The most attributes one correction touches; no kind has more."""
MAX_NESTING = 16
"""The deepest new value; the deepest there is, a citation with a hedge, has 6 levels."""
MAX_WHOLE = 2**53 - 1
"""The largest whole number: a leaf holds no larger one."""
AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


def _as_stored(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value.
    """A new value as a leaf can hold it: decimals become text, and nothing else is changed.

    Whether it fits the attribute is for the corrected entry to say.
    """
    message = ""
    if depth > MAX_NESTING:
        message = f"is nested more than {MAX_NESTING} deep; write it flatter"
    elif isinstance(value, str):
        return check_text(value)
    elif isinstance(value, Decimal | float):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    elif isinstance(value, list | tuple):
        return [_as_stored(member, depth + 1) for member in value]
    elif isinstance(value, dict) and SEALED in value:
        message = SEALED_REFUSED
    elif isinstance(value, dict):
        return {_name(name): _as_stored(inner, depth + 1) for name, inner in value.items()}
    elif value is None:
        message = "is null; name the attribute in `unset` to remove it, or leave the member out"
    elif not isinstance(value, int) or abs(value) > MAX_WHOLE:
        message = "is no text, truth value or whole number below 2^53; write it as text"
    if message:
        raise ValueError(message)
    return value


def _name(name: object) -> str:
    if not isinstance(name, str) or not (name.isascii() and name.isprintable()):
        message = "has a member whose name is not plain ASCII; correct the name"
        raise ValueError(message)
    return name


NewValue = Annotated[Any, AfterValidator(_as_stored)]


class EntryCorrected(EntryEvent):
    """The record had a mistake: `set` gives whole new values, `unset` removes attributes.

    `schema` is the schema number that `set` is written in; the wire calls the
    field so, the class `schema_`, because pydantic has a method of that name.
    """

    TOPIC: ClassVar[str] = "entry.corrected"
    kind: Literal["entry.corrected"] = "entry.corrected"
    schema_: Annotated[int, Whole(1, 1_000)] = Field(alias="schema")
    reason: Text
    set: dict[AttributeName, NewValue] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    unset: tuple[AttributeName, ...] = Field(default=(), max_length=MAX_ATTRIBUTES)

    @model_validator(mode="after")
    def _touches_something_once(self) -> Self:
        if not self.set and not self.unset:
            message = "corrects nothing; name the attributes in `set` or `unset`"
            raise ValueError(message)
        if both := set(self.set) & set(self.unset):
            message = f"both sets and unsets {', '.join(sorted(both))}; do one of the two"
            raise ValueError(message)
        return self


class EntryRetracted(EntryEvent):
    """The entry should not stand; `replaced_by` names the entry recorded in its place."""

    TOPIC: ClassVar[str] = "entry.retracted"
    kind: Literal["entry.retracted"] = "entry.retracted"
    reason: Text
    replaced_by: EventId | None = None


class EntryEndorsed(EntryEvent):
    """A second person has checked the entry against its source."""

    TOPIC: ClassVar[str] = "entry.endorsed"
    kind: Literal["entry.endorsed"] = "entry.endorsed"
    note: Text | None = None


class EntryLinked(EntryEvent):
    """Two entries stand in a relation; a hedge keeps the link from counting as certain."""

    TOPIC: ClassVar[str] = "entry.linked"
    kind: Literal["entry.linked"] = "entry.linked"
    relation: Relation
    to: EventId
    hedges: tuple[Hedge, ...] = ()
    note: Text | None = None


KINDS = (EntryCorrected, EntryRetracted, EntryEndorsed, EntryLinked)
