"""What an event is before the log has seen it, and the four sorts of event.

An event is flat: the attributes that the leaf keeps under `data` stand beside
`kind`, `slug`, `id`, `occurred` and `cite`. Every kind is one frozen class;
`TOPIC` is its wire name for ever and `class_version` its schema number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from domain.bounds import EdtfText
from domain.citations import Citation, Part
from domain.errors import MAX_NAMED, InvalidInput, Problem
from domain.text import EventId, Identity, Slug, Text

ENVELOPE = frozenset({"kind", "slug", "id", "occurred", "cite"})
"""The fields of an event that the leaf keeps outside `data`."""
MAX_REFERENCES = 64
"""The most events one event may name in a list; more is a sign of a story told as one entry."""
MAX_CITATIONS = 64
"""The most citations of one event; who gathers more reports records them apart and links them."""
COMMONS = "commons"
"""The owner of the streams that all negotiations share: actors and sources."""
COMMON_THINGS = frozenset({"actor", "source"})
"""The sorts of things that all negotiations share, so that they are known before any is opened."""
Owner = TypeVar("Owner", bound="str | None")
_FIELDS = "the list of kinds says which fields each has"
_NUMBER = ("is not a whole number", "write it in figures, without a fraction")
_LIST = ("is not a list", "put it in square brackets, even if it has one member")
_OBJECT = ("is not an object of fields", _FIELDS)
_TRUTH = ("is neither true nor false", "write true or false, without quotation marks")
_ID = ("is not the id of an entry", "copy the id as the log gives it")
_LONG = ("is longer than {max_length}", "shorten it to at most {max_length}")
_RULES = {
    "missing": ("is required and missing", "add `{field}`"),
    "extra_forbidden": ("is not a field of this kind", "remove `{field}` or correct its name"),
    "literal_error": ("is none of the allowed words: {expected}", "choose one of them"),
    "string_pattern_mismatch": ("does not match {pattern}", "rewrite it to that form"),
    "string_type": ("is not a text", "put it in quotation marks"),
    "string_unicode": ("holds half a character (a lone surrogate)", "send it as UTF-8"),
    "string_too_long": _LONG,
    "too_long": _LONG,
    "too_short": ("has fewer members than {min_length}", "add what is missing"),
    "greater_than_equal": ("is less than {ge}", "give {ge} or more"),
    "less_than_equal": ("is more than {le}", "give {le} or less"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _TRUTH),
    **dict.fromkeys(("uuid_type", "uuid_parsing", "is_instance_of"), _ID),
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    **dict.fromkeys(("model_type", "dict_type"), _OBJECT),
}
"""What pydantic finds, by its name for it: the rule in our words and the way out."""
_DUMP: Any = {"exclude_defaults": True, "by_alias": True}
"""Absent means omitted, on the wire as in the leaf."""


def owner_of(thing: str, negotiation: Owner) -> str | Owner:
    """Who owns the streams of a sort of thing: the commons, or the negotiation."""
    return COMMONS if thing in COMMON_THINGS else negotiation


class Event(Part):
    """One entry of the record as a person hands it in."""

    TOPIC: ClassVar[str]
    class_version: ClassVar[int] = 1
    THING: ClassVar[str]
    OPENS: ClassVar[bool] = False

    kind: str
    id: Identity | None = Field(
        default=None, description="A UUID of the client's choice; the log makes one otherwise."
    )
    occurred: EdtfText | None = Field(
        default=None, description="When it happened or held, as EDTF."
    )
    cite: tuple[Citation, ...] = Field(
        default=(), max_length=MAX_CITATIONS, description="Who says so."
    )

    def data(self) -> dict[str, Any]:
        """The attributes the leaf keeps under `data`, as JSON values; absent means omitted."""
        return self.model_dump(mode="json", exclude=set(ENVELOPE), **_DUMP)

    def citations(self) -> list[dict[str, Any]]:
        """The citations as plain JSON values."""
        return [citation.model_dump(mode="json", **_DUMP) for citation in self.cite]

    def body(self) -> dict[str, Any]:
        """The event as it would be handed in again: the inverse of `read_event`."""
        return {
            "kind": self.TOPIC,
            **self.model_dump(mode="json", exclude={"kind"}, **_DUMP),
        }

    @classmethod
    def attributes(cls) -> frozenset[str]:
        """The names that the leaf may keep under `data` for this kind."""
        names = {field.alias or name for name, field in cls.model_fields.items()}
        return frozenset(names) - ENVELOPE


class ThingEvent(Event):
    """Something about a thing; the slug names the thing within its sort."""

    slug: Slug


class Registration(ThingEvent):
    """Something the record names; it holds at every date once known, so it has no `occurred`."""


class WorldEvent(ThingEvent):
    """Something that happened or held in the world, so it says when and who says so."""

    occurred_phrase: Text | None = Field(
        default=None, description="The source's own words for the time."
    )
    occurred_anchor: EdtfText | None = Field(
        default=None, description="The date those words were resolved against, as EDTF."
    )
    after: tuple[EventId, ...] = Field(default=(), max_length=MAX_REFERENCES)
    before: tuple[EventId, ...] = Field(default=(), max_length=MAX_REFERENCES)
    contradicts: tuple[EventId, ...] = Field(default=(), max_length=MAX_REFERENCES)


class EntryEvent(Event):
    """Something said about an entry of the log; it lives on that entry's stream."""

    THING: ClassVar[str] = "entry"

    entry: EventId


