"""What an event refers to: things by slug or stream, other entries by id.

The references are found from the types of the fields (`Refers`), so a kind
that declares its fields has declared its references.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.entries import EntryCorrected
from domain.event import Event, owner_of
from domain.registry import KINDS, THINGS
from domain.text import Refers


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: the path of the field, what sort of thing it names, and the name."""

    field: str
    to: str
    name: str | UUID

    def stream(self, negotiation: str) -> str:
        """The stream of the thing it names, for a reference to a thing."""
        if self.to == "stream":
            return str(self.name)
        return f"{owner_of(self.to, negotiation)}/{self.to}/{self.name}"


def references(event: Event) -> list[Reference]:
    """Every reference of the event, in the order of its fields."""
    return list(_walk(event, ""))


def actors_named(event: Event, thing: str, slug: str) -> frozenset[str]:
    """The actors that an entry about a thing names; a correction those that it newly sets as well.

    An entry about an actor names that one.
    """
    named = actors_of(event)
    if isinstance(event, EntryCorrected):
        named |= actors_set_by(event, thing)
    return named | {slug} if thing == "actor" else named


def actors_of(event: Event) -> frozenset[str]:
    """The actors an event names itself, outside its citations."""
    named = (
        reference
        for name, to in _plan(type(event))
        if name != "cite" and (value := getattr(event, name))
        for reference in _values(value, name, to)
    )
    return frozenset(str(reference.name) for reference in named if reference.to == "actor")


def actors_set_by(correction: EntryCorrected, sort: str) -> frozenset[str]:
    """The actors that a correction newly names in an entry about a sort of thing.

    Which kind the entry is of does not stand in its correction; of two kinds that have
    an attribute in common, either says what its values name.
    """
    named = (
        reference
        for kind in (THINGS[sort].KINDS if sort in THINGS else ())
        for name, to in _plan(kind)
        if name != "cite" and name in correction.set
        for reference in _values(_read(kind.TOPIC, name, correction.set[name]), name, to)
    )
    return frozenset(str(reference.name) for reference in named if reference.to == "actor")


def _read(kind: str, name: str, value: object) -> object:
    """A new value as the attribute of a kind; None where it is none of that kind's."""
    try:
        return _attribute(kind, name).validate_python(value)
    except ValidationError:
        return None


@cache
def _attribute(kind: str, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(KINDS[kind], include_extras=True)[name])


def _walk(model: BaseModel, path: str) -> Iterator[Reference]:
    for name, to in _plan(type(model)):
        if value := getattr(model, name):
            yield from _values(value, f"{path}{name}", to)


def _values(value: object, path: str, to: str | None) -> Iterator[Reference]:
    if isinstance(value, tuple):
        for number, member in enumerate(value):
            yield from _values(member, f"{path}.{number}", to)
    elif isinstance(value, BaseModel):
        yield from _walk(value, f"{path}.")
    elif to is not None and isinstance(value, str | UUID):
        yield Reference(path, to, value)


@cache
def _plan(model: type[BaseModel]) -> tuple[tuple[str, str | None], ...]:
    """The fields worth looking into: references, and parts that may hold some."""
    hints = get_type_hints(model, include_extras=True)
    plan = ((name, _looks_for(hints[name])) for name in model.model_fields)
    return tuple((name, to or None) for name, to in plan if to is not None)


def _looks_for(hint: object) -> str | None:
    """The kind of reference in a type, "" for a part of its own, None for neither."""
    origin = get_origin(hint)
    if origin is Annotated:
        for note in get_args(hint)[1:]:
            if isinstance(note, Refers):
                return note.to
        return _looks_for(get_args(hint)[0])
    if origin in (tuple, Union, UnionType):
        found = (_looks_for(inner) for inner in get_args(hint) if inner is not Ellipsis)
        return next((to for to in found if to is not None), None)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return ""
    return None
