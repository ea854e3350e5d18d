"""Ask: what it looked like, what changed, when, how much, and what if.

A question goes to the read model, or to the reference where that cannot tell:
the log up to a position, folded by the story rule. Every answer says which
question it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from app.clocks import Asked, Clocks, question_of, read_clocks
from app.narrowing import ALL, Narrowing, narrowed
from app.parley import Parley
from app.register import (
    Actors,
    NegotiationEntry,
    Negotiations,
    Sources,
    actors_of,
    negotiation_entry,
    sources_of,
)
from app.sections import Section, section_of
from app.worlds import check_known, history, record_for, world_for
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound, Problem
from domain.event import COMMONS, owner_of
from domain.registry import EVOLVE, THINGS
from domain.story import stand
from ledger.filter import Filter
from projections.answers import Framework, Question
from projections.changes import Diff, diff_of
from projections.framework import framework_of, stage_of
from projections.reference import record_at
from projections.things import ThingStory, story_of
from projections.timemap import Timemap, timemap_of
from projections.totals import Totals, totals_of
from projections.world import World
from projections.written import write_framework

Told = TypeVar("Told")
_CLOCKS = ("as_of", "known_at", "published_by", "certainty", "rules")
"""The parts of a question that say when it is asked for."""


def framework(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Framework:
    """The framework of a negotiation; raises InvalidInput and NotFound for a bad question."""
    return _told(parley, negotiation, asked, framework_of)


def framework_json(parley: Parley, negotiation: str, asked: Asked | Clocks) -> bytes:
    """The same answer as the JSON of its model, in UTF-8; it is there sooner."""
    return _told(parley, negotiation, asked, write_framework)


def thing(
    parley: Parley, negotiation: str, sort: str, slug: str, asked: Asked | Clocks
) -> ThingStory:
    """One thing and its story; raises NotFound for one the log does not hold."""
    if sort not in THINGS:
        known = ", ".join(THINGS)
        raise InvalidInput(Problem("thing", f"{sort!r} is not a sort of thing", f"name {known}"))
    stream = f"{owner_of(sort, negotiation)}/{sort}/{slug}"
    if stream not in parley.ledger.existing_streams([stream]):
        raise NotFound(
            Problem(
                "slug",
                f"no {sort} is known by the name {slug!r}",
                f"correct it; the log, asked for a {sort}, names each there is",
            )
        )
    clocks = read_clocks(parley, asked)
    check_known(parley, negotiation)
    position = clocks.known.position
    if clocks.published_by is None:
        log: Sequence[Entry] = parley.ledger.stream(stream, position)
    else:
        log = history(parley, position)
    record = record_at(log, negotiation, position, clocks.published_by)
    question = question_of(negotiation, clocks)
    with world_for(parley, negotiation, clocks, stream) as world:
        return story_of(log, record, world, question, stream)


def diff(parley: Parley, negotiation: str, before: Asked | Clocks, after: Asked | Clocks) -> Diff:
    """What changed from one question to another: in what was known, and in the world."""
    old, new = read_clocks(parley, before), read_clocks(parley, after)
    check_known(parley, negotiation)
    middle = replace(new, minute=old.minute)
    return diff_of(*(_framework(parley, negotiation, clocks) for clocks in (old, middle, new)))


def timeline(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Timemap:
    """Every instant of change that is known of; it takes the whole log."""
    clocks = read_clocks(parley, asked)
    check_known(parley, negotiation)
    return timemap_of(record_for(parley, negotiation, clocks), question_of(negotiation, clocks))


def totals(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Totals:
    """How much was pledged, allocated and delivered, by actor, element and unit."""
    return _told(parley, negotiation, asked, lambda w, q: totals_of(stage_of(w, q).shown, q))


def negotiation_names(parley: Parley) -> list[str]:
    """The negotiations the log holds, by name."""
    opened = parley.ledger.entries(where=Filter(kind="negotiation.opened"))
    return sorted({entry.negotiation for entry in opened})


def negotiations(parley: Parley, asked: Asked | Clocks) -> Negotiations:
    """The negotiations that were known of, each by its own story."""
    clocks = read_clocks(parley, asked)
    position = clocks.known.position
    opened = parley.ledger.entries(upto=position, where=Filter(kind="negotiation.opened"))
    names = sorted({entry.negotiation for entry in opened})
    question = question_of(COMMONS, clocks)
    return Negotiations(
        **{name: getattr(question, name) for name in _CLOCKS},
        negotiations=tuple(_entry(parley, name, clocks) for name in names),
    )


def actors(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Actors:
    """The actors on the register, which all negotiations share."""
    return _told(parley, negotiation, asked, lambda w, q: actors_of(stage_of(w, q), q))


def sources(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Sources:
    """The sources on the register, which all negotiations share."""
    return _told(parley, negotiation, asked, lambda w, q: sources_of(stage_of(w, q), q))


def section(
    parley: Parley, negotiation: str, name: str, asked: Asked | Clocks, by: Narrowing = ALL
) -> Section:
    """One sort of thing out of the framework; `name` is one of `app.sections.SECTIONS`."""
    page = by.page()
    whole = _told(parley, negotiation, asked, lambda w, q: section_of(w, q, name, page))
    return whole if by == ALL else narrowed(whole, name, by)


def _entry(parley: Parley, name: str, clocks: Clocks) -> NegotiationEntry:
    """A negotiation by its own stream alone, unless the sources have a say in it."""
    stream, position = f"{name}/negotiation/{name}", clocks.known.position
    alone = clocks.published_by is None
    log = parley.ledger.stream(stream, position) if alone else history(parley, position)
    record = record_at(log, name, position, clocks.published_by)
    if stream not in record.stories:
        return negotiation_entry(name, None)
    standing = stand(record.stories[stream], clocks.minute, EVOLVE["negotiation"])
    certain = clocks.certainty == "certain"
    return negotiation_entry(name, standing.certain if certain else standing.state)


def _told(
    parley: Parley, negotiation: str, asked: Asked | Clocks, tell: Callable[[World, Question], Told]
) -> Told:
    """What a function tells of the world that is asked for."""
    clocks = read_clocks(parley, asked)
    check_known(parley, negotiation)
    with world_for(parley, negotiation, clocks) as world:
        return tell(world, question_of(negotiation, clocks))


def _framework(parley: Parley, negotiation: str, clocks: Clocks) -> Framework:
    with world_for(parley, negotiation, clocks) as world:
        return framework_of(world, question_of(negotiation, clocks))