class LogEvent(Event):
    """Something the log says about itself; written by the log alone."""

    THING: ClassVar[str] = "log"


def needs_occurred(kind: type[Event]) -> bool:
    """Whether the kind must say when it happened."""
    return issubclass(kind, WorldEvent) and kind.THING != "negotiation"


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """What pydantic found, said as Parley says it: the field, the rule and the way out."""
    return refusal_of(error).problems


def refusal_of(error: ValidationError) -> InvalidInput:
    """The same as a refusal, which knows how many more there are."""
    return _refusal(error.errors(include_url=False, include_input=False))


def problems_in(found: Sequence[ErrorDetails]) -> tuple[Problem, ...]:
    """The same for what whoever called pydantic collected."""
    return _refusal(found).problems


def _refusal(found: Sequence[ErrorDetails]) -> InvalidInput:
    """No more than `MAX_NAMED` are put into words; every few bytes of a body can break a rule."""
    places = Counter(each["loc"][:end] for each in found for end in range(len(each["loc"]) + 1))
    own = [each for each in found if not _follows(each, places)]
    return InvalidInput(*map(_problem, own[:MAX_NAMED]), more=max(0, len(own) - MAX_NAMED))


def _follows(one: ErrorDetails, places: Counter[tuple[int | str, ...]]) -> bool:
    """A list whose members are wrong is also told to be too short, because they do not count.

    `places` counts what was found at each place or within it.
    """
    return one["type"] == "too_short" and places[one["loc"]] > 1


def _problem(found: ErrorDetails) -> Problem:
    field = ".".join(str(part) for part in found["loc"]) or "body"
    context = found.get("ctx", {})
    if found["type"] == "value_error":
        return Problem(field, *_split(str(context["error"])))
    if found["type"] not in _RULES:
        return Problem(field, found["msg"], _FIELDS)
    rule, way_out = _RULES[found["type"]]
    return Problem(field, rule.format(**context), way_out.format(field=field, **context))


def _split(message: str) -> tuple[str, str]:
    """Our own validators write "rule; way out" in one message."""
    rule, _, way_out = message.partition("; ")
    return rule, way_out or "correct it and send it again"


def check_envelope(event: Event, *, supposed: bool = False) -> None:
    """Hold `occurred` and `cite` to the list in the wire contract; raise InvalidInput otherwise."""
    problems = []
    if isinstance(event, WorldEvent):
        if needs_occurred(type(event)) and event.occurred is None:
            problems.append(
                Problem(
                    "occurred",
                    f"{event.TOPIC} says something about the world and must say when",
                    'add `occurred`, for example "2025-09-04", or "[..2025-09-11]" if only '
                    "an end is known",
                )
            )
        if needs_occurred(type(event)) and not event.cite and not supposed:
            problems.append(
                Problem("cite", f"{event.TOPIC} needs at least one citation", "add who says so")
            )
    elif event.occurred is not None:
        problems.append(
            Problem(
                "occurred",
                f"{event.TOPIC} holds at every date once it is known and has no date of its own",
                "remove `occurred`",
            )
        )
    problems += _unsupported(event)
    if problems:
        raise InvalidInput(*problems)


def _unsupported(event: Event) -> list[Problem]:
    """Citations that claim to support what the kind of event cannot say."""
    known = type(event).attributes() | {"occurred"}
    found = []
    for number, citation in enumerate(event.cite):
        for name in citation.supports:
            attribute, _, key = name.partition("/")
            if attribute not in known:
                rule = f"{event.TOPIC} has no attribute {attribute!r}"
                way_out = f"name one of {', '.join(sorted(known))}, or leave `supports` out"
            elif key and isinstance(getattr(event, attribute, None), str | int):
                rule, way_out = f"`{attribute}` is one value without members", "leave the key out"
            else:
                continue
            found.append(Problem(f"cite.{number}.supports", rule, way_out))
    return found
