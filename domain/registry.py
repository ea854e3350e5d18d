"""Every kind by its wire name, every thing by its name, and the way in and out of bodies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from domain import entries, log
from domain.errors import InvalidInput, Problem
from domain.event import Event, check_envelope, needs_occurred, refusal_of
from domain.state import Evolve
from domain.text import SEALED, SEALED_REFUSED
from domain.things import (
    actor,
    agreement,
    attack,
    condition,
    consultation,
    element,
    issue,
    measure,
    negotiation,
    pledge,
    source,
    statement,
    threat,
)
from domain.things.stance import evolve_for

THINGS = {
    "negotiation": negotiation,
    "actor": actor,
    "source": source,
    "element": element,
    "issue": issue,
    "condition": condition,
    "statement": statement,
    "pledge": pledge,
    "threat": threat,
    "attack": attack,
    "consultation": consultation,
    "measure": measure,
    "agreement": agreement,
}
"""The module of each sort of thing, in the order of the domain page."""

KINDS: dict[str, type[Event]] = {
    kind.TOPIC: kind for module in (*THINGS.values(), entries, log) for kind in module.KINDS
}
"""The class of each kind, by wire name."""

EVOLVE: dict[str, Evolve] = {name: module.evolve for name, module in THINGS.items()}
"""How each sort of thing evolves."""


def evolve_of(key: str) -> Evolve:
    """How the story with this key evolves: a stream's by its thing, a stance's by its principal."""
    _, thing, name, *_ = key.split("/")
    return evolve_for(name) if thing == "stance" else EVOLVE[thing]


def kind_named(name: str) -> type[Event]:
    """The class of a kind; raises InvalidInput for a name that is none."""
    try:
        return KINDS[name]
    except (KeyError, TypeError):
        raise InvalidInput(
            Problem("kind", f"{name!r} is not a kind", "choose one of the list of kinds")
        ) from None


def read_event(body: Mapping[str, Any], *, supposed: bool = False) -> Event:
    """A body as it was handed in, as a typed event; raises InvalidInput with every broken rule.

    What is only supposed, in a scenario, need not say who says so.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput(
            Problem("body", "is not an object", "send one object of fields for each event")
        )
    if "kind" not in body:
        raise InvalidInput(Problem("kind", "is required and missing", "name the kind of event"))
    cls = kind_named(body["kind"])
    _refuse_sealed(body)
    event = _validated(cls, body)
    check_envelope(event, supposed=supposed)
    return event


def read_data(
    kind: str, schema: int, envelope: Mapping[str, Any], data: Mapping[str, Any]
) -> Event:
    """An event out of the log: old schema numbers are brought up to the newest first."""
    cls = kind_named(kind)
    return cls.model_validate({**envelope, **upcast(cls, schema, data)})


def upcast(cls: type[Event], schema: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes written with an old schema number, in the shape of the newest.

    The steps `upcast_v1_v2`, … are static methods of the kind that change a
    dictionary in place and take partial bodies too, because a correction
    carries only the attributes it changes.
    """
    newest = cls.class_version
    if not 1 <= schema <= newest:
        raise InvalidInput(
            Problem(
                "schema",
                f"{cls.TOPIC} has the schema numbers 1 to {newest}, not {schema}",
                "upgrade Parley, or write the body in a schema it knows",
            )
        )
    shaped = dict(data)
    for number in range(schema, newest):
        getattr(cls, f"upcast_v{number}_v{number + 1}")(shaped)
    return shaped


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind's body."""
    cls = kind_named(kind)
    return dated(cls, cls.model_json_schema())


def dated(kind: type[Event], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a kind with `occurred` as the kind has it: needed, or not.

    The model itself leaves it open, because whether it is needed is refused in words of our own.
    """
    if not needs_occurred(kind):
        return dict(schema)
    own = {k: v for k, v in schema["properties"]["occurred"].items() if k != "default"}
    (text,) = (each for each in own.pop("anyOf") if each != {"type": "null"})
    properties = {**schema["properties"], "occurred": {**text, **own}}
    required = [*schema.get("required", ()), "occurred"]
    return {**schema, "properties": properties, "required": required}


def _refuse_sealed(body: Mapping[str, Any]) -> None:
    """Any attribute may one day be sealed (wire.md, the leaf); until then that is refused."""
    rule, _, way_out = SEALED_REFUSED.partition("; ")
    problems = [
        Problem(str(name), rule, way_out)
        for name, value in body.items()
        if isinstance(value, Mapping) and SEALED in value
    ]
    if problems:
        raise InvalidInput(*problems)


def _validated(cls: type[Event], body: Mapping[str, Any]) -> Event:
    try:
        return cls.model_validate(dict(body))
    except ValidationError as error:
        raise refusal_of(error) from None
