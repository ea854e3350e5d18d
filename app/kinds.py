"""What can be recorded: every kind, its fields, its JSON Schema and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from domain.any_event import AnyEvent
from domain.errors import NotFound
from domain.event import Event, needs_occurred
from domain.registry import KINDS, kind_named, read_event, schema_of
from exchange.cases import case_named
from exchange.mapping import normalised
from projections.answers import Answer

EXAMPLES = "every-kind"
"""The case that comes with Parley and holds an example of each kind."""
BY_THE_LOG = "log."
"""How the kinds begin that only the log itself writes."""


class JsonSchema(Answer):
    """A JSON Schema (2020-12), with the keywords that the schemas of the kinds are made of."""

    model_config = ConfigDict(serialize_by_alias=True)

    ref: str | None = Field(default=None, alias="$ref")
    defs: dict[str, JsonSchema] | None = Field(default=None, alias="$defs")
    title: str | None = None
    description: str | None = None
    type: str | None = None
    format: str | None = None
    enum: tuple[str, ...] | None = None
    const: str | None = None
    default: str | tuple[str, ...] | None = None
    pattern: str | None = None
    max_length: int | None = Field(default=None, alias="maxLength")
    min_length: int | None = Field(default=None, alias="minLength")
    minimum: int | None = None
    maximum: int | None = None
    exclusive_minimum: float | None = Field(default=None, alias="exclusiveMinimum")
    exclusive_maximum: float | None = Field(default=None, alias="exclusiveMaximum")
    items: JsonSchema | None = None
    prefix_items: tuple[JsonSchema, ...] | None = Field(default=None, alias="prefixItems")
    min_items: int | None = Field(default=None, alias="minItems")
    max_items: int | None = Field(default=None, alias="maxItems")
    properties: dict[str, JsonSchema] | None = None
    pattern_properties: dict[str, JsonSchema] | None = Field(
        default=None, alias="patternProperties"
    )
    additional_properties: bool | None = Field(default=None, alias="additionalProperties")
    max_properties: int | None = Field(default=None, alias="maxProperties")
    required: tuple[str, ...] | None = None
    any_of: tuple[JsonSchema, ...] | None = Field(default=None, alias="anyOf")

    @model_serializer(mode="wrap")
    def _as_given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only the keywords that are there: one that is null would mean something."""
        given = {self._names()[name] for name in self.model_fields_set}
        return {name: value for name, value in write(self).items() if name in given}

    @classmethod
    def _names(cls) -> dict[str, str]:
        return {name: field.alias or name for name, field in cls.model_fields.items()}


class Kind(Answer):
    """A kind in one line: what it is, and what a body of it cannot do without."""

    kind: str
    schema_number: int
    description: str
    required: tuple[str, ...]
    recorded_by_hand: bool


class DescribedKind(Kind):
    """All there is to know of a kind; the log's own kinds have no example to record."""

    json_schema: JsonSchema
    example: AnyEvent | None


class Kinds(Answer):
    """Every kind of event, in the order of the things they are about."""

    kinds: tuple[Kind, ...]


def kinds() -> Kinds:
    """Every kind that can be recorded, or that the log writes itself."""
    return Kinds(kinds=tuple(map(summary_of, KINDS)))


def summary_of(kind: str) -> Kind:
    """A kind in one line; raises InvalidInput for a name that is none."""
    return Kind(**_summary(kind))


@cache
def describe(kind: str) -> DescribedKind:
    """Everything there is to know of a kind; raises NotFound for a name that is none."""
    if kind not in KINDS:
        raise NotFound.of("kind", f"there is no kind {kind!r}", "choose one of the list of kinds")
    return DescribedKind(
        **_summary(kind),
        json_schema=JsonSchema.model_validate(schema_of(kind)),
        example=_examples().get(kind),
    )


def _summary(name: str) -> dict[str, Any]:
    cls = kind_named(name)
    return {
        "kind": name,
        "schema_number": cls.class_version,
        "description": " ".join((cls.__doc__ or "").split()),
        "required": tuple(_required(cls)),
        "recorded_by_hand": not name.startswith(BY_THE_LOG),
    }


def _required(cls: type[Event]) -> Iterator[str]:
    yield from (n for n in schema_of(cls.TOPIC).get("required", ()) if n != "kind")
    if needs_occurred(cls):
        yield "cite"


@cache
def _examples() -> Mapping[str, Event]:
    """The first entry of each kind in the case of examples, with ids for what it names."""
    found: dict[str, Event] = {}
    for entry in case_named(EXAMPLES).entries:
        kind = str(entry.body["kind"])
        if kind not in found:
            found[kind] = read_event(normalised(entry.body))
    return found
