"""Ask: what it looked like, what changed, when, how much, and what if.

A question goes to the read model, or to the reference where that cannot tell:
the log up to a position, folded by the story rule. Every answer says which
question it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.moments import Knowledge, is_position, read_as_of, read_known_at, read_published_by
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
from app.supposing import suppose
from audit.leaf import format_recorded_at
from domain.dates import format_minute
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound, Problem
from domain.event import COMMONS
from domain.negotiations import never_opened, opening_stream
from domain.registry import EVOLVE, THINGS
from domain.story import RULES, stand
from ledger.filter import Filter
from projections.answers import Answer, Certainty, Framework, Known, Question
from projections.changes import Diff, diff_of
from projections.framework import framework_of, stage_of
from projections.read_world import Point
from projections.reference import Record, record_at, world_at
from projections.scenario import Scenario, scenario_of, supposed_world
from projections.search import PAGE, Hit, Wanted, read_query, search_in
from projections.things import ThingStory, story_of
from projections.timemap import Timemap, timemap_of
from projections.totals import Totals, totals_of
from projections.world import World
from projections.written import write_framework

Told = TypeVar("Told")
_CLOCKS = ("as_of", "known_at", "published_by", "certainty", "rules")
"""The parts of a question that say when it is asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's clocks as people write them; None is now, and for `published_by` no limit.

    `rules` is the number of the rules to answer by; None is the newest.
    """

    as_of: str | None = None
    known_at: str | None = None
    published_by: str | None = None
    certainty: Certainty = "possible"
    rules: int | None = None


class Found(Answer):
    """The entries that hold every word; `more` says that there may be others after the last."""

    as_of: str | None
    known_at: Known
    published_by: str | None
    rules: int
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Clocks:
    """A question with its clocks read; `dated` says that it named the minute.

    `pinned` says that everything is named that the answer depends on, knowledge by
    position, so that it is the same for ever.
    """

    minute: int
    known: Knowledge
    published_by: int | None
    certainty: Certainty
    rules: int
    dated: bool = False
    pinned: bool = False


def read_clocks(parley: Parley, asked: Asked | Clocks) -> Clocks:
    """The clocks of a question, so that it can be asked again and be the same.

    Raises InvalidInput for a clock that cannot be read, NotFound for a position that
    the log has not reached.
    """
    if isinstance(asked, Clocks):
        return asked
    named = asked.as_of is not None
    known = read_known_at(parley, asked.known_at)
    return Clocks(
        minute=read_as_of(parley, asked.as_of),
        published_by=read_published_by(asked.published_by),
        known=known,
        certainty=asked.certainty,
        rules=_read_rules(asked.rules),
        dated=named,
        pinned=named and asked.rules is not None and is_position(asked.known_at),
    )


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
    owner = COMMONS if sort in {"actor", "source"} else negotiation
    stream = f"{owner}/{sort}/{slug}"
    if stream not in parley.ledger.existing_streams([stream]):
        raise NotFound(
            Problem(
                "slug",
                f"no {sort} is known by the name {slug!r}",
                f"`parley log --thing {sort}` lists what there is",
            )
        )
    clocks = read_clocks(parley, asked)
    _check_known(parley, negotiation)
    position = clocks.known.position
    if clocks.published_by is None:
        log: Sequence[Entry] = parley.ledger.stream(stream, position)
    else:
        log = history(parley, position)
    record = record_at(log, negotiation, position, clocks.published_by)
    question = _question(negotiation, clocks)
    with _world(parley, negotiation, clocks, stream) as world:
        return story_of(log, record, world, question, stream)


def diff(parley: Parley, negotiation: str, before: Asked | Clocks, after: Asked | Clocks) -> Diff:
    """What changed from one question to another: in what was known, and in the world."""
    old, new = read_clocks(parley, before), read_clocks(parley, after)
    _check_known(parley, negotiation)
    middle = replace(new, minute=old.minute)
    return diff_of(*(_framework(parley, negotiation, clocks) for clocks in (old, middle, new)))


def timeline(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Timemap:
    """Every instant of change that is known of; it takes the whole log."""
    clocks = read_clocks(parley, asked)
    _check_known(parley, negotiation)
    return timemap_of(_record(parley, negotiation, clocks), _question(negotiation, clocks))


def totals(parley: Parley, negotiation: str, asked: Asked | Clocks) -> Totals:
    """How much was pledged, allocated and delivered, by actor, element and unit."""
    return _told(parley, negotiation, asked, lambda w, q: totals_of(stage_of(w, q).shown, q))


def scenario(
    parley: Parley, negotiation: str, bodies: Sequence[Mapping[str, Any]], asked: Asked | Clocks
) -> Scenario:
    """The framework if hypothetical events were recorded next; nothing is.

    Raises what recording them would raise, but for a missing citation.
    """
    clocks = read_clocks(parley, asked)
    _check_known(parley, negotiation)
    supposed = suppose(parley, negotiation, bodies, clocks.known.position)
    return _with(parley, negotiation, supposed, clocks)


def effect(parley: Parley, negotiation: str, entries: Sequence[Entry]) -> Scenario | None:
    """What would be different now with the entries of a dry run.

    None where they open the negotiation themselves: then there is no framework yet.
    """
    opening = opening_stream(negotiation)
    if opening not in parley.ledger.existing_streams([opening]):
        return None
    clocks = read_clocks(parley, Asked())
    after = clocks.known.position + 1
    supposed = [replace(entry, position=place) for place, entry in enumerate(entries, after)]
    return _with(parley, negotiation, supposed, clocks)


def _with(parley: Parley, negotiation: str, supposed: Sequence[Entry], clocks: Clocks) -> Scenario:
    question, position = _question(negotiation, clocks), clocks.known.position

    def stream(name: str) -> Sequence[Entry]:
        return parley.ledger.stream(name, position)

    with _world(parley, negotiation, clocks) as world:
        other = supposed_world(world, supposed, stream)
        base = framework_of(world, question)
        supposition = None if other is None else framework_of(other, question)
    if supposition is None:
        log = [*history(parley, position), *supposed]
        end = position + len(supposed)
        record = record_at(log, negotiation, end, clocks.published_by)
        supposition = framework_of(world_at(record, clocks.minute), question)
    said = tuple(f"{e.kind} {e.slug} ({e.event.occurred or 'undated'})" for e in supposed)
    return scenario_of(base, supposition, said)


def search(
    parley: Parley,
    query: str,
    asked: Asked | Clocks,
    negotiation: str | None = None,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> tuple[Hit, ...]:
    """The standing entries that hold every word; in one negotiation and the commons, or in all.

    Dated entries that cannot have begun by `as_of` are left out. Up to `limit` of them,
    recorded after position `after`; go on after the last.
    """
    words = read_query(query)
    clocks = read_clocks(parley, asked)
    known, published_by = clocks.known, clocks.published_by
    minute = clocks.minute if clocks.dated else None
    wanted = Wanted(words, known.position, minute, negotiation, after, limit)
    names = negotiations(parley) if negotiation is None else [negotiation]
    for name in names:
        _check_known(parley, name)
    if published_by is None and (hits := parley.read_model.search(wanted)) is not None:
        return hits
    log = history(parley, known.position)
    found: dict[Any, Entry] = {}
    for name in names or [COMMONS]:
        found |= record_at(log, name, known.position, published_by).entries
    return search_in(found.values(), wanted)


def negotiations(parley: Parley) -> list[str]:
    """The negotiations the log holds, by name."""
    opened = parley.ledger.entries(where=Filter(kind="negotiation.opened"))
    return sorted({entry.negotiation for entry in opened})


def found(
    parley: Parley,
    query: str,
    asked: Asked | Clocks,
    negotiation: str | None = None,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> Found:
    """What `search` finds, with the clocks it was looked for by."""
    clocks = read_clocks(parley, asked)
    hits = search(parley, query, clocks, negotiation, after=after, limit=limit)
    question = _question(negotiation or COMMONS, clocks)
    return Found(
        as_of=question.as_of if clocks.dated else None,
        known_at=question.known_at,
        published_by=question.published_by,
        rules=clocks.rules,
        hits=hits,
        more=len(hits) == limit,
    )


def register(parley: Parley, asked: Asked | Clocks) -> Negotiations:
    """The negotiations that were known of, each by its own story."""
    clocks = read_clocks(parley, asked)
    position = clocks.known.position
    opened = parley.ledger.entries(upto=position, where=Filter(kind="negotiation.opened"))
    names = sorted({entry.negotiation for entry in opened})
    question = _question(COMMONS, clocks)
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
    whole = section_of(framework(parley, negotiation, asked), name)
    return whole if by == ALL else narrowed(whole, name, by)


def history(parley: Parley, upto: int) -> list[Entry]:
    """The log from its beginning up to a position, inclusive."""
    return list(parley.ledger.entries(upto=upto))


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


def _read_rules(number: int | None) -> int:
    """The number of the rules that answer; old ones stay, and are answered by the reference."""
    if number is None:
        return RULES
    if not 1 <= number <= RULES:
        known = "1 is the only one" if RULES == 1 else f"choose one from 1 to {RULES}"
        raise InvalidInput(Problem("rules", f"there are no rules {number}", known))
    return number


def _told(
    parley: Parley, negotiation: str, asked: Asked | Clocks, tell: Callable[[World, Question], Told]
) -> Told:
    """What a function tells of the world that is asked for."""
    clocks = read_clocks(parley, asked)
    _check_known(parley, negotiation)
    with _world(parley, negotiation, clocks) as world:
        return tell(world, _question(negotiation, clocks))


def _framework(parley: Parley, negotiation: str, clocks: Clocks) -> Framework:
    with _world(parley, negotiation, clocks) as world:
        return framework_of(world, _question(negotiation, clocks))


@contextmanager
def _world(parley: Parley, negotiation: str, clocks: Clocks, *named: str) -> Iterator[World]:
    """The world out of the read model, or from the reference where that cannot tell it.

    What was public by a date, and what older rules say, is always told by the
    reference. `named` are things that the answer is about, which may be counted otherwise.
    """
    if clocks.published_by is None and clocks.rules == RULES:
        position = clocks.known.position
        point = Point(negotiation, clocks.minute, position, clocks.certainty, named)
        with parley.read_model.world(point) as world:
            if world is not None:
                yield world
                return
    yield world_at(_record(parley, negotiation, clocks), clocks.minute)


def _record(parley: Parley, negotiation: str, clocks: Clocks) -> Record:
    position = clocks.known.position
    return record_at(history(parley, position), negotiation, position, clocks.published_by)


def _question(negotiation: str, clocks: Clocks) -> Question:
    published_by = clocks.published_by
    return Question(
        negotiation=negotiation,
        as_of=format_minute(clocks.minute),
        known_at=known_of(clocks.known),
        published_by=None if published_by is None else format_minute(published_by),
        certainty=clocks.certainty,
        rules=clocks.rules,
    )


def known_of(known: Knowledge) -> Known:
    """What was known, as an answer says it."""
    recorded_at = None if known.recorded_at is None else format_recorded_at(known.recorded_at)
    return Known(position=known.position, recorded_at=recorded_at, closed=known.closed)


def _check_known(parley: Parley, negotiation: str) -> None:
    stream = opening_stream(negotiation)
    if negotiation != COMMONS and stream not in parley.ledger.existing_streams([stream]):
        raise NotFound(never_opened(negotiation))
