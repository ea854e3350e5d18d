"""What an event refers to is found in every field that can name something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from pydantic import BaseModel, StringConstraints

from domain.citations import NAME_LISTS
from domain.entries import EntryCorrected
from domain.errors import InvalidInput
from domain.event import ThingEvent, WorldEvent
from domain.references import Reference, actors_named, actors_of, actors_set_by, references
from domain.registry import KINDS, read_event
from domain.text import SLUG_PATTERN, STREAM_PATTERN
from tests.domain.samples import every_kind
from tests.domain.samples.bad_bodies import CORRECTION, ID, PLEDGE

Model = TypeVar("Model", bound=BaseModel)
ELEMENT = {"slug": "force", "title": "Force", "element_type": "force"}

# Every field that names something, by kind: the path without the places in lists, and what
# it names. Topics are free slugs and name nothing.
CITED = {
    "cite.source": "source",
    "cite.chain.actor": "actor",
}
WORLD = {"after": "event", "before": "event", "contradicts": "event"}
COMPONENTS = {"components.element": "element", "components.gates": "condition"}
FIELDS: dict[str, dict[str, str]] = {
    "actor.merged": {"into": "actor"},
    "actor.office_taken": {"of": "actor"},
    "actor.office_left": {"of": "actor"},
    "actor.member_joined": {"member": "actor"},
    "actor.member_left": {"member": "actor"},
    "source.registered": {"publisher": "actor", "authors": "actor"},
    "negotiation.opened": {"parties": "actor"},
    "issue.raised": {"elements": "element", "owners": "actor", "parent": "issue"},
    "condition.stated": {"any_of": "condition", "all_of": "condition", "met_by.thing": "stream"},
    "statement.made": {
        "speakers.actor": "actor",
        "speakers.on_behalf_of": "actor",
        "audience": "actor",
        "issues": "issue",
        "elements": "element",
    },
    "pledge.made": {
        "pledgors": "actor",
        "beneficiaries": "actor",
        "elements": "element",
        **COMPONENTS,
    },
    "pledge.amended": {
        "set.pledgors": "actor",
        "set.beneficiaries": "actor",
        "set.elements": "element",
        **{f"set.{path}": to for path, to in COMPONENTS.items()},
    },
    "pledge.allocated": COMPONENTS,
    "pledge.delivered": COMPONENTS,
    "threat.issued": {
        "issuer": "actor",
        "targets": "actor",
        "against.elements": "element",
        "against.pledges": "pledge",
    },
    "threat.carried_out": {"by": "attack"},
    "attack.carried_out": {"perpetrator": "actor", "target_country": "actor"},
    **{
        f"consultation.{step}": {"participants": "actor"}
        for step in ("scheduled", "held", "started", "ended", "cancelled")
    },
    **{
        f"measure.{step}": {"by": "actor", "on": "actor", "any_of": "measure"}
        for step in ("considered", "proposed", "threatened", "adopted", "lifted", "rejected")
    },
    **{
        f"agreement.{step}": {"parties": "actor"}
        for step in ("reached", "entered_into_force", "breached", "ended")
    },
    "entry.corrected": {"entry": "event"},
    "entry.retracted": {"entry": "event", "replaced_by": "event"},
    "entry.endorsed": {"entry": "event"},
    "entry.linked": {"entry": "event", "to": "event"},
}
# Slugs and ids that name nothing the record holds: the thing itself, a member's key, free words.
NAMELESS = {"id", "slug", "topics", "components.key", "set.components.key", "met_by.status"}
NAMES = {"slug": ("first", "second"), "stream": ("talks/agreement/truce", "talks/pledge/guard")}


def fields_of(kind: str) -> dict[str, str]:
    """Every reference field of a kind, citations and order constraints included."""
    world = WORLD if issubclass(KINDS[kind], WorldEvent) else {}
    return {**CITED, **world, **FIELDS.get(kind, {})}


def part_of(hint: object) -> type[BaseModel] | None:
    """The part within the type of a field."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint
    return next((part for inner in get_args(hint) if (part := part_of(inner))), None)


def is_list(hint: object) -> bool:
    return get_origin(hint) is tuple or any(is_list(inner) for inner in get_args(hint))


def names_in(hint: object) -> Iterator[str]:
    """Which sorts of name a type takes: the id of an entry, a slug or a stream."""
    if hint is UUID:
        yield "event"
    if isinstance(hint, StringConstraints) and hint.pattern in {SLUG_PATTERN, STREAM_PATTERN}:
        yield "slug" if hint.pattern == SLUG_PATTERN else "stream"
    for inner in get_args(hint):
        yield from names_in(inner)


def paths_of(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """The fields of a kind that take a name, whatever it is meant to name."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name in model.model_fields:
            part = part_of(hint)
            if part is not None:
                yield from paths_of(part, f"{before}{name}.")
            elif any(names_in(hint)):
                yield f"{before}{name}"


def planted(model: type[Model], path: str, names: tuple[str | UUID, ...]) -> Model:
    """An event with nothing in it but names at one path; two in a list, one elsewhere."""
    name, _, rest = path.partition(".")
    hint = model.model_fields[name].annotation
    part = part_of(hint)
    values = names if part is None else tuple(planted(part, rest, (each,)) for each in names)
    empty: dict[str, Any] = dict.fromkeys(model.model_fields)
    return model.model_construct(**empty | {name: values if is_list(hint) else values[0]})


def expected(model: type[BaseModel], path: str, names: tuple[str | UUID, ...]) -> list[str]:
    """The paths at which those names have to be found, counted from 0 in a list."""
    name, _, rest = path.partition(".")
    hint = model.model_fields[name].annotation
    part = part_of(hint)
    if part is None:
        own = [f"{name}.{n}" for n in range(len(names))]
        return own if is_list(hint) else [name]
    inner = [expected(part, rest, (each,))[0] for each in names]
    found = [f"{name}.{n}.{each}" for n, each in enumerate(inner)]
    return found if is_list(hint) else [f"{name}.{inner[0]}"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_that_takes_a_name_is_a_known_reference_or_known_to_be_none(kind: str) -> None:
    assert set(paths_of(KINDS[kind])) - NAMELESS == set(fields_of(kind))


@pytest.mark.parametrize(
    ("kind", "path", "to"),
    [(kind, path, to) for kind in KINDS for path, to in fields_of(kind).items()],
)
def test_a_name_is_found_where_it_stands_with_what_it_names(kind: str, path: str, to: str) -> None:
    names: tuple[str | UUID, ...] = NAMES["stream" if to == "stream" else "slug"]
    if to == "event":
        names = (UUID(int=1), UUID(int=2))
    fields = expected(KINDS[kind], path, names)
    found = references(planted(KINDS[kind], path, names))
    assert found == [Reference(f, to, n) for f, n in zip(fields, names, strict=False)]


def test_the_references_of_the_case_are_all_of_known_fields() -> None:
    for entry in every_kind.recorded():
        known = fields_of(entry.kind).items()
        found = {(re.sub(r"\.\d+", "", r.field), r.to) for r in references(entry.event)}
        assert found <= set(known)


def test_an_event_without_names_has_no_references() -> None:
    assert references(read_event({"kind": "element.defined", **ELEMENT})) == []


def test_a_reference_knows_the_stream_of_what_it_names() -> None:
    event = read_event(PLEDGE | {"elements": ["force"], "after": [ID]})
    streams = {r.field: r.stream("talks") for r in references(event) if r.to != "event"}
    assert streams == {
        "cite.0.source": "commons/source/courier",
        "pledgors.0": "commons/actor/alfa",
        "beneficiaries.0": "commons/actor/bravo",
        "elements.0": "talks/element/force",
    }
    assert Reference("met_by.thing", "stream", "a/pledge/b").stream("talks") == "a/pledge/b"


def test_the_actors_of_an_event_are_those_it_names_itself_and_not_those_it_quotes() -> None:
    chain = [{"actor": "reporter", "role": "reporter", "mode": "reports_that"}]
    event = read_event(PLEDGE | {"cite": [{"source": "courier", "chain": chain}]})
    assert actors_of(event) == {"alfa", "bravo"}
    assert "reporter" in {r.name for r in references(event)}


def test_a_correction_that_sets_every_attribute_names_the_actors_of_the_event() -> None:
    for entry in every_kind.recorded():
        if isinstance(entry.event, ThingEvent):
            event = read_event(CORRECTION | {"set": {"summary": "T", **entry.event.data()}})
            assert isinstance(event, EntryCorrected)
            assert actors_set_by(event, entry.thing) == actors_of(entry.event), entry.kind


def test_an_entry_about_an_actor_names_it_and_a_correction_whom_it_sets() -> None:
    pledge = read_event(PLEDGE)
    assert actors_named(pledge, "pledge", "carol") == actors_of(pledge)
    assert actors_named(pledge, "actor", "carol") == actors_of(pledge) | {"carol"}
    correction = read_event(CORRECTION | {"set": {"pledgors": ["dora"]}})
    assert actors_named(correction, "pledge", "carol") == {"dora"}
    assert actors_named(correction, "actor", "carol") == {"carol"}


def test_what_no_attribute_of_the_thing_can_hold_names_nobody() -> None:
    for wrong in ({"pledgors": "alfa"}, {"speakers": [{"actor": "alfa"}]}, {"pledgors": [1]}):
        event = read_event(CORRECTION | {"set": wrong})
        assert isinstance(event, EntryCorrected)
        assert actors_set_by(event, "pledge") == set()
        assert actors_set_by(event, "nothing") == set()


# --- names that stand in a list -----------------------------------------------------------


def is_name(hint: object) -> bool:
    if get_origin(hint) is Annotated:
        return is_name(get_args(hint)[0])
    return get_origin(hint) is Literal or hint in {str, UUID}


def lists_of_names(hint: object) -> bool:
    if get_origin(hint) is tuple:
        return any(is_name(inner) for inner in get_args(hint))
    return any(lists_of_names(inner) for inner in get_args(hint))


def fields_with_lists_of_names(model: type[BaseModel]) -> Iterator[str]:
    for name, hint in get_type_hints(model, include_extras=True).items():
        part = part_of(hint)
        if name in model.model_fields and lists_of_names(hint):
            yield name
        elif name in model.model_fields and part is not None:
            yield from fields_with_lists_of_names(part)


def test_every_list_of_names_is_held_to_name_each_of_them_once() -> None:
    found = {name for kind in KINDS.values() for name in fields_with_lists_of_names(kind)}
    assert found == set(NAME_LISTS)


@pytest.mark.parametrize(
    ("body", "field", "name"),
    [
        (PLEDGE | {"pledgors": ["alfa", "bravo", "alfa"]}, "pledgors", "alfa"),
        (PLEDGE | {"after": [ID, ID]}, "after", ID),
        (
            PLEDGE | {"cite": [{"source": "s", "supports": ["level", "level"]}]},
            "cite.0.supports",
            "level",
        ),
        (CORRECTION | {"unset": ["iso", "iso"]}, "unset", "iso"),
    ],
)
def test_a_name_that_stands_twice_in_a_list_is_refused(
    body: dict[str, Any], field: str, name: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_event(body)
    (problem,) = caught.value.problems
    assert (problem.field, problem.rule) == (field, f"names {name} twice")
    assert problem.way_out == "name it once"
